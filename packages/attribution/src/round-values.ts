import { type Digest, floorDivide } from '@commonhold/protocol'

const SHIFT = 20n

/** Values by cluster, in units of 1 / 2^60 of the hold-out's accuracy. May be negative: pay takes max(0, average). */
export type RoundValues = ReadonlyMap<Digest, bigint>

export type RoundInput = {
  /** Clusters in the training set, and their knnShapley values in the same order. */
  readonly train: readonly Digest[]
  readonly values: readonly bigint[]
  /** The round's hold-out clusters: none of them is in `train`. */
  readonly holdOut: readonly Digest[]
}

/** floor(value x 2^20 / T), T the size of that round's hold-out; rounds towards minus infinity. */
export const valueOfRound = (value: bigint, holdOutSize: number): bigint =>
  floorDivide(value << SHIFT, BigInt(holdOutSize))

/**
 * One round's values. A hold-out cluster gets the mean over the training clusters, floor(sum x 2^20 / (T x clusters)): it
 * gave the round its measure instead of training data, and must not lose by the draw. Without a hold-out all are 0.
 */
export function roundValues({ train, values, holdOut }: RoundInput): RoundValues {
  if (train.length !== values.length) throw new Error('one value for each training cluster')
  const result = new Map<Digest, bigint>()
  let sum = 0n
  train.forEach((cluster, index) => {
    const value = values[index] as bigint
    sum += value
    result.set(cluster, holdOut.length === 0 ? 0n : valueOfRound(value, holdOut.length))
  })
  const shares = BigInt(holdOut.length) * BigInt(train.length)
  const mean = shares === 0n ? 0n : floorDivide(sum << SHIFT, shares)
  for (const cluster of holdOut) {
    if (result.has(cluster)) throw new Error('a cluster is in the training set or in the hold-out')
    result.set(cluster, mean)
  }
  return result
}

/**
 * The moving average, times the number of rounds: the sum of their values, a cluster's absence counting as 0.
 *
 * @param rounds - the charter's number of rounds at most, the current one among them.
 */
export function movingValues(rounds: readonly RoundValues[]): RoundValues {
  const sums = new Map<Digest, bigint>()
  for (const round of rounds) {
    for (const [cluster, value] of round) sums.set(cluster, (sums.get(cluster) ?? 0n) + value)
  }
  return sums
}
