import assert from 'node:assert/strict'
import { test } from 'node:test'
import { practiceDollarAbi, practiceDollarBytecode } from '@commonhold/contracts'
import { ProtocolError } from '@commonhold/protocol'
import {
  ContractFunctionExecutionError,
  createPublicClient,
  createWalletClient,
  custom,
  type Hex,
  keccak256,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { encodeDeployData, encodeFunctionData, getContractAddress } from 'viem/utils'
import { type BlockStore, headerRlp, memoryBlockStore, openEmbeddedChain, RpcError } from '../src/index.ts'
import { ALLOC, addressOf, CHAIN_ID, DEPLOYER, openWorld, POOR, RELAYER, START } from './community.ts'

const account = privateKeyToAccount(DEPLOYER)
const TOKEN = getContractAddress({ from: account.address, nonce: 0n })
const MEMBER = addressOf(RELAYER)

const fees = {
  type: 'eip1559',
  chainId: CHAIN_ID,
  gas: 3_000_000n,
  maxFeePerGas: 10n,
  maxPriorityFeePerGas: 0n,
} as const
const signed = (nonce: number, call: { to?: Hex; data?: Hex; value?: bigint; gas?: bigint }): Promise<Hex> =>
  account.signTransaction({ ...fees, nonce, ...call })

const deploy = encodeDeployData({
  abi: practiceDollarAbi,
  bytecode: practiceDollarBytecode,
  args: [account.address, BigInt(CHAIN_ID)],
})
const mint = (amount: bigint): Hex =>
  encodeFunctionData({ abi: practiceDollarAbi, functionName: 'mint', args: [MEMBER, amount] })

const script = async (): Promise<readonly Hex[]> => [
  await signed(0, { data: deploy }),
  await signed(1, { to: TOKEN, data: mint(5n) }),
  await signed(2, { to: MEMBER, value: 7n, gas: 21_000n }),
  await signed(3, { to: TOKEN, data: mint(6n) }),
]

const clientOf = (chain: Awaited<ReturnType<typeof openWorld>>['chain']) =>
  createPublicClient({ transport: custom(chain, { retryCount: 0 }) })

const balance = (client: ReturnType<typeof clientOf>, blockNumber?: bigint): Promise<bigint> =>
  client.readContract({
    address: TOKEN,
    abi: practiceDollarAbi,
    functionName: 'balanceOf',
    args: [MEMBER],
    ...(blockNumber === undefined ? {} : { blockNumber }),
  })

test('a chain opened again is at the same head with the same state', async () => {
  const { chain, store } = await openWorld()
  for (const raw of await script()) await chain.submit(raw, [])
  const { chain: again } = await openWorld(store)
  assert.deepEqual(again.head(), chain.head())
  assert.equal(again.head().number, 4n)
  assert.equal(await balance(clientOf(again)), 11n)
  assert.equal(await clientOf(again).getBalance({ address: MEMBER }), 10n ** 21n + 7n)
})

test('the same transactions at the same times give the same blocks', async () => {
  const run = async () => {
    const { chain, clock } = await openWorld()
    const hashes: Hex[] = [chain.head().hash]
    for (const raw of await script()) {
      clock.now += 7
      await chain.submit(raw, [])
      hashes.push(chain.head().hash)
    }
    return hashes
  }
  const [first, second] = [await run(), await run()]
  assert.deepEqual(first, second)
  assert.equal(new Set(first).size, 5)
})

test('a block number, a hash and a receipt find the same block', async () => {
  const { chain } = await openWorld()
  const client = clientOf(chain)
  const hash = await chain.submit((await script())[0] as Hex, [])
  const receipt = await client.getTransactionReceipt({ hash })
  const block = await client.getBlock({ blockNumber: 1n, includeTransactions: true })
  assert.equal(receipt.status, 'success')
  assert.equal(receipt.contractAddress, TOKEN.toLowerCase())
  assert.equal(receipt.blockHash, block.hash)
  assert.equal((await client.getBlock({ blockHash: block.hash })).number, 1n)
  assert.equal(block.transactions[0]?.hash, hash)
  const transaction = await client.getTransaction({ hash })
  assert.deepEqual([transaction.from, transaction.nonce], [account.address.toLowerCase(), 0])
  assert.equal(block.parentHash, (await client.getBlock({ blockNumber: 0n })).hash)
  assert.equal(block.gasUsed, receipt.gasUsed)
})

test("a block's hash is keccak of its header", async () => {
  const { chain } = await openWorld()
  for (const raw of await script()) await chain.submit(raw, [])
  for (const number of ['0x0', '0x1', '0x4']) {
    const block = (await chain.request({ method: 'eth_getBlockByNumber', params: [number, false] })) as {
      hash: Hex
    }
    assert.equal(keccak256(headerRlp(block)), block.hash)
  }
})

test('every old state stays readable', async () => {
  const { chain } = await openWorld()
  for (const raw of await script()) await chain.submit(raw, [])
  const client = clientOf(chain)
  assert.deepEqual(await Promise.all([1n, 2n, 3n, 4n].map((number) => balance(client, number))), [
    0n,
    5n,
    5n,
    11n,
  ])
})

test('logs are found by address, topic and range', async () => {
  const { chain } = await openWorld()
  for (const raw of await script()) await chain.submit(raw, [])
  const client = clientOf(chain)
  const transfers = await client.getContractEvents({
    address: TOKEN,
    abi: practiceDollarAbi,
    eventName: 'Transfer',
    args: { to: MEMBER },
    fromBlock: 0n,
  })
  assert.deepEqual(
    transfers.map(({ args, blockNumber }) => [args.value, blockNumber]),
    [
      [5n, 2n],
      [6n, 4n],
    ],
  )
  assert.equal((await client.getLogs({ fromBlock: 3n, toBlock: 4n })).length, 1)
  assert.equal((await client.getLogs({ address: MEMBER, fromBlock: 0n })).length, 0)
})

test("a revert's own error reaches the client", async () => {
  const { chain } = await openWorld()
  await chain.submit((await script())[0] as Hex, [])
  const stranger = addressOf(POOR)
  const attempt = clientOf(chain).simulateContract({
    account: stranger,
    address: TOKEN,
    abi: practiceDollarAbi,
    functionName: 'mint',
    args: [stranger, 1n],
  })
  await assert.rejects(attempt, (error) => {
    assert.ok(error instanceof ContractFunctionExecutionError)
    assert.match(error.message, new RegExp(`NotOwner\\(address caller\\)\\s+\\(${stranger}\\)`))
    return true
  })
})

test('a mined revert is a block with status 0, and its outbox row is not done', async () => {
  const done: string[] = []
  const memory = memoryBlockStore()
  const store: BlockStore = {
    ...memory,
    commit: (batch) => {
      done.push(...batch.outboxDone)
      return memory.commit(batch)
    },
  }
  const { chain } = await openWorld(store)
  await chain.submit((await script())[0] as Hex, ['deployed'])
  const stranger = privateKeyToAccount(RELAYER)
  const hash = await chain.submit(
    await stranger.signTransaction({ ...fees, nonce: 0, to: TOKEN, data: mint(1n) }),
    ['minted'],
  )
  assert.equal((await clientOf(chain).getTransactionReceipt({ hash })).status, 'reverted')
  assert.equal(chain.head().number, 2n)
  assert.deepEqual(done, ['deployed'])
})

test('a transaction broadcast twice is mined once', async () => {
  const { chain } = await openWorld()
  const raw = (await script())[0] as Hex
  const [first, second] = await Promise.all([chain.submit(raw, []), chain.submit(raw, [])])
  const third = await clientOf(chain).sendRawTransaction({ serializedTransaction: raw })
  assert.deepEqual([second, third], [first, first])
  assert.equal(chain.head().number, 1n)
})

test('what no block may contain is refused in words that clients know', async () => {
  const { chain } = await openWorld()
  const [first, second] = await script()
  const refused = async (raw: Hex | Promise<Hex>, message: RegExp): Promise<void> => {
    await assert.rejects(chain.submit(await raw, []), (error) => {
      assert.ok(error instanceof RpcError)
      assert.match(error.message, message)
      return true
    })
  }
  await refused(second as Hex, /nonce too high/)
  await chain.submit(first as Hex, [])
  await refused(signed(0, { to: MEMBER, value: 1n }), /nonce too low/)
  await refused(signed(1, { to: MEMBER, value: 10n ** 30n }), /insufficient funds/)
  await refused(signed(1, { to: MEMBER, gas: 20_000n }), /intrinsic gas too low/)
  await refused(signed(1, { to: MEMBER, gas: 17_000_000n }), /gas limit|maxTransactionGasLimit|exceeds/i)
  await refused(account.signTransaction({ ...fees, chainId: 1, nonce: 1, to: MEMBER }), /chain/i)
  await refused('0x1234', /no transaction of this chain/)
  await refused('0x', /no transaction of this chain/)
  await refused(`0x${(second as Hex).slice(2, -2)}00`, /./)
  await refused(
    account.signTransaction({ type: 'legacy', nonce: 1, gas: 21_000n, gasPrice: 10n, to: MEMBER }),
    /EIP-155/,
  )
  assert.equal(chain.head().number, 1n)
})

test("time never goes back, and a call sees the next block's time", async () => {
  const { chain, clock } = await openWorld()
  const [first, second, third] = await script()
  await chain.submit(first as Hex, [])
  clock.now = START - 1_000
  await chain.submit(second as Hex, [])
  assert.equal(chain.head().timestamp, BigInt(START))
  clock.now = START + 50
  await chain.submit(third as Hex, [])
  assert.equal(chain.head().timestamp, BigInt(START + 50))
  // TIMESTAMP, MSTORE at 0, RETURN 32 bytes.
  const now = await chain.request({ method: 'eth_call', params: [{ data: '0x425f5260205ff3' }, 'latest'] })
  clock.now = START + 99
  const later = await chain.request({ method: 'eth_call', params: [{ data: '0x425f5260205ff3' }, 'latest'] })
  assert.deepEqual([BigInt(now as Hex), BigInt(later as Hex)], [BigInt(START + 50), BigInt(START + 99)])
})

test('a store with another chain id or genesis is refused', async () => {
  const { store } = await openWorld()
  const unusable = (error: unknown): boolean =>
    error instanceof ProtocolError && error.code === 'home.unusable'
  const options = { store, chainId: CHAIN_ID, genesis: { alloc: ALLOC }, timestamp: () => START }
  await assert.rejects(openEmbeddedChain({ ...options, chainId: CHAIN_ID + 1 }), unusable)
  await assert.rejects(openEmbeddedChain({ ...options, genesis: { alloc: {} } }), unusable)
  await openEmbeddedChain(options)
})

test('a wallet client works on it as on any chain', async () => {
  const { chain } = await openWorld()
  const wallet = createWalletClient({ account, transport: custom(chain, { retryCount: 0 }) })
  const hash = await wallet.sendTransaction({ to: MEMBER, value: 3n, chain: null })
  const client = clientOf(chain)
  assert.equal((await client.waitForTransactionReceipt({ hash })).status, 'success')
  assert.equal(
    (await client.getFeeHistory({ blockCount: 2, rewardPercentiles: [50] })).baseFeePerGas.length,
    3,
  )
  assert.equal(await client.getChainId(), CHAIN_ID)
  const refused = (method: string, params: unknown, code: number): Promise<void> =>
    assert.rejects(
      chain.request({ method, params }),
      (error) => error instanceof RpcError && error.code === code,
    )
  await refused('eth_mine', [], -32_601)
  await refused('toString', [], -32_601)
  await refused('eth_getBalance', ['0x12', 'latest'], -32_602)
  await refused('eth_getBalance', [MEMBER, '0x99'], -32_602)
  await refused('eth_getBalance', 'everything', -32_602)
  await refused('eth_getStorageAt', [MEMBER, 'first', 'latest'], -32_602)
})

test('an estimate is enough to run what it is for', async () => {
  const { chain } = await openWorld()
  const [first] = await script()
  await chain.submit(first as Hex, [])
  const client = clientOf(chain)
  for (let nonce = 1; nonce < 4; nonce++) {
    const data = mint(BigInt(nonce))
    const gas = await client.estimateGas({ account: account.address, to: TOKEN, data })
    const hash = await chain.submit(await signed(nonce, { to: TOKEN, data, gas }), [])
    const receipt = await client.getTransactionReceipt({ hash })
    assert.equal(receipt.status, 'success')
    assert.ok(receipt.gasUsed <= gas)
  }
})

test('only what the state reaches is stored', async () => {
  const puts = new Map<string, number>()
  const memory = memoryBlockStore()
  const { chain } = await openWorld({
    ...memory,
    commit: (batch) => {
      for (const { key } of batch.puts) puts.set(key, (puts.get(key) ?? 0) + 1)
      return memory.commit(batch)
    },
  })
  for (const raw of await script()) await chain.submit(raw, [])
  assert.ok(Array.from(puts.values()).every((times) => times === 1))
  // Beside block, number and receipt: the path to each touched account and slot. Writing every step costs three times that.
  const perBlock = (Array.from(puts.keys()).filter((key) => key.startsWith('trie/')).length - 4) / 4
  assert.ok(perBlock < 8, `${perBlock} nodes a block`)
})
