// An EVM chain behind HTTP on the loopback, as an operator's own node is: CHAIN_RPC_URL points to it.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import {
  connectChain,
  type EmbeddedChain,
  memoryBlockStore,
  openEmbeddedChain,
  type RpcError,
} from '@commonhold/chain'
import { practiceDollarAbi, practiceDollarBytecode } from '@commonhold/contracts'
import type { Address, Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { getTransactionReceipt } from 'viem/actions'
import { encodeDeployData, encodeFunctionData } from 'viem/utils'

const ISSUER: Hex = `0x${'5e'.repeat(32)}`

export type RpcChain = {
  readonly url: string
  readonly chain: EmbeddedChain
  /** A token that this community does not mint; `holder` has some of it. */
  readonly token: Address
  readonly close: () => Promise<void>
}

export async function serveChain(options: {
  readonly chainId: number
  readonly holder: Address
  readonly amount: bigint
  /** Milliseconds. */
  readonly now: () => number
}): Promise<RpcChain> {
  const { chainId, holder, amount, now } = options
  const rich = { balance: 10n ** 24n }
  const issuer = privateKeyToAccount(ISSUER)
  const chain = await openEmbeddedChain({
    store: memoryBlockStore(),
    chainId,
    genesis: { alloc: { [holder]: rich, [issuer.address]: rich } },
    timestamp: () => Math.floor(now() / 1000),
  })
  const token = await issue(chain, chainId, holder, amount)
  const server = createServer((request, response) => void reply(chain, request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    chain,
    token,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function reply(
  chain: EmbeddedChain,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { id, method, params } = JSON.parse(await text(request))
  const answer = await chain.request({ method, params }).then(
    (result) => ({ result }),
    (error: RpcError) => ({ error: { code: error.code, message: error.message, data: error.data } }),
  )
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }))
}

async function issue(
  chain: EmbeddedChain,
  chainId: number,
  holder: Address,
  amount: bigint,
): Promise<Address> {
  const issuer = privateKeyToAccount(ISSUER)
  const { client } = connectChain({ kind: 'embedded', chain })
  const fees = { type: 'eip1559', chainId, gas: 3_000_000n, maxFeePerGas: 10n ** 10n } as const
  const send = async (nonce: number, call: { readonly to?: Address; readonly data: Hex }) => {
    const hash = await chain.submit(await issuer.signTransaction({ ...fees, nonce, ...call }), [])
    return getTransactionReceipt(client, { hash })
  }
  const data = encodeDeployData({
    abi: practiceDollarAbi,
    bytecode: practiceDollarBytecode,
    args: [issuer.address, BigInt(chainId)],
  })
  const { contractAddress } = await send(0, { data })
  const token = contractAddress as Address
  const mint = encodeFunctionData({ abi: practiceDollarAbi, functionName: 'mint', args: [holder, amount] })
  const { status } = await send(1, { to: token, data: mint })
  if (status !== 'success') throw new Error('the token was not issued')
  return token
}
