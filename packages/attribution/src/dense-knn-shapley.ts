import { denseNeighbours } from '@commonhold/kernels'
import { stepWeights } from './scale.ts'

export type DensePoints = {
  /** One row of `dimensions` bytes for each label. */
  readonly rows: Int8Array
  readonly labels: Int32Array
}

/**
 * The same recurrence over dense rows and squared distance: a kernel to compare with peers (pyDVL, numpy). Payouts use
 * sparse vectors. Ties go to the earlier train row.
 *
 * @returns one sum for each train row, scale 2^40.
 * @throws {ProtocolError} `data.too_large` beyond the bounds of stepWeights and denseNeighbours.
 */
export function denseKnnShapley(
  train: DensePoints,
  holdOut: DensePoints,
  { k, dimensions }: { readonly k: number; readonly dimensions: number },
): BigInt64Array {
  const weights = stepWeights(train.labels.length, holdOut.labels.length, k)
  const credits = denseNeighbours({ points: train.rows, dimensions, labels: train.labels, weights })
  credits.add(holdOut.rows, holdOut.labels)
  return credits.values.slice()
}
