import {
  logAnchorAbi,
  logAnchorBytecode,
  payoutPoolAbi,
  payoutPoolBytecode,
  practiceDollarAbi,
  practiceDollarBytecode,
  sharesAbi,
  sharesBytecode,
} from '@commonhold/contracts'
import { ProtocolError } from '@commonhold/protocol'
import type { Address, Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { getCode, getTransactionCount } from 'viem/actions'
import { encodeDeployData, getContractAddress } from 'viem/utils'
import type { ChainAddresses } from './addresses.ts'
import { isAnchor, isPool, isPracticeDollar, isShares } from './code.ts'
import type { ChainConnection } from './connect.ts'
import { settled } from './receipt.ts'
import { chainFailure } from './rejection.ts'
import { signCall } from './sign.ts'

export type DeployOptions = {
  readonly connection: ChainConnection
  /** secp256k1 private key that is used for nothing else until the deployment is complete. */
  readonly key: Hex
  /** The deployer's nonce before its first step; 0 by default. A resumed deployment gives the same again. */
  readonly startNonce?: number
  /** The token paid out; `{ practiceOwner }` deploys practice money, which that address mints. */
  readonly token: Address | { readonly practiceOwner: Address }
  readonly pool: {
    readonly publisher: Address
    readonly guardian: Address
    readonly treasury: Address
    /** Seconds. */
    readonly activationDelay: bigint
    /** Seconds. */
    readonly sweepDelay: bigint
  }
  readonly shares: { readonly name: string; readonly symbol: string }
  /** First line of the log's checkpoints and its P-256 key. */
  readonly log: { readonly origin: string; readonly qx: Hex; readonly qy: Hex }
}

type Step = {
  readonly name: string
  readonly nonce: number
  readonly address: Address
  readonly data: Hex
  /** Whether the code on chain is the compiled contract. */
  readonly isIts: (code: Hex) => boolean
}

/**
 * Deploys practice money (unless a token is given), the pool, the shares and the anchor, in this order. Addresses follow
 * from the deployer and `startNonce` alone; a call after a crash does the steps that are missing and returns the same.
 *
 * @throws {ProtocolError} `chain.rejected` if a step fails, or if its nonce was used for something else;
 *   `chain.unreachable`.
 */
export async function deployContracts(options: DeployOptions): Promise<ChainAddresses> {
  const chainId = await options.connection.chainId().catch((error: unknown) => {
    throw chainFailure(error, 'read the chain id')
  })
  const { addresses, steps } = planDeployment(options, chainId)
  for (const step of steps) {
    try {
      await deploy(options, chainId, step)
    } catch (error) {
      throw chainFailure(error, `deploy ${step.name}`)
    }
  }
  return addresses
}

function planDeployment(options: DeployOptions, chainId: number) {
  const from = privateKeyToAccount(options.key).address
  let nonce = options.startNonce ?? 0
  const next = () => {
    const at = nonce++
    return { nonce: at, address: getContractAddress({ from, nonce: BigInt(at) }) }
  }
  const practice = typeof options.token === 'string' ? undefined : { ...next(), ...options.token }
  const token = typeof options.token === 'string' ? options.token : (practice as { address: Address }).address
  const pool = next()
  const shares = next()
  const anchor = next()
  const steps: Step[] = [
    { ...pool, name: 'PayoutPool', data: poolData(options, token, shares.address), isIts: isPool },
    { ...shares, name: 'Shares', data: sharesData(options, pool.address), isIts: isShares },
    { ...anchor, name: 'LogAnchor', data: anchorData(options), isIts: isAnchor },
  ]
  if (practice) {
    steps.unshift({
      ...practice,
      name: 'PracticeDollar',
      data: practiceData(practice.practiceOwner, chainId),
      isIts: isPracticeDollar,
    })
  }
  const addresses: ChainAddresses = {
    chainId,
    token,
    pool: pool.address,
    shares: shares.address,
    anchor: anchor.address,
  }
  return { addresses, steps }
}

async function deploy({ connection, key }: DeployOptions, chainId: number, step: Step): Promise<void> {
  const { client } = connection
  const address = privateKeyToAccount(key).address
  const nonce = await getTransactionCount(client, { address, blockTag: 'latest' })
  if (nonce < step.nonce) {
    throw new ProtocolError(
      'chain.rejected',
      `the deployer's nonce is ${nonce}, ${step.name} needs ${step.nonce}`,
    )
  }
  if (nonce === step.nonce) {
    const { raw, hash } = await signCall({ client, chainId, key, nonce }, { data: step.data })
    await connection.send(raw, [])
    await settled(connection, hash)
  }
  const code = await getCode(client, { address: step.address })
  if (!code || !step.isIts(code)) {
    throw new ProtocolError(
      'chain.rejected',
      `no ${step.name} at ${step.address}: nonce ${step.nonce} was used for something else`,
    )
  }
}

const poolData = ({ pool }: DeployOptions, token: Address, shares: Address): Hex =>
  encodeDeployData({
    abi: payoutPoolAbi,
    bytecode: payoutPoolBytecode,
    args: [
      token,
      shares,
      pool.publisher,
      pool.guardian,
      pool.treasury,
      pool.activationDelay,
      pool.sweepDelay,
    ],
  })

const sharesData = ({ shares }: DeployOptions, minter: Address): Hex =>
  encodeDeployData({ abi: sharesAbi, bytecode: sharesBytecode, args: [shares.name, shares.symbol, minter] })

const anchorData = ({ log }: DeployOptions): Hex =>
  encodeDeployData({ abi: logAnchorAbi, bytecode: logAnchorBytecode, args: [log.origin, log.qx, log.qy] })

const practiceData = (owner: Address, chainId: number): Hex =>
  encodeDeployData({
    abi: practiceDollarAbi,
    bytecode: practiceDollarBytecode,
    args: [owner, BigInt(chainId)],
  })
