/** The EIP-1193 face of the embedded chain: as much of the execution API as viem's clients use. */
import type { Block } from '@ethereumjs/block'
import { createAddressFromString, type Address as EvmAddress } from '@ethereumjs/util'
import type { Hash, Hex } from 'viem'
import { hashAt, pendingBlock, readBlock } from './blocks.ts'
import { type CallRequest, call, estimateGas, type Place } from './call.ts'
import { bytesToHex, hexToBytes, quantity } from './hex.ts'
import { type LogFilter, logsIn } from './logs.ts'
import { type Ground, openState } from './machine.ts'
import { proofAt } from './proof.ts'
import { decodeReceipt } from './receipt.ts'
import { INVALID_PARAMS, METHOD_NOT_FOUND, RpcError } from './rpc-error.ts'
import { blockJson, receiptJson, transactionJson } from './rpc-format.ts'

export type RpcRequest = { readonly method: string; readonly params?: unknown }

/** What the methods work on. */
export type Node = {
  readonly ground: Ground
  head(): Block
  now(): bigint
  submit(raw: Hex): Promise<Hash>
}

type Method = (node: Node, params: readonly unknown[]) => unknown

const METHODS: Readonly<Record<string, Method>> = {
  eth_chainId: ({ ground }) => quantity(ground.common.chainId()),
  net_version: ({ ground }) => ground.common.chainId().toString(),
  eth_blockNumber: (node) => quantity(node.head().header.number),
  eth_getBlockByNumber: async (node, [tag, full]) => {
    const block = await blockAt(node, tag)
    return block ? blockJson(block, full === true) : null
  },
  eth_getBlockByHash: async (node, [hash, full]) => {
    const block = await visibleBlock(node, text(hash))
    return block ? blockJson(block, full === true) : null
  },
  eth_getTransactionCount: async (node, [address, tag]) =>
    quantity((await account(node, address, tag)).nonce),
  eth_getBalance: async (node, [address, tag]) => quantity((await account(node, address, tag)).balance),
  eth_getCode: async (node, [address, tag]) => {
    const { state } = await openState(node.ground, (await knownBlock(node, tag)).header.stateRoot)
    return bytesToHex(await state.getCode(addressOf(address)))
  },
  eth_getStorageAt: async (node, [address, slot, tag]) => {
    const { state } = await openState(node.ground, (await knownBlock(node, tag)).header.stateRoot)
    const value = await state.getStorage(addressOf(address), slotBytes(slot))
    return `0x${bytesToHex(value).slice(2).padStart(64, '0')}`
  },
  eth_getProof: async (node, [address, slots, tag]) =>
    proofAt(
      node.ground,
      (await knownBlock(node, tag)).header.stateRoot,
      bytesToHex(addressOf(address).bytes),
      list(slots).map(slotBytes),
    ),
  eth_call: async (node, [request, tag]) =>
    call(node.ground, await placeAt(node, tag), request as CallRequest),
  eth_estimateGas: async (node, [request, tag]) =>
    quantity(await estimateGas(node.ground, await placeAt(node, tag), request as CallRequest)),
  eth_gasPrice: (node) => quantity(nextBaseFee(node)),
  // Blocks are never full: a tip would buy nothing.
  eth_maxPriorityFeePerGas: () => '0x0',
  eth_feeHistory: (node, [count, newest, percentiles]) => feeHistory(node, count, newest, percentiles),
  eth_sendRawTransaction: (node, [raw]) => node.submit(text(raw) as Hex),
  eth_getTransactionReceipt: async (node, [hash]) => {
    const receipt = await receiptAt(node, hash)
    return receipt ? receiptJson(text(hash).toLowerCase() as Hash, receipt) : null
  },
  eth_getTransactionByHash: async (node, [hash]) => {
    const receipt = await receiptAt(node, hash)
    const block = receipt ? await readBlock(node.ground, receipt.block.slice(2)) : undefined
    const [transaction] = block?.transactions ?? []
    return block && transaction ? transactionJson(transaction, block) : null
  },
  eth_getLogs: async (node, [filter]) => {
    const { fromBlock, toBlock, blockHash, ...wanted } = filter as LogFilter & {
      readonly fromBlock?: string
      readonly toBlock?: string
      readonly blockHash?: string
    }
    const block = blockHash === undefined ? undefined : await visibleBlock(node, blockHash)
    if (blockHash !== undefined && !block) throw new RpcError(INVALID_PARAMS, `no block ${blockHash}`)
    const from = block ?? (await knownBlock(node, fromBlock))
    const to = block ?? (await blockAt(node, toBlock)) ?? node.head()
    return logsIn(node.ground, from.header.number, to.header.number, wanted)
  },
}

