import type { Hash, Hex } from 'viem'
import { hashAt, readBlock } from './blocks.ts'
import { bytesToHex } from './hex.ts'
import type { Ground } from './machine.ts'
import { decodeReceipt, type StoredLog } from './receipt.ts'
import { INVALID_PARAMS, RpcError } from './rpc-error.ts'
import { logsJson } from './rpc-format.ts'

export type LogFilter = {
  readonly address?: Hex | readonly Hex[]
  /** By position: a topic, any of several, or null for any. */
  readonly topics?: readonly (Hex | readonly Hex[] | null)[]
}

/** Every block in between is read: a block holds one transaction, and this chain is small. */
export const MOST_BLOCKS = 100_000n

/** @throws {RpcError} -32602 for a range of more than 100,000 blocks. */
export async function logsIn(
  ground: Ground,
  from: bigint,
  to: bigint,
  filter: LogFilter,
): Promise<readonly Record<string, unknown>[]> {
  if (to - from >= MOST_BLOCKS)
    throw new RpcError(INVALID_PARAMS, `more than ${MOST_BLOCKS} blocks asked for`)
  const found: Record<string, unknown>[] = []
  for (let number = from; number <= to; number++) {
    const hash = await hashAt(ground, number)
    const block = hash === undefined ? undefined : await readBlock(ground, hash)
    for (const transaction of block?.transactions ?? []) {
      found.push(...(await logsOf(ground, bytesToHex(transaction.hash()), filter)))
    }
  }
  return found
}

async function logsOf(ground: Ground, transaction: Hash, filter: LogFilter) {
  const bytes = await ground.store.get(`receipt/${transaction.slice(2)}`)
  if (!bytes) return []
  const receipt = decodeReceipt(bytes)
  return logsJson(transaction, receipt).filter((_, index) =>
    matches(receipt.logs[index] as StoredLog, filter),
  )
}

function matches(log: StoredLog, { address, topics = [] }: LogFilter): boolean {
  if (address !== undefined && !among(log.address, address)) return false
  return topics.every((wanted, at) => {
    const topic = log.topics[at]
    return wanted === null || (topic !== undefined && among(topic, wanted))
  })
}

const among = (value: Hex, wanted: Hex | readonly Hex[]): boolean =>
  (typeof wanted === 'string' ? [wanted] : wanted).some((one) => one.toLowerCase() === value)
