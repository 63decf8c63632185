// A community on a chain: keys, time, contracts. The payout tree is written out here after docs/spec/contracts.md.
import { p256 } from '@noble/curves/nist.js'
import type { Address, Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { concatHex, encodeAbiParameters, keccak256, pad, padHex } from 'viem/utils'
import {
  type BlockStore,
  type ChainAddresses,
  type ChainConnection,
  connectChain,
  type DeployOptions,
  type EmbeddedChain,
  memoryBlockStore,
  type OutboxReceipt,
  type OutboxRow,
  type OutboxStore,
  openEmbeddedChain,
  type PayoutClaim,
} from '../src/index.ts'

export const CHAIN_ID = 31_415
export const DEPLOYER: Hex = `0x${'11'.repeat(32)}`
export const RELAYER: Hex = `0x${'22'.repeat(32)}`
export const GUARDIAN: Hex = `0x${'33'.repeat(32)}`
export const POOR: Hex = `0x${'44'.repeat(32)}`
export const addressOf = (key: Hex): Address => privateKeyToAccount(key).address

const RICH = { balance: 10n ** 21n }
export const ALLOC = { [addressOf(DEPLOYER)]: RICH, [addressOf(RELAYER)]: RICH, [addressOf(GUARDIAN)]: RICH }

export const ACTIVATION_DELAY = 3_600n
export const START = 1_800_000_000

/** Time stands until somebody moves it. */
export type Clock = { now: number }

export type World = {
  readonly chain: EmbeddedChain
  readonly connection: ChainConnection
  readonly store: BlockStore
  readonly clock: Clock
}

export async function openWorld(
  store: BlockStore = memoryBlockStore(),
  clock: Clock = { now: START },
): Promise<World> {
  const chain = await openEmbeddedChain({
    store,
    chainId: CHAIN_ID,
    genesis: { alloc: ALLOC },
    timestamp: () => clock.now,
  })
  return { chain, connection: connectChain({ kind: 'embedded', chain }), store, clock }
}

// The log's P-256 key; RFC 6979, so that runs repeat.
const LOG_KEY = Buffer.from('07'.repeat(32), 'hex')
const logPoint = Buffer.from(p256.getPublicKey(LOG_KEY, false))
const hex = (bytes: Uint8Array): Hex => `0x${Buffer.from(bytes).toString('hex')}`
export const ORIGIN = 'hall.example/log'

export const deployment = (connection: ChainConnection): DeployOptions => ({
  connection,
  key: DEPLOYER,
  token: { practiceOwner: addressOf(RELAYER) },
  pool: {
    publisher: addressOf(RELAYER),
    guardian: addressOf(GUARDIAN),
    treasury: addressOf(GUARDIAN),
    activationDelay: ACTIVATION_DELAY,
    sweepDelay: 86_400n,
  },
  shares: { name: 'Hall shares', symbol: 'HALL' },
  log: { origin: ORIGIN, qx: hex(logPoint.subarray(1, 33)), qy: hex(logPoint.subarray(33)) },
})

/** The log key's signature over a checkpoint's text. */
export function signCheckpoint(size: bigint, logRoot: Hex): { readonly r: Hex; readonly s: Hex } {
  const text = `${ORIGIN}\n${size}\n${Buffer.from(logRoot.slice(2), 'hex').toString('base64')}\n`
  const signature = p256.sign(Buffer.from(text), LOG_KEY, { lowS: true })
  return { r: hex(signature.subarray(0, 32)), s: hex(signature.subarray(32)) }
}

export type Member = {
  readonly id: Hex
  readonly payTo: Address
  readonly money: bigint
  readonly shares: bigint
}

export const MEMBERS: readonly Member[] = [
  { id: pad('0x01'), payTo: padHex('0xa1', { size: 20 }), money: 500n, shares: 5n },
  { id: pad('0x02'), payTo: padHex('0xa2', { size: 20 }), money: 300n, shares: 3n },
  { id: pad('0x03'), payTo: padHex('0xa3', { size: 20 }), money: 200n, shares: 0n },
]

export type Payout = { readonly claim: PayoutClaim; readonly proof: readonly Hex[] }

/** Leaves in ascending order of member, padded with zeros to a power of two; count in the root. */
export function payoutTree({ chainId, pool, token }: ChainAddresses, members: readonly Member[]) {
  const count = BigInt(members.length)
  const claims = members.map(({ id, payTo, money, shares }, index) => ({
    index: BigInt(index),
    count,
    memberId: id,
    payTo,
    money,
    shares,
  }))
  const types = ['uint256', 'address', 'address', 'uint256', 'bytes32', 'address', 'uint256', 'uint256']
  const leaves = claims.map(({ index, memberId, payTo, money, shares }) => {
    const row = [BigInt(chainId), pool, token, index, memberId, payTo, money, shares]
    const parameters = types.map((type) => ({ type }))
    return keccak256(keccak256(encodeAbiParameters(parameters, row)))
  })
  const levels: Hex[][] = [leaves]
  let size = 1
  while (size < leaves.length) size *= 2
  while (leaves.length < size) leaves.push(pad('0x00'))
  for (let level = leaves; level.length > 1; ) {
    level = Array.from({ length: level.length / 2 }, (_, at) =>
      keccak256(concatHex([level[2 * at] as Hex, level[2 * at + 1] as Hex])),
    )
    levels.push(level)
  }
  const top = (levels.at(-1) as Hex[])[0] as Hex
  const payouts: Payout[] = claims.map((claim, index) => ({
    claim,
    proof: levels.slice(0, -1).map((level, depth) => level[(index >> depth) ^ 1] as Hex),
  }))
  return { root: keccak256(concatHex([padHex(`0x${count.toString(16)}`, { size: 32 }), top])), payouts }
}

export type MemoryOutbox = OutboxStore & {
  readonly rows: OutboxRow[]
  readonly completed: Map<string, OutboxReceipt>
  add(id: string, call: OutboxRow['call']): void
}

export function memoryOutbox(): MemoryOutbox {
  const rows: OutboxRow[] = []
  const completed = new Map<string, OutboxReceipt>()
  return {
    rows,
    completed,
    add: (id, call) => {
      rows.push({ id, call })
    },
    pending: () => Promise.resolve(rows.filter(({ id }) => !completed.has(id))),
    saveRaw: (id, raw, hash) => {
      const at = rows.findIndex((row) => row.id === id)
      rows[at] = { ...(rows[at] as OutboxRow), raw, hash }
      return Promise.resolve()
    },
    done: (id, receipt) => {
      completed.set(id, receipt)
      return Promise.resolve()
    },
  }
}