/** @throws {RpcError} -32601 for a method that the chain does not have, else what the method throws. */
export async function answer(node: Node, { method, params }: RpcRequest): Promise<unknown> {
  const run = Object.hasOwn(METHODS, method) ? METHODS[method] : undefined
  if (!run) throw new RpcError(METHOD_NOT_FOUND, `the method ${method} does not exist`)
  return run(node, list(params))
}

/** Undefined for a block that is not there (yet). A tag means the head: what is shown is durable and never reorganised. */
async function blockAt(node: Node, tag: unknown): Promise<Block | undefined> {
  if (typeof tag === 'object' && tag !== null) {
    const { blockHash, blockNumber } = tag as { readonly blockHash?: string; readonly blockNumber?: string }
    return blockHash === undefined ? blockAt(node, blockNumber) : visibleBlock(node, blockHash)
  }
  if (tag === undefined || tag === null || HEAD_TAGS.has(text(tag))) return node.head()
  const number = tag === 'earliest' ? 0n : bigintOf(tag)
  if (number > node.head().header.number) return undefined
  const hash = await hashAt(node.ground, number)
  return hash === undefined ? undefined : readBlock(node.ground, hash)
}

const HEAD_TAGS: ReadonlySet<string> = new Set(['latest', 'pending', 'safe', 'finalized'])

async function knownBlock(node: Node, tag: unknown): Promise<Block> {
  const block = await blockAt(node, tag)
  if (!block) throw new RpcError(INVALID_PARAMS, `no block ${String(tag)}`)
  return block
}

/** A stored block above the head belongs to a commit that is not acknowledged: nobody sees it. */
async function visibleBlock(node: Node, hash: string): Promise<Block | undefined> {
  const block = await readBlock(node.ground, hash.toLowerCase().slice(2))
  return block && block.header.number <= node.head().header.number ? block : undefined
}

/** At the head a call runs as part of the next block would, so that what is due by time is due for it too. */
async function placeAt(node: Node, tag: unknown): Promise<Place> {
  const block = await knownBlock(node, tag)
  const { stateRoot } = block.header
  return block === node.head()
    ? { stateRoot, block: pendingBlock(node.ground, block, node.now()) }
    : { stateRoot, block }
}

async function account(node: Node, address: unknown, tag: unknown) {
  const { state } = await openState(node.ground, (await knownBlock(node, tag)).header.stateRoot)
  const found = await state.getAccount(addressOf(address))
  return { nonce: found?.nonce ?? 0n, balance: found?.balance ?? 0n }
}

async function receiptAt(node: Node, hash: unknown) {
  const bytes = await node.ground.store.get(`receipt/${text(hash).toLowerCase().slice(2)}`)
  const receipt = bytes ? decodeReceipt(bytes) : undefined
  return receipt && BigInt(receipt.number) <= node.head().header.number ? receipt : undefined
}

const nextBaseFee = (node: Node): bigint => node.head().header.calcNextBaseFee()

async function feeHistory(node: Node, count: unknown, newest: unknown, percentiles: unknown) {
  const last = (await knownBlock(node, newest)).header.number
  const wanted = BigInt(Math.min(Number(bigintOf(count)), 1024))
  const first = wanted > last ? 0n : last - wanted + 1n
  const baseFeePerGas: string[] = []
  const gasUsedRatio: number[] = []
  for (let number = first; number <= last; number++) {
    const { header } = await knownBlock(node, quantity(number))
    baseFeePerGas.push(quantity(header.baseFeePerGas ?? 0n))
    gasUsedRatio.push(Number(header.gasUsed) / Number(header.gasLimit))
  }
  const tips = list(percentiles).map(() => '0x0')
  return {
    oldestBlock: quantity(first),
    baseFeePerGas: [...baseFeePerGas, quantity(nextBaseFee(node))],
    gasUsedRatio,
    ...(tips.length > 0 ? { reward: gasUsedRatio.map(() => tips) } : {}),
  }
}

function addressOf(value: unknown): EvmAddress {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text(value))) throw new RpcError(INVALID_PARAMS, 'expected an address')
  return createAddressFromString(text(value).toLowerCase())
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new RpcError(INVALID_PARAMS, 'expected text')
  return value
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

function bigintOf(value: unknown): bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
  if (typeof value === 'string' && /^0x[0-9a-fA-F]{1,64}$/.test(value)) return BigInt(value)
  throw new RpcError(INVALID_PARAMS, `expected a hex quantity, got ${String(value)}`)
}

const slotBytes = (value: unknown): Uint8Array =>
  hexToBytes(`0x${bigintOf(value).toString(16).padStart(64, '0')}`)
