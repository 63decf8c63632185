/**
 * Packs of addenda (docs/spec/log.md, 4): beside each bundle of entries, the erasable contents that its events name. A
 * pack is the only file of a log that may change: erasing replaces contents by a mark and keeps the digest.
 */
import { sha256Many } from '@commonhold/kernels'
import {
  type Bytes,
  concatBytes,
  type Digest,
  digest,
  equalBytes,
  fromHex,
  isDigest,
  ProtocolError,
  toHex,
  uint32,
} from '@commonhold/protocol'
import { HASH_BYTES } from './layout.ts'

/** `bytes` is null once erased; an empty content is not erased. */
export type PackedAddendum = { readonly digest: Digest; readonly bytes: Uint8Array | null }

/** In place of a length. */
const ERASED = 0xffffffff
const MAX_COUNT = 0xffff

/**
 * @param entries - for each log entry of the bundle, its addenda in the order in which its events name them.
 */
export function encodeAddendaPack(entries: readonly (readonly PackedAddendum[])[]): Bytes {
  const parts: Uint8Array[] = []
  for (const addenda of entries) {
    if (addenda.length > MAX_COUNT) throw new Error(`an entry with ${addenda.length} addenda`)
    parts.push(Uint8Array.of(addenda.length >>> 8, addenda.length))
    for (const addendum of addenda) {
      if (!isDigest(addendum.digest)) throw new Error('an addendum without a digest')
      const length = addendum.bytes === null ? ERASED : addendum.bytes.length
      parts.push(fromHex(addendum.digest), uint32(length))
      if (addendum.bytes !== null) parts.push(addendum.bytes)
    }
  }
  return concatBytes(...parts)
}

/**
 * The addenda of a pack, their bytes as views of it. That they are the ones the events name is for the caller to
 * compare, digest by digest.
 *
 * @param width - log entries that the pack must cover: 256, or the width of a partial one.
 * @throws {ProtocolError} `log.bad_tile` unless `pack` is exactly that, each content with its SHA-256.
 */
export function decodeAddendaPack(pack: Uint8Array, width: number): PackedAddendum[][] {
  const entries: PackedAddendum[][] = []
  const contents: Uint8Array[] = []
  const expected: Uint8Array[] = []
  let at = 0
  const take = (length: number): Uint8Array => {
    if (at + length > pack.length) throw badPack(`ends within entry ${entries.length} of ${width}`)
    at += length
    return pack.subarray(at - length, at)
  }
  while (entries.length < width) {
    const addenda: PackedAddendum[] = []
    for (let left = integer(take(2)); left > 0; left--) {
      const hash = take(HASH_BYTES)
      const length = integer(take(4))
      const bytes = length === ERASED ? null : take(length)
      addenda.push({ digest: digest(toHex(hash)), bytes })
      if (bytes === null) continue
      contents.push(bytes)
      expected.push(hash)
    }
    entries.push(addenda)
  }
  if (at !== pack.length) throw badPack(`has ${pack.length - at} bytes after its ${width} entries`)
  const hashes = sha256Many(contents)
  for (const [i, hash] of hashes.entries()) {
    if (!equalBytes(hash, expected[i] as Uint8Array)) {
      throw badPack(`has other content than ${toHex(expected[i] as Uint8Array)}`)
    }
  }
  return entries
}

function integer(bytes: Uint8Array): number {
  let value = 0
  for (const byte of bytes) value = value * 256 + byte
  return value
}

const badPack = (reason: string): ProtocolError =>
  new ProtocolError('log.bad_tile', `the pack of addenda ${reason}`)
