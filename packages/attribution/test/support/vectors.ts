// The content of vectors/attribution, made by the slow references alone; tools/vectors.ts writes it, a test compares.
import { type Digest, digest } from '@commonhold/protocol'
import type { TrainPoint } from '../../src/index.ts'
import { sparse } from './random-points.ts'
import { type Fraction, slowOrder, slowTaggedHash, slowValues, subsetShapley } from './reference.ts'

type Terms = Readonly<Record<number, number>>
/** id digit, terms and weights, label, owner. */
type Row = readonly [string, Terms, number, number]

type Case = {
  readonly name: string
  readonly k: number
  readonly train: readonly Row[]
  readonly holdOut: readonly Row[]
  /** [train owner, hold-out owner] pairs that earn nothing. */
  readonly conflicts: readonly (readonly [number, number])[]
}

const seed = digest('5e'.repeat(32))
const idOf = (digit: string): Digest => digest(digit.repeat(64))

const CASES: readonly Case[] = [
  {
    name: 'three points at cosine 1, 1/sqrt(2) and 0; k = 1',
    k: 1,
    train: [
      ['a', { 1: 1, 2: 1 }, 1, 1],
      ['b', { 3: 5 }, 1, 2],
      ['c', { 1: 4 }, 0, 3],
    ],
    holdOut: [['d', { 1: 2 }, 1, 9]],
    conflicts: [],
  },
  {
    name: 'fewer points than k: every match is worth 1 / k',
    k: 10,
    train: [
      ['a', { 1: 1 }, 0, 1],
      ['b', { 1: 1, 2: 2 }, 1, 2],
    ],
    holdOut: [['c', { 1: 1 }, 0, 9]],
    conflicts: [],
  },
  {
    name: 'equal cosines of different lengths, and points without a shared term, go by seeded hash',
    k: 2,
    train: [
      ['1', { 7: 3 }, 1, 1],
      ['2', { 7: 100 }, 0, 2],
      ['3', { 7: 1 }, 1, 3],
      ['4', { 8: 1 }, 0, 4],
      ['5', {}, 1, 5],
      ['6', { 9: 127 }, 0, 6],
    ],
    holdOut: [
      ['7', { 7: 127 }, 1, 9],
      ['8', {}, 0, 9],
    ],
    conflicts: [],
  },
  {
    name: 'the dot product does not decide: 6 / sqrt(8) is nearer than 7 / sqrt(13)',
    k: 1,
    train: [
      ['a', { 1: 2, 2: 3 }, 1, 1],
      ['b', { 1: 2, 2: 2 }, 0, 2],
    ],
    holdOut: [['c', { 1: 2, 2: 1 }, 0, 9]],
    conflicts: [],
  },
  {
    name: 'own items and invited members earn nothing; the others earn what they would anyway',
    k: 2,
    train: [
      ['a', { 1: 1 }, 1, 1],
      ['b', { 1: 1, 2: 1 }, 1, 2],
      ['c', { 1: 1, 3: 2 }, 0, 3],
      ['d', { 4: 1 }, 1, 4],
    ],
    holdOut: [
      ['e', { 1: 3 }, 1, 1],
      ['f', { 3: 1, 4: 1 }, 0, 3],
    ],
    conflicts: [
      [1, 1],
      [2, 1],
      [3, 3],
    ],
  },
]

const pointOf = ([id, terms, label, owner]: Row): TrainPoint => ({
  id: idOf(id),
  vector: sparse(terms),
  label,
  owner,
})
const shown = ([id, terms, label, owner]: Row) => ({ id: idOf(id), terms, label, owner })

