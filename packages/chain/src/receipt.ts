import { type Hash, type TransactionReceipt, TransactionReceiptNotFoundError } from 'viem'
import { getTransactionReceipt, waitForTransactionReceipt } from 'viem/actions'
import type { ChainConnection } from './connect.ts'

/** Undefined while the transaction is in no block. */
export async function findReceipt(
  { client }: ChainConnection,
  hash: Hash,
): Promise<TransactionReceipt | undefined> {
  try {
    return await getTransactionReceipt(client, { hash })
  } catch (error) {
    if (error instanceof TransactionReceiptNotFoundError) return undefined
    throw error
  }
}

/** Waits until the transaction is below `confirmations` blocks, its own included. Embedded blocks are final at once. */
export async function settled(
  connection: ChainConnection,
  hash: Hash,
  confirmations = 1,
): Promise<TransactionReceipt> {
  return connection.kind === 'embedded'
    ? getTransactionReceipt(connection.client, { hash })
    : waitForTransactionReceipt(connection.client, { hash, confirmations })
}
