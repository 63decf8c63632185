/** The node in the process: an EVM whose blocks are commits of a `BlockStore`. Its rules: rules.ts. */
import { fromHex, ProtocolError, toHex } from '@commonhold/protocol'
import type { Block } from '@ethereumjs/block'
import type { Hash, Hex } from 'viem'
import type { BlockStore } from '../block-store.ts'
import { type BuiltBlock, buildGenesis, buildNext, type GenesisAlloc, hashOf, readHead } from './blocks.ts'
import { bytesToHex } from './hex.ts'
import type { Ground } from './machine.ts'
import { answer, type Node, type RpcRequest } from './rpc.ts'
import { commonFor } from './rules.ts'
import { decodeTransaction } from './transaction.ts'
import { nodeCache } from './trie-database.ts'

export type EmbeddedChainOptions = {
  readonly store: BlockStore
  readonly chainId: number
  readonly genesis: { readonly alloc: GenesisAlloc }
  /** Seconds since the epoch for the next block, or for a call. A time before the last block's counts as that one. */
  readonly timestamp: () => number
}

export type Head = {
  readonly number: bigint
  readonly hash: Hash
  readonly timestamp: bigint
  readonly stateRoot: Hex
}

export type EmbeddedChain = {
  readonly chainId: number
  /** EIP-1193. @throws {RpcError} with JSON-RPC's code, and a revert's bytes in `data`. */
  request(request: RpcRequest): Promise<unknown>
  /**
   * Mines one block with this raw transaction and completes the outbox rows in the same commit, if it succeeds. A
   * transaction that was mined before is answered with its hash and changes nothing.
   *
   * @throws {RpcError} -32000 for a transaction that no block may contain.
   */
  submit(raw: Hex, outboxDone: readonly string[]): Promise<Hash>
  head(): Head
}

/**
 * Opens the chain at the store's head, or commits block 0. One process may have a store open for writing.
 *
 * @throws {ProtocolError} `home.unusable` if the store holds a chain with another id or genesis.
 */
export async function openEmbeddedChain(options: EmbeddedChainOptions): Promise<EmbeddedChain> {
  const { store, chainId, genesis } = options
  const ground: Ground = { common: commonFor(chainId), store, cache: nodeCache() }
  const head = await openHead(ground, await buildGenesis(ground, chainId, genesis.alloc))
  const state: NodeState = { ground, head, uncertain: false, last: Promise.resolve() }
  const now = (): bigint => BigInt(options.timestamp())
  const submit = (raw: Hex, outboxDone: readonly string[]): Promise<Hash> =>
    exclusively(state, () => mine(state, raw, outboxDone, now()))
  const node: Node = { ground, head: () => state.head, now, submit: (raw) => submit(raw, []) }
  const request = async (asked: RpcRequest): Promise<unknown> => {
    if (state.uncertain) await exclusively(state, () => settle(state))
    return answer(node, asked)
  }
  return { chainId, request, submit, head: () => summary(state.head) }
}

type NodeState = {
  readonly ground: Ground
  /** The last block that is known to be durable: the only thing in memory that moves. */
  head: Block
  /** A commit failed: the store may or may not have it. */
  uncertain: boolean
  last: Promise<unknown>
}

async function openHead(ground: Ground, genesis: BuiltBlock): Promise<Block> {
  const stored = await readHead(ground)
  if (!stored) {
    await ground.store.commit({ puts: genesis.puts, head: hashOf(genesis.block), outboxDone: [] })
    return genesis.block
  }
  if (!(await ground.store.get(`block/${hashOf(genesis.block)}`))) {
    throw new ProtocolError(
      'home.unusable',
      `the store holds a chain that does not begin with block ${hashOf(genesis.block)}: other chain id or genesis`,
    )
  }
  return stored
}

/** Blocks are made one after another; a failed one does not stop the next. */
function exclusively<T>(state: NodeState, work: () => Promise<T>): Promise<T> {
  const turn = state.last.then(work, work)
  state.last = turn.catch(() => undefined)
  return turn
}

async function mine(state: NodeState, raw: Hex, outboxDone: readonly string[], now: bigint): Promise<Hash> {
  const { ground } = state
  await settle(state)
  const transaction = decodeTransaction(raw, ground.common)
  const hash = toHex(transaction.hash())
  if (await ground.store.get(`receipt/${hash}`)) return bytesToHex(fromHex(hash))

  const { block, puts, ok } = await buildNext(ground, state.head, transaction, now)
  try {
    await ground.store.commit({ puts, head: hashOf(block), outboxDone: ok ? outboxDone : [] })
  } catch (error) {
    state.uncertain = true
    throw error
  }
  // Durable: only now may anybody see it.
  state.head = block
  for (const { key, value } of puts) if (isNode(key)) ground.cache.add(key, value)
  return bytesToHex(fromHex(hash))
}

/** After a failed commit, asks the store where it ended: building on the old head could fork a commit that did succeed. */
async function settle(state: NodeState): Promise<void> {
  if (!state.uncertain) return
  const stored = await readHead(state.ground)
  if (!stored) throw new ProtocolError('home.unusable', 'the store has lost its chain')
  state.head = stored
  state.uncertain = false
}

const isNode = (key: string): boolean => key.startsWith('trie/') || key.startsWith('code/')

const summary = ({ header }: Block): Head => ({
  number: header.number,
  hash: bytesToHex(header.hash()),
  timestamp: header.timestamp,
  stateRoot: bytesToHex(header.stateRoot),
})
