/** Reading a log from its files, with every byte proved by the checkpoint before it is handed on. */
import { hashLeavesJoined } from '@commonhold/kernels'
import { type Bytes, equalBytes, floor, ProtocolError } from '@commonhold/protocol'
import { decodeBundle } from './bundle.ts'
import { entriesPath, TILE_WIDTH } from './layout.ts'
import { tileWidth } from './ranges.ts'
import { type TileReader, type TreeHead, verifiedTiles } from './tiles.ts'

export type LogReader = TileReader & {
  /** Bytes of an entry bundle; `width` is 256, or what the bundle has in the tree that is being read. */
  readonly readEntries: (index: number, width: number) => Promise<Uint8Array> | Uint8Array
}

/** Entries of one bundle; `index` is the log index of the first. */
export type Segment = {
  readonly index: number
  readonly entries: readonly Uint8Array[]
  /** n x 32 bytes. */
  readonly leafHashes: Bytes
}

/**
 * The entries of the tree `head` in order, a bundle at a time. Whoever has seen them all has recomputed the root: each
 * bundle hashes to its tile, each tile to the one above it, the edge to `head.logRoot`.
 *
 * @param from - log index to begin with; the first segment is the one that holds it.
 * @throws {ProtocolError} `log.bad_tile` at the first tile or bundle with any other byte.
 */
export async function* readLog(reader: LogReader, head: TreeHead, from = 0): AsyncGenerator<Segment> {
  const tiles = await verifiedTiles(reader, head)
  for (let n = floor(from / TILE_WIDTH); n * TILE_WIDTH < head.size; n++) {
    const width = tileWidth(0, n, head.size)
    const bytes = new Uint8Array(await reader.readEntries(n, width))
    const entries = decodeBundle(bytes, width)
    const leafHashes = hashLeavesJoined(entries)
    if (!equalBytes(leafHashes, await tiles.readTile(0, n, width))) {
      throw new ProtocolError('log.bad_tile', `${entriesPath(n, width)} does not hash to its tile`, {
        index: n,
      })
    }
    yield { index: n * TILE_WIDTH, entries, leafHashes }
  }
}
