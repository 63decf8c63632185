import { fromUtf8, ProtocolError, toHex, utf8 } from '@commonhold/protocol'
import { type Block, createBlock, createBlockFromRLP, createEmptyBlock } from '@ethereumjs/block'
import type { TypedTransaction } from '@ethereumjs/tx'
import { createAccount, createAddressFromString, KECCAK256_RLP } from '@ethereumjs/util'
import { buildBlock } from '@ethereumjs/vm'
import type { Hex } from 'viem'
import { hexToBytes } from './hex.ts'
import { type Ground, openMachine, openState } from './machine.ts'
import { encodeReceipt, receiptOf } from './receipt.ts'
import { BLOCK_GAS_LIMIT, COINBASE, extraData, GENESIS_BASE_FEE } from './rules.ts'
import { assertMineable } from './transaction.ts'
import type { Put } from './trie-database.ts'

/** Accounts at block 0: address to balance in wei and, for a contract, its code. */
export type GenesisAlloc = Readonly<Record<Hex, { readonly balance: bigint; readonly code?: Hex }>>

/** A block that nobody has seen yet, with everything that has to be stored before anybody may. */
export type BuiltBlock = { readonly block: Block; readonly puts: readonly Put[]; readonly ok: boolean }

export const hashOf = (block: Block): string => toHex(block.hash())

export async function buildGenesis(
  ground: Ground,
  chainId: number,
  alloc: GenesisAlloc,
): Promise<BuiltBlock> {
  const { state, database } = await openState(ground)
  for (const [text, { balance, code }] of Object.entries(alloc)) {
    const address = createAddressFromString(text)
    await state.putAccount(address, createAccount({ balance }))
    if (code) await state.putCode(address, hexToBytes(code))
  }
  const stateRoot = await state.getStateRoot()
  const header = {
    ...fixedFields(chainId),
    number: 0n,
    timestamp: 0n,
    baseFeePerGas: GENESIS_BASE_FEE,
    stateRoot,
  }
  const block = createBlock({ header }, { common: ground.common, setHardfork: false })
  return { block, puts: [...database.reachable(stateRoot), ...blockPuts(block)], ok: true }
}

/**
 * The block after `parent` with this one transaction. Reads the store, writes nothing.
 *
 * @param timestamp Seconds; raised to the parent's where it is smaller.
 * @throws {RpcError} -32000 for a transaction that no block may contain.
 */
export async function buildNext(
  ground: Ground,
  parent: Block,
  transaction: TypedTransaction,
  timestamp: bigint,
): Promise<BuiltBlock> {
  const { vm, state, database } = await openMachine(ground, parent.header.stateRoot)
  const baseFeePerGas = parent.header.calcNextBaseFee()
  assertMineable(transaction, await state.getAccount(transaction.getSenderAddress()), baseFeePerGas)
  const builder = await buildBlock(vm, {
    parentBlock: parent,
    headerData: {
      ...fixedFields(Number(ground.common.chainId())),
      timestamp: notBefore(parent, timestamp),
      baseFeePerGas,
    },
    withdrawals: [],
    blockOpts: { putBlockIntoBlockchain: false, setHardfork: false },
  })
  const result = await builder.addTransaction(transaction)
  const { block } = await builder.build()
  const receipt = receiptOf(block, transaction, result)
  const puts = [
    ...database.reachable(block.header.stateRoot),
    ...blockPuts(block),
    { key: `receipt/${toHex(transaction.hash())}`, value: encodeReceipt(receipt) },
  ]
  return { block, puts, ok: receipt.ok }
}

/** The surroundings in which a call runs: a block after `parent` at `timestamp` (seconds). */
export const pendingBlock = (ground: Ground, parent: Block, timestamp: bigint): Block =>
  createEmptyBlock(
    {
      ...fixedFields(Number(ground.common.chainId())),
      number: parent.header.number + 1n,
      parentHash: parent.hash(),
      timestamp: notBefore(parent, timestamp),
      baseFeePerGas: parent.header.calcNextBaseFee(),
    },
    { common: ground.common, setHardfork: false },
  )

/** @throws {ProtocolError} `home.unusable` if the store names a block that it does not hold. */
export async function readBlock(ground: Ground, hash: string): Promise<Block | undefined> {
  const bytes = await ground.store.get(`block/${hash}`)
  return bytes ? createBlockFromRLP(bytes, { common: ground.common, setHardfork: false }) : undefined
}

export async function hashAt(ground: Ground, number: bigint): Promise<string | undefined> {
  const bytes = await ground.store.get(`number/${number}`)
  return bytes ? fromUtf8(bytes) : undefined
}

/** @throws {ProtocolError} `home.unusable` if the store names a head that it does not hold. */
export async function readHead(ground: Ground): Promise<Block | undefined> {
  const hash = await ground.store.head()
  if (hash === undefined) return undefined
  const block = await readBlock(ground, hash)
  if (!block) throw new ProtocolError('home.unusable', `the chain's store lacks its own head ${hash}`)
  return block
}

const notBefore = (parent: Block, timestamp: bigint): bigint =>
  timestamp > parent.header.timestamp ? timestamp : parent.header.timestamp

const fixedFields = (chainId: number) => ({
  coinbase: COINBASE,
  gasLimit: BLOCK_GAS_LIMIT,
  difficulty: 0n,
  extraData: extraData(chainId),
  withdrawalsRoot: KECCAK256_RLP,
  parentBeaconBlockRoot: new Uint8Array(32),
})

const blockPuts = (block: Block): readonly Put[] => [
  { key: `block/${hashOf(block)}`, value: block.serialize() },
  { key: `number/${block.header.number}`, value: utf8(hashOf(block)) },
]
