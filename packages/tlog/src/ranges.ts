/**
 * Which subtrees a root or a proof consists of, and which tiles hold them. Everything counts leaves with plain numbers
 * up to 2^53-1, so no bit operations (they end at 2^31).
 */
import { type Bytes, concatBytes, floor, min, ProtocolError } from '@commonhold/protocol'
import { HASH_BYTES, TILE_WIDTH } from './layout.ts'
import { foldRoot } from './merkle.ts'

/** Leaves [start, end): a subtree of a tree of some size; `start` is a multiple of a power of two >= end - start. */
export type Range = { readonly start: number; readonly end: number }

/** Hashes [from, to) of one tile level, all within one tile. */
export type Run = { readonly level: number; readonly from: number; readonly to: number }

/** Largest power of two below `count` (>= 2): where RFC 6962 splits a tree. */
function splitPoint(count: number): number {
  let power = 1
  while (2 * power < count) power *= 2
  return power
}

/**
 * Siblings from the leaf to the root (RFC 6962, 2.1.1).
 *
 * @throws {ProtocolError} `log.missing` if the tree has no such leaf.
 */
export function inclusionRanges(index: number, size: number): readonly Range[] {
  if (!isCount(size) || !isCount(index) || index >= size) {
    throw new ProtocolError('log.missing', `a log of ${size} entries has no entry ${index}`)
  }
  return siblings(index, { start: 0, end: size })
}

/** Siblings on the way from `range` down to the leaf, lowest first. */
function siblings(index: number, range: Range): readonly Range[] {
  const ranges: Range[] = []
  let { start, end } = range
  while (end - start > 1) {
    const middle = start + splitPoint(end - start)
    ranges.push(index < middle ? { start: middle, end } : { start, end: middle })
    if (index < middle) end = middle
    else start = middle
  }
  return ranges.reverse()
}

/**
 * Subtrees that lead from the root at `oldSize` to the root at `size` (RFC 6962, 2.1.2).
 *
 * @throws {ProtocolError} `log.missing` unless oldSize <= size.
 */
export function consistencyRanges(oldSize: number, size: number): readonly Range[] {
  if (!isCount(size) || !isCount(oldSize) || oldSize > size) {
    throw new ProtocolError('log.missing', `a log of ${size} entries never had ${oldSize}`)
  }
  if (oldSize === 0 || oldSize === size) return []
  const ranges: Range[] = []
  let start = 0
  let end = size
  while (end !== oldSize) {
    const middle = start + splitPoint(end - start)
    ranges.push(oldSize <= middle ? { start: middle, end } : { start, end: middle })
    if (oldSize <= middle) end = middle
    else start = middle
  }
  // The old root itself is known to the verifier when it is a whole subtree from the left edge.
  if (start > 0) ranges.push({ start, end })
  return ranges.reverse()
}

/** The hashes of which `foldRange` makes the root of `range`, lowest level first. */
export function rangeRuns({ start, end }: Range): readonly Run[] {
  const runs: Run[] = []
  const complete = isPowerOfTwo(end - start)
  let level = 0
  let unit = 1
  if (complete) for (; unit * TILE_WIDTH <= end - start; unit *= TILE_WIDTH) level++
  for (; ; unit *= TILE_WIDTH, level++) {
    const from = start / unit
    const to = floor(end / unit)
    if (complete) return [{ level, from, to }]
    // Whole tiles of this level stand as single hashes in the level above, if any lies in the range.
    const tile = to - (to % TILE_WIDTH)
    const first = tile > from ? tile : from
    if (to > first) runs.push({ level, from: first, to })
    if (tile <= from) return runs
  }
}

/** Root of the subtree whose `rangeRuns` have these hashes. */
export function foldRange(runs: readonly Run[], hashesOf: (run: Run) => Uint8Array): Bytes {
  let root = new Uint8Array(0)
  for (const run of runs) root = foldRoot(concatBytes(hashesOf(run), root))
  return root
}

/** Hashes that tile `index` of `level` has in a log of `size` entries; 0 if there is no such tile. */
export function tileWidth(level: number, index: number, size: number): number {
  let hashes = size
  for (let i = 0; i < level; i++) hashes = floor(hashes / TILE_WIDTH)
  const left = hashes - index * TILE_WIDTH
  return left > 0 ? min(left, TILE_WIDTH) : 0
}

/** The part of a tile that `run` names. */
export function sliceRun(tile: Uint8Array, { from, to }: Run): Uint8Array {
  const first = from % TILE_WIDTH
  return tile.subarray(first * HASH_BYTES, (first + to - from) * HASH_BYTES)
}

export const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

function isPowerOfTwo(value: number): boolean {
  let rest = value
  while (rest > 1 && rest % 2 === 0) rest /= 2
  return rest === 1
}
