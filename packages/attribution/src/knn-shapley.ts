/**
 * KNN-Shapley (docs/spec/attribution.md): what each training item adds to a K-nearest-neighbour classifier's accuracy on
 * the hold-out, exactly. Jia et al., "Efficient task-specific data valuation for nearest neighbor algorithms", VLDB 2019,
 * theorem 1, in integers at scale 2^40.
 */
import { sparseNeighbours } from '@commonhold/kernels'
import type { Digest } from '@commonhold/protocol'
import { exclusions } from './exclusion.ts'
import { type Conflict, type HoldOutPoint, labelsOf, ownItems, type TrainPoint } from './points.ts'
import { stepWeights } from './scale.ts'
import { tieOrder } from './tie-order.ts'

export type KnnOptions = {
  /** Neighbours that vote: 10 by the default charter. */
  readonly k: number
  /** The round's seed for ties. */
  readonly seed: Digest
  /** Without it: nobody earns from their own hold-out items. */
  readonly conflict?: Conflict
}

export type KnnValues = {
  /** One for each train point, in the order given: scale 2^40, summed over the hold-out, conflicts left out. */
  readonly values: readonly bigint[]
}

/**
 * Everyone is present when a value is computed; what a conflict takes away is the credit, so nobody else's value changes.
 * Values of disjoint parts of a hold-out add up to the value on the whole (with the same train points and seed).
 *
 * @throws {ProtocolError} `data.too_large` beyond the bounds of stepWeights and sparseNeighbours.
 */
export function knnShapley(
  train: readonly TrainPoint[],
  holdOut: readonly HoldOutPoint[],
  options: KnnOptions,
): KnnValues {
  const run = startRun(train, holdOut, options)
  // Sums do not depend on the order; owner by owner is how exclusions are cheap.
  for (const point of holdOut.toSorted((a, b) => a.owner - b.owner)) run.add(point)
  const values = new Array<bigint>(train.length)
  run.order.forEach((index, position) => {
    values[index] = run.values[position] as bigint
  })
  return { values }
}

export type KnnRun = {
  /** Train index by position: the order that breaks ties. */
  readonly order: Uint32Array
  /** Sums so far, by position. */
  readonly values: BigInt64Array
  readonly add: (point: HoldOutPoint) => void
}

export function startRun(
  train: readonly TrainPoint[],
  holdOut: readonly HoldOutPoint[],
  { k, seed, conflict = ownItems }: KnnOptions,
): KnnRun {
  const weights = stepWeights(train.length, holdOut.length, k)
  labelsOf(holdOut)
  const order = tieOrder(
    train.map(({ id }) => id),
    seed,
  )
  const points = Array.from(order, (index) => train[index] as TrainPoint)
  const credits = sparseNeighbours({
    points: points.map(({ vector }) => vector),
    labels: labelsOf(points),
    weights,
    queries: holdOut.map(({ vector }) => vector),
  })
  const excluded = exclusions(
    points.map(({ owner }) => owner),
    conflict,
  )
  return {
    order,
    values: credits.values,
    add: ({ vector, label, owner }) => credits.add(vector, label, excluded(owner)),
  }
}
