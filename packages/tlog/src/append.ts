/** Writing a log: which files appear when entries are appended (docs/spec/log.md, 2 and 5). */
import { hashLeavesJoined } from '@commonhold/kernels'
import { type Bytes, concatBytes, equalBytes, floor, ProtocolError } from '@commonhold/protocol'
import { decodeBundle, encodeBundle } from './bundle.ts'
import { entriesPath, HASH_BYTES, TILE_WIDTH, tilePath } from './layout.ts'
import { emptyRoot, foldRoot, tileRoots } from './merkle.ts'
import { tileWidth } from './ranges.ts'
import type { LogReader } from './read.ts'

/** What an appender must know of a log: everything that is not yet in a full tile. Immutable; below 17 MB. */
export type LogEdge = {
  readonly size: number
  /** By level, hashes of the partial tile: (floor(size / 256^level) mod 256) x 32 bytes. */
  readonly tiles: readonly Uint8Array[]
  /** Encoded entries of the partial bundle. */
  readonly bundle: Uint8Array
}

/** A file to write, `path` relative to the log's folder. Files of one path never change, so writing again is safe. */
export type LogFile = { readonly path: string; readonly bytes: Uint8Array }

export type Appended = {
  readonly edge: LogEdge
  /** Bundles first, then tiles from level 0 up: a file never refers to one that is yet to come. */
  readonly files: readonly LogFile[]
  /** n x 32 bytes. */
  readonly leafHashes: Bytes
}

/** The edge of the log without entries. */
export const EMPTY_EDGE: LogEdge = { size: 0, tiles: [], bundle: new Uint8Array(0) }

/**
 * Appends entries: full and partial tiles and bundles that the tree of the new size has and the old one had not. Pure;
 * the caller makes the entries durable first, writes the files, then signs `edgeRoot` of the new edge.
 *
 * @throws {ProtocolError} `entry.too_large` for an entry above 65,535 bytes.
 */
export function appendEntries(edge: LogEdge, entries: readonly Uint8Array[]): Appended {
  const leafHashes = hashLeavesJoined(entries)
  const size = edge.size + entries.length
  const files: LogFile[] = []
  const bundle = appendBundles(edge, entries, files)
  const tiles: Uint8Array[] = []
  let added: Uint8Array = leafHashes
  for (let level = 0, count = edge.size; level < edge.tiles.length || added.length > 0; level++) {
    const old = edge.tiles[level] ?? new Uint8Array(0)
    const hashes = concatBytes(old, added)
    const whole = hashes.length - (hashes.length % (TILE_WIDTH * HASH_BYTES))
    const first = floor(count / TILE_WIDTH)
    for (let at = 0; at < whole; at += TILE_WIDTH * HASH_BYTES) {
      const bytes = hashes.subarray(at, at + TILE_WIDTH * HASH_BYTES)
      files.push({ path: tilePath(level, first + at / bytes.length), bytes })
    }
    // A copy: the edge must not keep the hashes of a whole batch alive.
    const rest = hashes.slice(whole)
    const width = rest.length / HASH_BYTES
    if (width > 0 && added.length > 0) {
      files.push({ path: tilePath(level, first + whole / (TILE_WIDTH * HASH_BYTES), width), bytes: rest })
    }
    tiles.push(rest)
    added = tileRoots(hashes.subarray(0, whole))
    count = first
  }
  return { edge: { size, tiles, bundle }, files, leafHashes }
}

/** @returns the bytes of the new partial bundle. */
function appendBundles(edge: LogEdge, entries: readonly Uint8Array[], files: LogFile[]): Uint8Array {
  let bundle = edge.bundle
  let size = edge.size
  for (let from = 0; from < entries.length; ) {
    const part = entries.slice(from, from + TILE_WIDTH - (size % TILE_WIDTH))
    bundle = concatBytes(bundle, encodeBundle(part))
    from += part.length
    size += part.length
    const width = size % TILE_WIDTH
    const index = floor((size - 1) / TILE_WIDTH)
    files.push({ path: entriesPath(index, width === 0 ? TILE_WIDTH : width), bytes: bundle })
    if (width === 0) bundle = new Uint8Array(0)
  }
  return bundle
}

/** Root of the tree that ends with this edge: what a checkpoint of its size says. */
export function edgeRoot({ size, tiles }: LogEdge): Bytes {
  if (size === 0) return emptyRoot()
  let root = new Uint8Array(0)
  for (const tile of tiles) {
    const hashes = concatBytes(tile, root)
    root = hashes.length === 0 ? hashes : foldRoot(hashes)
  }
  return root
}

/**
 * Reads the edge of a log of `size` entries from its files, as after a restart. Compare `edgeRoot` with the last signed
 * checkpoint before appending.
 *
 * @throws {ProtocolError} `log.bad_tile` if a file has another length or the entries do not hash to their tile.
 */
export async function readEdge(reader: LogReader, size: number): Promise<LogEdge> {
  const tiles: Uint8Array[] = []
  for (let level = 0, count = size; count > 0; level++, count = floor(count / TILE_WIDTH)) {
    const index = floor(count / TILE_WIDTH)
    const width = tileWidth(level, index, size)
    const tile = width === 0 ? new Uint8Array(0) : new Uint8Array(await reader.readTile(level, index, width))
    if (tile.length !== width * HASH_BYTES) {
      throw new ProtocolError('log.bad_tile', `${tilePath(level, index, width)} has ${tile.length} bytes`)
    }
    tiles.push(tile)
  }
  const width = size % TILE_WIDTH
  const index = floor(size / TILE_WIDTH)
  const bundle = width === 0 ? new Uint8Array(0) : new Uint8Array(await reader.readEntries(index, width))
  if (!equalBytes(hashLeavesJoined(decodeBundle(bundle, width)), tiles[0] ?? bundle)) {
    throw new ProtocolError('log.bad_tile', `${entriesPath(index, width)} does not hash to its tile`)
  }
  return { size, tiles, bundle }
}
