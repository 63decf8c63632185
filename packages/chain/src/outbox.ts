/**
 * The relayer: sends what the outbox holds, once. Crash order of a row: signed -> stored -> broadcast -> in a block ->
 * done. What was stored is broadcast again as it is; another transaction is signed for a row only when the chain shows that
 * the stored one can have no more effect (it reverted, or another one took its nonce).
 */
import { ProtocolError } from '@commonhold/protocol'
import type { Hash, Hex, TransactionReceipt } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { getTransactionCount } from 'viem/actions'
import { parseTransaction } from 'viem/utils'
import type { OutboxCall } from './calls.ts'
import type { ChainConnection } from './connect.ts'
import { findReceipt, settled } from './receipt.ts'
import { chainFailure } from './rejection.ts'
import { type SignedTransaction, signCall } from './sign.ts'

export type OutboxRow = {
  readonly id: string
  readonly call: OutboxCall
  readonly raw?: Hex
  readonly hash?: Hash
}

/** The block that completed a row; null where the chain already had what the row is for. */
export type OutboxReceipt = {
  readonly hash: Hash
  readonly blockHash: Hash
  readonly blockNumber: bigint
  readonly gasUsed: bigint
} | null

export interface OutboxStore {
  /** Rows that are not done, in the order in which they were written. */
  pending(): Promise<readonly OutboxRow[]>
  /** Durable when it resolves; replaces what was stored for the row. */
  saveRaw(id: string, raw: Hex, hash: Hash): Promise<void>
  /** Idempotent: on the embedded chain the block's commit has already marked the row. */
  done(id: string, receipt: OutboxReceipt): Promise<void>
}

export type RelayerOptions = {
  readonly connection: ChainConnection
  readonly outbox: OutboxStore
  /** secp256k1 private key that nobody else sends with: this relayer counts its nonces. */
  readonly key: Hex
  /** Whether the chain already has what the row is for (`isCallDone`). */
  readonly isDone?: (row: OutboxRow) => Promise<boolean>
  /** Blocks, the transaction's own included, before a row is done on a chain that may reorganise; 1 by default. */
  readonly confirmations?: number
}

export type Drained = {
  readonly done: readonly string[]
  /** Rows that the chain refuses now; they stay in the outbox. */
  readonly rejected: readonly { readonly id: string; readonly error: ProtocolError }[]
}

export type Relayer = {
  /**
   * Works through the outbox once. Calls at the same time run one after another.
   *
   * @throws {ProtocolError} `chain.unreachable`; what the store throws. A refusal of one row stops no other.
   */
  drain(): Promise<Drained>
}

export function openRelayer(options: RelayerOptions): Relayer {
  let last: Promise<unknown> = Promise.resolve()
  return {
    drain: () => {
      const turn = last.then(() => drainOnce(options))
      last = turn.catch(() => undefined)
      return turn
    },
  }
}

async function drainOnce(options: RelayerOptions): Promise<Drained> {
  const rows = await options.outbox.pending()
  const done: string[] = []
  const rejected: { id: string; error: ProtocolError }[] = []
  // Signed rows hold a nonce already: they go first, or a new row would be signed with the same one.
  for (const row of [...rows.filter(({ raw }) => raw), ...rows.filter(({ raw }) => !raw)]) {
    try {
      await options.outbox.done(row.id, await complete(options, row))
      done.push(row.id)
    } catch (cause) {
      const error = chainFailure(cause, `carry out ${row.id}`)
      if (!(error instanceof ProtocolError) || error.code !== 'chain.rejected') throw error
      rejected.push({ id: row.id, error })
    }
  }
  return { done, rejected }
}

async function complete(options: RelayerOptions, row: OutboxRow): Promise<OutboxReceipt> {
  const { connection, outbox, isDone } = options
  const stored = storedTransaction(row)
  // The nonce before the receipt: a transaction that gets into a block in between is found, not signed anew.
  const possible = stored !== undefined && (await isPossible(options, stored.raw))
  if (stored && (await findReceipt(connection, stored.hash))?.status === 'success') {
    return summary(await settled(connection, stored.hash, options.confirmations))
  }
  if (await isDone?.(row)) return null
  if (possible) {
    const receipt = await broadcast(options, row, stored)
    if (receipt.status === 'success') return summary(receipt)
  }
  const signed = await sign(options, row)
  await outbox.saveRaw(row.id, signed.raw, signed.hash)
  const receipt = await broadcast(options, row, signed)
  if (receipt.status === 'success') return summary(receipt)
  throw new ProtocolError('chain.rejected', `${row.id} reverted in block ${receipt.blockNumber}`, {
    id: row.id,
  })
}

const storedTransaction = ({ raw, hash }: OutboxRow): SignedTransaction | undefined =>
  raw && hash ? { raw, hash } : undefined

/** Whether the nonce of a stored transaction is still free: a used one went to this very transaction or to another. */
async function isPossible({ connection, key }: RelayerOptions, raw: Hex): Promise<boolean> {
  const { address } = privateKeyToAccount(key)
  const next = await getTransactionCount(connection.client, { address, blockTag: 'latest' })
  return (parseTransaction(raw).nonce ?? 0) >= next
}

async function sign({ connection, key }: RelayerOptions, { call }: OutboxRow): Promise<SignedTransaction> {
  const { client } = connection
  const { address } = privateKeyToAccount(key)
  const nonce = await getTransactionCount(client, { address, blockTag: 'pending' })
  return signCall({ client, chainId: await connection.chainId(), key, nonce }, call)
}

async function broadcast(
  { connection, confirmations }: RelayerOptions,
  { id }: OutboxRow,
  { raw, hash }: SignedTransaction,
): Promise<TransactionReceipt> {
  try {
    await connection.send(raw, [id])
  } catch (error) {
    // Nodes refuse what they already have. If they have it, it will be in a block, and waiting is all there is to do.
    if (!isKnown(error)) throw error
  }
  return settled(connection, hash, confirmations)
}

const isKnown = (error: unknown): boolean =>
  error instanceof Error && /already known|already imported|known transaction/i.test(error.message)

const summary = (receipt: TransactionReceipt): OutboxReceipt => ({
  hash: receipt.transactionHash,
  blockHash: receipt.blockHash,
  blockNumber: receipt.blockNumber,
  gasUsed: receipt.gasUsed,
})
