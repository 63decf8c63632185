import { ProtocolError } from '@commonhold/protocol'
import {
  digitsFor,
  type KnnKernel,
  type KnnRegions,
  knnKernel,
  LOW_BITS,
  placeRegions,
} from './knn-kernel.ts'
import type { SparseVector } from './sparse.ts'
import { planIndex } from './term-index.ts'
import { layout } from './wasm.ts'

const MAX_POINTS = 1 << 24
/** Exact cross-multiplication in 64 bits needs squared lengths below 2^31: 133,000 terms of full weight. */
const MAX_NORM = 2_147_483_647

export type NeighbourCredits = {
  /**
   * Ranks all points by cosine with `query`, descending and exact, ties by position, and adds the credit of each to its
   * value, except for the positions in `excluded` (distinct).
   */
  readonly add: (query: SparseVector, label: number, excluded: Uint32Array) => void
  /** Sums so far, by position; a view that later `add`s change. */
  readonly values: BigInt64Array
}

export type SparseNeighbours = {
  /** In the order that breaks ties. */
  readonly points: readonly SparseVector[]
  readonly labels: Int32Array
  /** `weights[j]` multiplies the step between ranks j and j + 1; `points.length + 1` of them, [0] unused. */
  readonly weights: BigInt64Array
  /** Every query that will be added: only their terms get posting lists. */
  readonly queries: readonly SparseVector[]
}

/**
 * KNN-Shapley sums (docs/spec/attribution.md) over posting lists, in WebAssembly. Memory: 4 to 8 bytes for each term of a
 * point that some query has too, and 44 bytes a point.
 *
 * @throws {ProtocolError} `data.too_large` for 2^24 points or more, or a vector whose squared length reaches 2^31.
 */
export function sparseNeighbours(input: SparseNeighbours): NeighbourCredits {
  const { points, labels, weights, queries } = input
  const count = points.length
  if (count >= MAX_POINTS) throw new ProtocolError('data.too_large', `more than ${MAX_POINTS - 1} points`)
  const norms = Uint32Array.from(points, squaredLength)
  const index = planIndex(points, queries)
  const { place, size } = layout()
  const regions = placeRegions(place, count)
  const at = {
    dots: place(4 * index.stride),
    norms: place(4 * count),
    ratios: place(8 * count),
    keys: place(4 * count),
  }
  const indexAt = place(index.bytes)
  const { kernel, buffer } = knnKernel(size())
  new Int32Array(buffer, regions.labels, count).set(labels)
  new BigInt64Array(buffer, regions.weights, count + 1).set(weights)
  new Uint32Array(buffer, at.norms, count).set(norms)
  const values = new BigInt64Array(buffer, regions.values, count)
  if (count === 0) return { add: () => {}, values }

  const dots = index.build(kernel, buffer, indexAt, at.dots)
  const keep = keeper(buffer, regions.values)
  const add = (query: SparseVector, label: number, excluded: Uint32Array): void => {
    squaredLength(query)
    dots(query)
    keep(excluded, () => rankAndCredit(kernel, buffer, regions, at, count, label))
  }
  return { add, values }
}

type Places = {
  readonly dots: number
  readonly norms: number
  readonly ratios: number
  readonly keys: number
}

function rankAndCredit(
  kernel: KnnKernel,
  buffer: ArrayBuffer,
  to: KnnRegions,
  { dots, norms, ratios, keys }: Places,
  count: number,
  label: number,
): void {
  const present = kernel.ratioKeys(count, dots, norms, ratios, keys, to.range)
  const [lowest, highest] = new Uint32Array(buffer, to.range, 2) as unknown as [number, number]
  const { positionBits, shift } = digitsFor(count, present === 0 ? 0 : highest - lowest)
  if (present > 0) {
    const { labels, tallies, scratch, order } = to
    kernel.sortNear(
      count,
      keys,
      labels,
      label,
      lowest,
      shift,
      0,
      LOW_BITS,
      positionBits,
      tallies,
      scratch,
      order,
    )
    kernel.settle(present, dots, norms, ratios, positionBits, lowest, shift, scratch, order)
  }
  kernel.addCredits(count, present, to.order, positionBits, dots, to.labels, label, to.weights, to.values)
}

/** Runs a change of the 64-bit values and takes it back at the positions given: cheaper than a test for each point. */
function keeper(buffer: ArrayBuffer, values: number): (kept: Uint32Array, change: () => void) => void {
  const halves = new Int32Array(buffer, values)
  let saved = new Int32Array(0)
  return (kept, change) => {
    if (saved.length < 2 * kept.length) saved = new Int32Array(2 * kept.length)
    for (let i = 0; i < kept.length; i++) {
      const position = kept[i] as number
      saved[2 * i] = halves[2 * position] as number
      saved[2 * i + 1] = halves[2 * position + 1] as number
    }
    change()
    for (let i = 0; i < kept.length; i++) {
      const position = kept[i] as number
      halves[2 * position] = saved[2 * i] as number
      halves[2 * position + 1] = saved[2 * i + 1] as number
    }
  }
}

function squaredLength({ ids, weights }: SparseVector): number {
  if (ids.length !== weights.length) throw new Error('a sparse vector has one weight for each id')
  let sum = 0
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] as number
    if (weight < 1) throw new Error('weights of sparse vectors are in [1, 127]')
    sum += weight * weight
  }
  if (sum > MAX_NORM) throw new ProtocolError('data.too_large', 'a text has too many terms to be valued')
  return sum
}
