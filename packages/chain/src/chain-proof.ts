/**
 * What an export carries of the chain: the header of one block and EIP-1186 proofs below its state root. Verified without
 * any node by `verifyStorageProofs` of the audit, which has the layout of this file from docs/spec/contracts.md.
 */
import { logAnchorStorage, payoutPoolStorage, practiceDollarStorage } from '@commonhold/contracts'
import { ProtocolError } from '@commonhold/protocol'
import type { Address, Client, Hash, Hex } from 'viem'
import { concatHex, keccak256, numberToHex, padHex, toRlp } from 'viem/utils'
import type { ChainAddresses } from './addresses.ts'
import { isPracticeDollar } from './code.ts'
import { chainFailure } from './rejection.ts'

/** Trie nodes from the root down. All hex is lower case. */
export type ProofNodes = readonly Hex[]

export type AccountProof = {
  readonly address: Address
  readonly code: Hex
  readonly account: ProofNodes
  /** One proof for each slot of the contract's layout, in its order. */
  readonly storage: readonly ProofNodes[]
}

/** Plain data, ready for JSON. No value stands in it beside its proof: a value is what the proof proves. */
export type ChainProof = {
  readonly format: 'commonhold-chain-proof/v1'
  readonly blockHash: Hash
  readonly header: Hex
  /** Slots 0 to 8: deposits, total claimed, the active round, the pending round. */
  readonly pool: AccountProof
  /** Slots 0 and 1: the latest checkpoint. */
  readonly anchor: AccountProof
  readonly shares: AccountProof
  /** Practice money with the pool's balance; null for a token whose storage we do not know. */
  readonly token: AccountProof | null
  /** What the pool says that members were paid so far, in the order asked for; without those who were not paid. */
  readonly claimed: readonly { readonly memberId: Hex; readonly proof: ProofNodes }[]
}

export type ChainProofOptions = {
  readonly addresses: ChainAddresses
  readonly block: bigint
  /** Members (32 bytes) whose payments are to be proved; none by default. */
  readonly members?: readonly Hex[]
}

const POOL_SLOTS = slotsOf(payoutPoolStorage, [
  'deposited[0]',
  'deposited[1]',
  'totalClaimed.money',
  'active.payoutRoot',
  'active.promised.money',
  'active.round',
  'pending.payoutRoot',
  'pending.promised.money',
  'pending.round',
])
const ANCHOR_SLOTS = slotsOf(logAnchorStorage, ['latest.logRoot', 'latest.size'])

/**
 * @throws {ProtocolError} `chain.rejected` for a block that the node does not have, or whose header has fields that this
 *   version does not know; `chain.unreachable`.
 */
export async function exportChainProof(client: Client, options: ChainProofOptions): Promise<ChainProof> {
  try {
    return await collect(client, options)
  } catch (error) {
    throw chainFailure(error, `prove the state of block ${options.block}`)
  }
}

async function collect(client: Client, options: ChainProofOptions): Promise<ChainProof> {
  const { addresses, members = [] } = options
  const block = numberToHex(options.block)
  const { blockHash, header } = await headerAt(client, block)
  return {
    format: 'commonhold-chain-proof/v1',
    blockHash,
    header,
    pool: await prove(client, block, addresses.pool, POOL_SLOTS),
    anchor: await prove(client, block, addresses.anchor, ANCHOR_SLOTS),
    shares: await prove(client, block, addresses.shares, []),
    token: await proveBalance(client, block, addresses),
    claimed: await proveClaimed(client, block, addresses, members),
  }
}

async function prove(
  client: Client,
  block: Hex,
  address: Address,
  slots: readonly Hex[],
): Promise<AccountProof> {
  const [code, proof] = await Promise.all([
    client.request({ method: 'eth_getCode', params: [address, block] }) as Promise<Hex>,
    getProof(client, block, address, slots),
  ])
  return {
    address: lower(address),
    code: lower(code),
    account: proof.accountProof.map(lower),
    storage: proof.storageProof.map((slot) => slot.proof.map(lower)),
  }
}

/** Nodes refuse more than 1,024 slots at once. */
const SLOTS_AT_ONCE = 500