export function knnVectors(): unknown {
  return {
    about:
      'docs/spec/attribution.md 1-3. terms: {term: weight}. order: train indexes, nearest first, for each hold-out item. shapley: exact values over all subsets, summed over the hold-out after exclusions. values: the integers at scale 2^40.',
    seed,
    cases: CASES.map(({ name, k, train, holdOut, conflicts }) => {
      const conflict = (a: number, b: number): boolean => conflicts.some(([t, h]) => t === a && h === b)
      const points = train.map(pointOf)
      const queries = holdOut.map(pointOf)
      return {
        name,
        k,
        train: train.map(shown),
        holdOut: holdOut.map(shown),
        conflicts,
        order: queries.map(({ vector }) => slowOrder(points, vector, seed)),
        shapley: exactValues(points, queries, k, conflict).map(fractionText),
        values: slowValues(points, queries, k, seed, conflict).map(String),
      }
    }),
  }
}

function exactValues(
  train: readonly TrainPoint[],
  holdOut: readonly TrainPoint[],
  k: number,
  conflict: (a: number, b: number) => boolean,
): readonly Fraction[] {
  const values = train.map((): Fraction => ({ numerator: 0n, denominator: 1n }))
  for (const { vector, label, owner } of holdOut) {
    const order = slowOrder(train, vector, seed)
    const parts = subsetShapley(
      order.map((index) => Number(train[index]?.label === label)),
      k,
    )
    order.forEach((index, rank) => {
      const part = parts[rank]
      const sum = values[index]
      if (part === undefined || sum === undefined || conflict(train[index]?.owner ?? -1, owner)) return
      values[index] = {
        numerator: sum.numerator * part.denominator + part.numerator * sum.denominator,
        denominator: sum.denominator * part.denominator,
      }
    })
  }
  return values
}

function fractionText({ numerator, denominator }: Fraction): string {
  let [a, b] = [numerator < 0n ? -numerator : numerator, denominator]
  while (b !== 0n) [a, b] = [b, a % b]
  return `${numerator / a}/${denominator / a}`
}

/** Values at scale 2^40 of two training clusters and the hold-out clusters beside them, over five rounds. */
const ROUNDS = [
  { train: [['a', 5_497_558_138_880n]], holdOut: ['f'] },
  {
    train: [
      ['a', 3n],
      ['b', -1n],
    ],
    holdOut: ['c', 'd', 'e'],
  },
  {
    train: [
      ['a', -7n],
      ['b', 0n],
      ['c', 1_099_511_627_776n],
    ],
    holdOut: ['d', 'e'],
  },
  { train: [['a', 1n]], holdOut: [] },
  {
    train: [
      ['b', -2n],
      ['c', -3n],
    ],
    holdOut: ['a'],
  },
] as const

export function roundVectors(): unknown {
  const floor = (a: bigint, b: bigint): bigint => (a - (((a % b) + b) % b)) / b
  const results = ROUNDS.map(({ train, holdOut }) => {
    const size = BigInt(holdOut.length)
    const sum = train.reduce((total, [, value]) => total + value, 0n)
    const own = train.map(([id, value]) => [id, size === 0n ? 0n : floor(value << 20n, size)] as const)
    const mean = size === 0n ? 0n : floor(sum << 20n, size * BigInt(train.length))
    return [...own, ...holdOut.map((id) => [id, mean] as const)]
  })
  const moving = ['a', 'b', 'c', 'd', 'e'].map((id) => {
    const recent = results.slice(-4).flat()
    return [id, recent.reduce((sum, [other, value]) => (other === id ? sum + value : sum), 0n)] as const
  })
  const text = (rows: readonly (readonly [string, bigint])[]) =>
    rows.map(([id, value]) => [idOf(id), value.toString()] as const)
  const canonical = JSON.stringify(text(moving))
  return {
    about:
      'docs/spec/attribution.md 4-5. values: each hold-out-summed value at scale 2^40 by training cluster. roundValues: scale 2^60. moving: after the last round. canonical: what attributionRoot hashes.',
    rounds: ROUNDS.map(({ train, holdOut }, round) => ({
      values: text(train),
      holdOut: holdOut.map(idOf),
      roundValues: text(results[round] ?? []),
    })),
    moving: text(moving),
    canonical,
    attributionRoot: slowTaggedHash('attribution', canonical),
  }
}
