/** Blocks, transactions and receipts as JSON-RPC shows them (Ethereum execution API). One transaction a block. */
import type { Block } from '@ethereumjs/block'
import type { TypedTransaction } from '@ethereumjs/tx'
import type { Hash } from 'viem'
import { bytesToHex, quantity } from './hex.ts'
import type { StoredReceipt } from './receipt.ts'

export function blockJson(block: Block, full: boolean): Record<string, unknown> {
  const { header } = block
  return {
    hash: bytesToHex(block.hash()),
    parentHash: bytesToHex(header.parentHash),
    sha3Uncles: bytesToHex(header.uncleHash),
    miner: bytesToHex(header.coinbase.bytes),
    stateRoot: bytesToHex(header.stateRoot),
    transactionsRoot: bytesToHex(header.transactionsTrie),
    receiptsRoot: bytesToHex(header.receiptTrie),
    logsBloom: bytesToHex(header.logsBloom),
    difficulty: quantity(header.difficulty),
    number: quantity(header.number),
    gasLimit: quantity(header.gasLimit),
    gasUsed: quantity(header.gasUsed),
    timestamp: quantity(header.timestamp),
    extraData: bytesToHex(header.extraData),
    mixHash: bytesToHex(header.mixHash),
    nonce: bytesToHex(header.nonce),
    baseFeePerGas: quantity(header.baseFeePerGas ?? 0n),
    withdrawalsRoot: optional(header.withdrawalsRoot),
    blobGasUsed: quantity(header.blobGasUsed ?? 0n),
    excessBlobGas: quantity(header.excessBlobGas ?? 0n),
    parentBeaconBlockRoot: optional(header.parentBeaconBlockRoot),
    requestsHash: optional(header.requestsHash),
    size: quantity(block.serialize().length),
    uncles: [],
    withdrawals: [],
    transactions: block.transactions.map((transaction) =>
      full ? transactionJson(transaction, block) : bytesToHex(transaction.hash()),
    ),
  }
}

export function transactionJson(transaction: TypedTransaction, block: Block): Record<string, unknown> {
  const { data, ...signed } = transaction.toJSON()
  const baseFee = block.header.baseFeePerGas ?? 0n
  return {
    ...signed,
    hash: bytesToHex(transaction.hash()),
    type: quantity(transaction.type),
    from: bytesToHex(transaction.getSenderAddress().bytes),
    to: transaction.to ? bytesToHex(transaction.to.bytes) : null,
    input: data,
    gas: quantity(transaction.gasLimit),
    gasPrice: quantity(
      'gasPrice' in transaction
        ? transaction.gasPrice
        : transaction.getEffectivePriorityFee(baseFee) + baseFee,
    ),
    blockHash: bytesToHex(block.hash()),
    blockNumber: quantity(block.header.number),
    transactionIndex: '0x0',
  }
}

export function receiptJson(transactionHash: Hash, receipt: StoredReceipt): Record<string, unknown> {
  return {
    transactionHash,
    transactionIndex: '0x0',
    blockHash: receipt.block,
    blockNumber: receipt.number,
    from: receipt.from,
    to: receipt.to,
    contractAddress: receipt.contract,
    type: quantity(receipt.type),
    status: receipt.ok ? '0x1' : '0x0',
    gasUsed: receipt.gasUsed,
    cumulativeGasUsed: receipt.gasUsed,
    effectiveGasPrice: receipt.gasPrice,
    logsBloom: receipt.logsBloom,
    logs: logsJson(transactionHash, receipt),
  }
}

export const logsJson = (transactionHash: Hash, receipt: StoredReceipt): readonly Record<string, unknown>[] =>
  receipt.logs.map((log, index) => ({
    ...log,
    blockHash: receipt.block,
    blockNumber: receipt.number,
    transactionHash,
    transactionIndex: '0x0',
    logIndex: quantity(index),
    removed: false,
  }))

const optional = (bytes: Uint8Array | undefined) => (bytes ? bytesToHex(bytes) : undefined)