async function proveClaimed(client: Client, block: Hex, { pool }: ChainAddresses, members: readonly Hex[]) {
  const claimed: { memberId: Hex; proof: ProofNodes }[] = []
  for (let from = 0; from < members.length; from += SLOTS_AT_ONCE) {
    const some = members.slice(from, from + SLOTS_AT_ONCE)
    const slots = some.map((member) => mappingSlot(member, payoutPoolStorage.claimed.slot))
    const { storageProof } = await getProof(client, block, pool, slots)
    for (const [index, { value, proof }] of storageProof.entries()) {
      const memberId = lower(some[index] as Hex)
      if (BigInt(value) !== 0n) claimed.push({ memberId, proof: proof.map(lower) })
    }
  }
  return claimed
}

type RpcProof = {
  readonly accountProof: ProofNodes
  readonly storageProof: readonly { readonly value: Hex; readonly proof: ProofNodes }[]
}

const getProof = (client: Client, block: Hex, address: Address, slots: readonly Hex[]): Promise<RpcProof> =>
  client.request({ method: 'eth_getProof', params: [address, [...slots], block] }) as Promise<RpcProof>

async function proveBalance(
  client: Client,
  block: Hex,
  { token, pool }: ChainAddresses,
): Promise<AccountProof | null> {
  const code = (await client.request({ method: 'eth_getCode', params: [token, block] })) as Hex
  return isPracticeDollar(code)
    ? prove(client, block, token, [
        mappingSlot(padHex(pool, { size: 32 }), practiceDollarStorage.balances.slot),
      ])
    : null
}

/** The order of a header's fields in RLP (Osaka); a node gives no more of them than its fork has. */
const HEADER_FIELDS = [
  'parentHash',
  'sha3Uncles',
  'miner',
  'stateRoot',
  'transactionsRoot',
  'receiptsRoot',
  'logsBloom',
  'difficulty',
  'number',
  'gasLimit',
  'gasUsed',
  'timestamp',
  'extraData',
  'mixHash',
  'nonce',
  'baseFeePerGas',
  'withdrawalsRoot',
  'blobGasUsed',
  'excessBlobGas',
  'parentBeaconBlockRoot',
  'requestsHash',
] as const

const QUANTITIES: ReadonlySet<string> = new Set([
  'difficulty',
  'number',
  'gasLimit',
  'gasUsed',
  'timestamp',
  'baseFeePerGas',
  'blobGasUsed',
  'excessBlobGas',
])

type RpcBlock = { readonly hash: Hash } & Readonly<Record<string, unknown>>

async function headerAt(client: Client, block: Hex): Promise<{ blockHash: Hash; header: Hex }> {
  const found = (await client.request({
    method: 'eth_getBlockByNumber',
    params: [block, false],
  })) as RpcBlock | null
  if (!found) throw new ProtocolError('chain.rejected', `the chain has no block ${BigInt(block)}`)
  const header = headerRlp(found)
  if (keccak256(header) !== found.hash) {
    throw new ProtocolError(
      'chain.rejected',
      `block ${BigInt(block)} has header fields that are not known here`,
    )
  }
  return { blockHash: found.hash, header }
}

/** The header's RLP, whose keccak256 is the block's hash, from JSON-RPC's block. */
export function headerRlp(block: Readonly<Record<string, unknown>>): Hex {
  const fields: Hex[] = []
  for (const name of HEADER_FIELDS) {
    const value = block[name]
    if (typeof value !== 'string') continue
    fields.push(QUANTITIES.has(name) ? minimal(BigInt(value)) : lower(value as Hex))
  }
  return toRlp(fields)
}

/** RLP's integers have no leading zeros, and none at all for zero. */
const minimal = (value: bigint): Hex =>
  value === 0n ? '0x' : numberToHex(value, { size: byteLength(value) })
const byteLength = (value: bigint): number => Math.ceil(value.toString(16).length / 2)

/** Solidity: keccak256(key . slot). */
const mappingSlot = (key: Hex, slot: number): Hex =>
  keccak256(concatHex([key, numberToHex(slot, { size: 32 })]))

function slotsOf<Name extends string>(
  layout: Readonly<Record<Name, { readonly slot: number }>>,
  names: readonly Name[],
): readonly Hex[] {
  return names.map((name) => numberToHex(layout[name].slot, { size: 32 }))
}

const lower = (hex: Hex): Hex => hex.toLowerCase() as Hex
