/** Recursive length prefix (Ethereum Yellow Paper, appendix B), strict: of two encodings one is refused. */
import type { Bytes } from '@commonhold/protocol'
import { bad, prefixed } from './proof-parts.ts'

export type Rlp = Bytes | readonly Rlp[]

/** One RLP item that fills `bytes`. Deep nesting ends with the bytes: every level takes at least one. */
export function decodeRlp(bytes: Bytes, name: string): Rlp {
  const { item, end } = rlpItem(bytes, 0, bytes.length, name)
  if (end !== bytes.length) throw bad(name, 'RLP with bytes left over')
  return item
}

function rlpItem(
  bytes: Bytes,
  start: number,
  limit: number,
  name: string,
  depth = 0,
): { readonly item: Rlp; readonly end: number } {
  const first = bytes[start]
  if (first === undefined || start >= limit || depth > 8) throw bad(name, 'RLP ends early or nests too deep')
  if (first < 0x80) return { item: bytes.subarray(start, start + 1), end: start + 1 }
  const { from, end } = rlpSpan(bytes, start, limit, name)
  if (first < 0xc0) {
    if (end - from === 1 && (bytes[from] as number) < 0x80) throw bad(name, 'RLP of a byte too long')
    return { item: bytes.subarray(from, end), end }
  }
  const items: Rlp[] = []
  for (let at = from; at < end; ) {
    const next = rlpItem(bytes, at, end, name, depth + 1)
    items.push(next.item)
    at = next.end
  }
  return { item: items, end }
}

/** Where the payload of a string or list begins and ends; lengths of 55 and less have the short form only. */
function rlpSpan(bytes: Bytes, start: number, limit: number, name: string) {
  const code = ((bytes[start] as number) - 0x80) & 0x3f
  let from = start + 1
  let length = code
  if (code > 55) {
    length = 0
    for (const last = from + code - 55; from < last; from++) {
      const byte = bytes[from]
      if (byte === undefined || length > 0xffff || (length === 0 && byte === 0)) throw bad(name, 'RLP length')
      length = length * 256 + byte
    }
    if (length <= 55) throw bad(name, 'RLP length in the long form')
  }
  if (from + length > limit) throw bad(name, 'RLP ends early')
  return { from, end: from + length }
}

export function text(item: Rlp | undefined, name: string): Bytes {
  if (item === undefined || Array.isArray(item) || item.length === 0) throw bad(name, 'expected bytes')
  return item as Bytes
}

export function integer(item: Rlp | undefined, name: string): bigint {
  if (item === undefined || Array.isArray(item)) throw bad(name, 'expected an integer')
  if (item[0] === 0 || item.length > 32) throw bad(name, 'an integer has leading zeros or more than 32 bytes')
  return item.length === 0 ? 0n : BigInt(prefixed(item as Bytes))
}

export function hash32(item: Rlp | undefined, name: string): Bytes {
  const bytes = text(item, name)
  if (bytes.length !== 32) throw bad(name, 'expected a hash')
  return bytes
}
