import { ProtocolError } from '@commonhold/protocol'
import { digitsFor, knnKernel, LOW_BITS, placeRegions } from './knn-kernel.ts'
import { layout } from './wasm.ts'

/** Queries to one pass over the points. */
const BLOCK = 4
const LANES = 16
const MAX_POINTS = 1 << 22
/** 33,000 x 255^2 < 2^31. */
const MAX_DIMENSIONS = 33_000

export type DenseNeighbours = {
  /** Rows of `dimensions` bytes, in the order that breaks ties. */
  readonly points: Int8Array
  readonly dimensions: number
  readonly labels: Int32Array
  /** As for sparseNeighbours. */
  readonly weights: BigInt64Array
}

export type DenseCredits = {
  /** Ranks all points by squared distance to each query (rows as in `points`), ascending, and adds up their credits. */
  readonly add: (queries: Int8Array, labels: Int32Array) => void
  readonly values: BigInt64Array
}

/**
 * KNN-Shapley sums over dense rows, by exact integer distances.
 *
 * @throws {ProtocolError} `data.too_large` for 2^22 points or more, or more than 33,000 dimensions.
 */
export function denseNeighbours({ points, dimensions, labels, weights }: DenseNeighbours): DenseCredits {
  const count = labels.length
  if (count >= MAX_POINTS || dimensions > MAX_DIMENSIONS) {
    throw new ProtocolError('data.too_large', `${count} points of ${dimensions} dimensions`)
  }
  if (points.length !== count * dimensions) throw new Error('one row and one label for each point')
  const width = dimensions + ((LANES - (dimensions % LANES)) % LANES)
  const { place, size } = layout()
  const regions = placeRegions(place, count)
  const at = {
    keys: place(4 * BLOCK * count),
    points: place(count * width),
    squares: place(4 * count),
    queries: place(2 * BLOCK * width),
    querySquares: place(4 * BLOCK),
  }
  const { kernel, buffer } = knnKernel(size())
  new Int32Array(buffer, regions.labels, count).set(labels)
  new BigInt64Array(buffer, regions.weights, count + 1).set(weights)
  const bytes = new Int8Array(buffer, at.points, count * width)
  const squares = new Int32Array(buffer, at.squares, count)
  for (let p = 0; p < count; p++) {
    const row = points.subarray(p * dimensions, (p + 1) * dimensions)
    bytes.set(row, p * width)
    squares[p] = squaredLength(row)
  }
  const wide = new Int16Array(buffer, at.queries, BLOCK * width)
  const querySquares = new Int32Array(buffer, at.querySquares, BLOCK)
  const range = new Int32Array(buffer, regions.range, 2 * BLOCK)

  const credit = (query: number, label: number): void => {
    const lowest = range[query] as number
    const { positionBits, shift } = digitsFor(count, (range[BLOCK + query] as number) - lowest)
    const keys = at.keys + 4 * query * count
    const { tallies, scratch, order } = regions
    kernel.sortNear(
      count,
      keys,
      regions.labels,
      label,
      lowest,
      shift,
      1,
      LOW_BITS,
      positionBits,
      tallies,
      scratch,
      order,
    )
    kernel.addCredits(
      count,
      count,
      order,
      positionBits,
      0,
      regions.labels,
      label,
      regions.weights,
      regions.values,
    )
  }
  const add = (queries: Int8Array, queryLabels: Int32Array): void => {
    if (queries.length !== queryLabels.length * dimensions)
      throw new Error('one row and one label for each query')
    if (count === 0) return
    for (let first = 0; first < queryLabels.length; first += BLOCK) {
      const block = queryLabels.subarray(first, first + BLOCK)
      for (let query = 0; query < block.length; query++) {
        const row = queries.subarray((first + query) * dimensions, (first + query + 1) * dimensions)
        wide.set(row, query * width)
        querySquares[query] = squaredLength(row)
      }
      kernel.distances4(
        count,
        width,
        at.points,
        at.squares,
        at.queries,
        at.querySquares,
        at.keys,
        regions.range,
      )
      for (let query = 0; query < block.length; query++) credit(query, block[query] as number)
    }
  }
  return { add, values: new BigInt64Array(buffer, regions.values, count) }
}

function squaredLength(row: Int8Array): number {
  let sum = 0
  for (let i = 0; i < row.length; i++) sum += (row[i] as number) * (row[i] as number)
  return sum
}
