/** Roots and proofs from tiles that lie somewhere else: on disk, behind HTTP, in a database. */
import { type Bytes, equalBytes, floor, ProtocolError } from '@commonhold/protocol'
import { HASH_BYTES, TILE_WIDTH } from './layout.ts'
import { emptyRoot, tileRoots } from './merkle.ts'
import {
  consistencyRanges,
  foldRange,
  inclusionRanges,
  type Range,
  type Run,
  rangeRuns,
  sliceRun,
  tileWidth,
} from './ranges.ts'

export type TileReader = {
  /**
   * Bytes of a tile of hashes; `width` is 256, or what the tile has in the tree that is being read. A reader may throw
   * `log.missing` for a tile that it does not have.
   */
  readonly readTile: (level: number, index: number, width: number) => Promise<Uint8Array> | Uint8Array
}

/** What a checkpoint says about a tree. */
export type TreeHead = { readonly size: number; readonly logRoot: Uint8Array }

/** Root of the tree of `size` leaves, from its right edge: at most one tile for each level. */
export async function rootFromTiles(reader: TileReader, size: number): Promise<Bytes> {
  if (size === 0) return emptyRoot()
  const [root] = await hashRanges(reader, [{ start: 0, end: size }], size)
  return root as Bytes
}

/**
 * Inclusion proof from tiles (RFC 6962, 2.1.1). It is as good as the tiles: check it, or read `verifiedTiles`.
 *
 * @throws {ProtocolError} `log.missing` unless index < size, `log.bad_tile` for a tile of another length.
 */
export const inclusionProof = async (reader: TileReader, index: number, size: number): Promise<Bytes[]> =>
  hashRanges(reader, inclusionRanges(index, size), size)

/**
 * Consistency proof from tiles (RFC 6962, 2.1.2); empty for oldSize 0.
 *
 * @throws {ProtocolError} `log.missing` unless oldSize <= size, `log.bad_tile` for a tile of another length.
 */
export const consistencyProof = async (reader: TileReader, oldSize: number, size: number): Promise<Bytes[]> =>
  hashRanges(reader, consistencyRanges(oldSize, size), size)

/** One read for each tile, all at once, then hashing. */
async function hashRanges(reader: TileReader, ranges: readonly Range[], size: number): Promise<Bytes[]> {
  const plans = ranges.map(rangeRuns)
  const reads = new Map<string, Promise<[string, Uint8Array]>>()
  for (const run of plans.flat()) {
    const key = tileKey(run)
    const index = floor(run.from / TILE_WIDTH)
    if (!reads.has(key))
      reads.set(
        key,
        readSized(reader, run.level, index, size).then((tile) => [key, tile]),
      )
  }
  const tiles = new Map(await Promise.all(reads.values()))
  const hashesOf = (run: Run): Uint8Array => sliceRun(tiles.get(tileKey(run)) as Uint8Array, run)
  return plans.map((runs) => foldRange(runs, hashesOf))
}

const tileKey = ({ level, from }: Run): string => `${level}/${floor(from / TILE_WIDTH)}`

async function readSized(
  reader: TileReader,
  level: number,
  index: number,
  size: number,
): Promise<Uint8Array> {
  const width = tileWidth(level, index, size)
  const tile = await reader.readTile(level, index, width)
  if (tile.length !== width * HASH_BYTES) {
    throw badTile(level, index, `has ${tile.length} bytes, not ${width * HASH_BYTES}`)
  }
  return tile
}

/**
 * A reader that gives only tiles proved by `head`: a partial tile is part of the root, and a full tile's root stands in
 * the tile above it. It keeps the last tile of each level, so reading in order costs each tile once.
 *
 * @returns a reader that throws `log.bad_tile` for any other bytes, and `log.missing` beyond the tree.
 * @throws {ProtocolError} `log.bad_tile` if the right edge does not give `head.logRoot`.
 */
export async function verifiedTiles(reader: TileReader, head: TreeHead): Promise<TileReader> {
  const edge = new Map<string, Uint8Array>()
  const recording: TileReader = {
    readTile: async (level, index, width) => {
      // A copy: whoever supplied the bytes cannot change them after the check.
      const tile = new Uint8Array(await reader.readTile(level, index, width))
      edge.set(`${level}/${index}`, tile)
      return tile
    },
  }
  if (!equalBytes(await rootFromTiles(recording, head.size), head.logRoot)) {
    throw new ProtocolError(
      'log.bad_tile',
      `the right edge of the tree of size ${head.size} has another root`,
    )
  }
  const last = new Map<number, { readonly index: number; readonly tile: Uint8Array }>()
  const proved = async (level: number, index: number): Promise<Uint8Array> => {
    const known = edge.get(`${level}/${index}`)
    if (known !== undefined) return known
    const recent = last.get(level)
    if (recent?.index === index) return recent.tile
    const tile = new Uint8Array(await readSized(reader, level, index, head.size))
    const above = await proved(level + 1, floor(index / TILE_WIDTH))
    const at = (index % TILE_WIDTH) * HASH_BYTES
    if (!equalBytes(tileRoots(tile), above.subarray(at, at + HASH_BYTES))) {
      throw badTile(level, index, 'does not match the tile above it')
    }
    last.set(level, { index, tile })
    return tile
  }
  return {
    readTile: async (level, index, width) => {
      if (width < 1 || width > tileWidth(level, index, head.size)) {
        throw new ProtocolError('log.missing', `no tile ${index} of width ${width} at level ${level}`)
      }
      return (await proved(level, index)).slice(0, width * HASH_BYTES)
    },
  }
}

const badTile = (level: number, index: number, reason: string): ProtocolError =>
  new ProtocolError('log.bad_tile', `tile ${index} of level ${level} ${reason}`, { level, index })
