// Slow references, written from docs/spec/attribution.md and sharing nothing with src but the tagged hash.
import { createHash } from 'node:crypto'
import type { SparseVector } from '@commonhold/kernels'
import type { Conflict, HoldOutPoint, TrainPoint } from '../../src/index.ts'

export type Fraction = { readonly numerator: bigint; readonly denominator: bigint }

/** The tagged hash of docs/spec/encoding.md, by node:crypto. */
export function slowTaggedHash(purpose: string, ...parts: readonly string[]): string {
  const hash = createHash('sha256').update(`commonhold-${purpose}/v1\n`)
  for (const part of parts) {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(Buffer.byteLength(part))
    hash.update(length).update(part)
  }
  return hash.digest('hex')
}

function dot(a: SparseVector, b: SparseVector): bigint {
  const other = new Map(Array.from(b.ids, (id, i) => [id, b.weights[i] as number]))
  let sum = 0n
  a.ids.forEach((id, i) => {
    sum += BigInt((a.weights[i] as number) * (other.get(id) ?? 0))
  })
  return sum
}

/** Train indexes, nearest first: cosine descending by cross-multiplication, ties by seeded hash. */
export function slowOrder(
  train: readonly TrainPoint[],
  query: SparseVector,
  seed: string,
): readonly number[] {
  const points = train.map(({ id, vector }, index) => {
    const shared = dot(vector, query)
    // An empty vector has cosine 0 with everything.
    const norm = shared === 0n ? 1n : dot(vector, vector)
    return { index, square: shared * shared, norm, tie: slowTaggedHash('attribution-tie', seed, id) }
  })
  points.sort((a, b) => {
    const left = a.square * b.norm
    const right = b.square * a.norm
    if (left !== right) return left > right ? -1 : 1
    return a.tie < b.tie ? -1 : a.tie > b.tie ? 1 : a.index - b.index
  })
  return points.map(({ index }) => index)
}

/** The recurrence of the spec in bigint, sorting all points for every hold-out item. */
export function slowValues(
  train: readonly TrainPoint[],
  holdOut: readonly HoldOutPoint[],
  k: number,
  seed: string,
  conflict: Conflict,
): readonly bigint[] {
  const values = train.map(() => 0n)
  for (const { vector, label, owner } of holdOut) {
    const order = slowOrder(train, vector, seed)
    const matches = order.map((index) => (train[index]?.label === label ? 1n : 0n))
    const credits = slowCredits(matches, k)
    order.forEach((index, rank) => {
      if (!conflict((train[index] as TrainPoint).owner, owner)) {
        values[index] = (values[index] as bigint) + (credits[rank] as bigint)
      }
    })
  }
  return values
}

/** Credits by rank at scale 2^40, nearest first, each step rounded down as the spec says. */
export function slowCredits(matches: readonly bigint[], k: number): readonly bigint[] {
  const credits: bigint[] = []
  let credit = 0n
  for (let rank = matches.length; rank >= 1; rank--) {
    const step = (matches[rank - 1] as bigint) - (matches[rank] ?? 0n)
    credit += step * ((1n << 40n) / BigInt(rank > k ? rank : k))
    credits.unshift(credit)
  }
  return credits
}

/**
 * Shapley values by the definition, over all subsets, as exact fractions: players in the order of their rank, the worth of a
 * subset being matches among its min(k, size) nearest, divided by k.
 */
export function subsetShapley(matches: readonly number[], k: number): readonly Fraction[] {
  const n = matches.length
  const factorial = (x: number): bigint => (x <= 1 ? 1n : BigInt(x) * factorial(x - 1))
  const worth = (subset: number): number => {
    let votes = 0
    let matched = 0
    for (let player = 0; player < n && votes < k; player++) {
      if (((subset >> player) & 1) === 0) continue
      votes++
      matched += matches[player] as number
    }
    return matched
  }
  const denominator = factorial(n) * BigInt(k)
  return matches.map((_, player) => {
    let numerator = 0n
    for (let subset = 0; subset < 1 << n; subset++) {
      if (((subset >> player) & 1) === 1) continue
      const size = subset.toString(2).replaceAll('0', '').length
      const gain = BigInt(worth(subset | (1 << player)) - worth(subset))
      numerator += factorial(size) * factorial(n - size - 1) * gain
    }
    return { numerator, denominator }
  })
}
