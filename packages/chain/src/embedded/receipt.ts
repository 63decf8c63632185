import { type Canonical, decodeCanonical, encodeCanonical } from '@commonhold/protocol'
import type { Block } from '@ethereumjs/block'
import type { TypedTransaction } from '@ethereumjs/tx'
import type { RunTxResult } from '@ethereumjs/vm'
import type { Address, Hash, Hex } from 'viem'
import { bytesToHex, quantity } from './hex.ts'

/** One event of a transaction, as stored. */
export type StoredLog = { readonly address: Address; readonly topics: readonly Hex[]; readonly data: Hex }

/** What is kept of a mined transaction under `receipt/<transaction hash>`, in canonical encoding; quantities are hex. */
export type StoredReceipt = {
  readonly block: Hash
  readonly number: Hex
  readonly from: Address
  readonly to: Address | null
  readonly contract: Address | null
  readonly type: number
  readonly ok: boolean
  readonly gasUsed: Hex
  readonly gasPrice: Hex
  readonly logsBloom: Hex
  readonly logs: readonly StoredLog[]
}

export function receiptOf(block: Block, transaction: TypedTransaction, result: RunTxResult): StoredReceipt {
  return {
    block: bytesToHex(block.hash()),
    number: quantity(block.header.number),
    from: bytesToHex(transaction.getSenderAddress().bytes),
    to: transaction.to ? bytesToHex(transaction.to.bytes) : null,
    contract: result.createdAddress ? bytesToHex(result.createdAddress.bytes) : null,
    type: transaction.type,
    ok: result.execResult.exceptionError === undefined,
    gasUsed: quantity(result.totalGasSpent),
    gasPrice: quantity(result.amountSpent / result.totalGasSpent),
    logsBloom: bytesToHex(result.bloom.bitvector),
    logs: result.receipt.logs.map(([address, topics, data]) => ({
      address: bytesToHex(address),
      topics: topics.map(bytesToHex),
      data: bytesToHex(data),
    })),
  }
}

export const encodeReceipt = (receipt: StoredReceipt): Uint8Array => encodeCanonical(receipt as Canonical)
export const decodeReceipt = (bytes: Uint8Array): StoredReceipt => decodeCanonical(bytes) as StoredReceipt
