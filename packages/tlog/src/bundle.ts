/** Entry bundles (c2sp.org/tlog-tiles, "Log entries"): each entry as uint16 big-endian length and bytes. */
import { type Bytes, ProtocolError } from '@commonhold/protocol'

/** The length has two bytes; what `decide` admits is smaller. */
const MOST_BYTES = 65_535

/** @throws {ProtocolError} `entry.too_large` for an entry above 65,535 bytes. */
export function encodeBundle(entries: readonly Uint8Array[]): Bytes {
  let length = 0
  for (const entry of entries) {
    if (entry.length > MOST_BYTES) {
      throw new ProtocolError('entry.too_large', `an entry has ${entry.length} bytes; ${MOST_BYTES} fit`)
    }
    length += 2 + entry.length
  }
  const bundle = new Uint8Array(length)
  let at = 0
  for (const entry of entries) {
    bundle[at] = entry.length >>> 8
    bundle[at + 1] = entry.length
    bundle.set(entry, at + 2)
    at += 2 + entry.length
  }
  return bundle
}

/**
 * The entries of a bundle, as views of it.
 *
 * @param width - entries that the bundle must have: 256, or the width of a partial one.
 * @throws {ProtocolError} `log.bad_tile` unless `bytes` are exactly so many entries.
 */
export function decodeBundle(bytes: Uint8Array, width: number): Uint8Array[] {
  const entries: Uint8Array[] = []
  let at = 0
  while (entries.length < width) {
    if (at + 2 > bytes.length) throw badBundle(`ends within entry ${entries.length} of ${width}`)
    const end = at + 2 + (((bytes[at] as number) << 8) | (bytes[at + 1] as number))
    if (end > bytes.length) throw badBundle(`ends within entry ${entries.length} of ${width}`)
    entries.push(bytes.subarray(at + 2, end))
    at = end
  }
  if (at !== bytes.length) throw badBundle(`has ${bytes.length - at} bytes after its ${width} entries`)
  return entries
}

const badBundle = (reason: string): ProtocolError =>
  new ProtocolError('log.bad_tile', `the entry bundle ${reason}`)
