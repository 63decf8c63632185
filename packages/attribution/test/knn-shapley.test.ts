import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SparseVector } from '@commonhold/kernels'
import { ProtocolError, taggedHash } from '@commonhold/protocol'
import fc from 'fast-check'
import { knnShapley, type TrainPoint } from '../src/index.ts'
import { inviteConflict } from './support/invite-conflict.ts'
import { anySeed, points, seeds, sparse } from './support/random-points.ts'
import { slowCredits, slowOrder, slowValues, subsetShapley } from './support/reference.ts'

const apart = (): boolean => false
const neighbours = fc.integer({ min: 1, max: 12 })

test('values equal a full sort in bigint for every hold-out item, whatever the ties', () => {
  const conflict = (a: number, b: number): boolean => a === b || (a === 1 && b === 2)
  fc.assert(
    fc.property(points(40), points(6), neighbours, seeds, (train, holdOut, k, seed) => {
      assert.deepEqual(
        knnShapley(train, holdOut, { k, seed, conflict }).values,
        slowValues(train, holdOut, k, seed, conflict),
      )
    }),
    { numRuns: 300 },
  )
})

/** Points on a line: point i shares the one query term and has i + 1 further terms, so it is the (i + 1)-th nearest. */
const line = (matches: readonly number[]): readonly TrainPoint[] =>
  matches.map((match, rank) => ({
    id: taggedHash('test-line', `${rank}`),
    vector: sparse({ 0: 1, ...Object.fromEntries(Array.from({ length: rank + 1 }, (_, i) => [i + 1, 1])) }),
    label: match,
    owner: rank,
  }))
const query: TrainPoint = { id: anySeed, vector: sparse({ 0: 1 }), label: 1, owner: -1 }
const matchLists = fc.array(fc.nat({ max: 1 }), { minLength: 1, maxLength: 8 })

test('values are the Shapley values of the neighbours vote, found over all subsets', () => {
  fc.assert(
    fc.property(matchLists, neighbours, (matches, k) => {
      const { values } = knnShapley(line(matches), [query], { k, seed: anySeed })
      subsetShapley(matches, k).forEach(({ numerator, denominator }, rank) => {
        const difference = (values[rank] as bigint) * denominator - (numerator << 40n)
        const size = difference < 0n ? -difference : difference
        // Each step of the recurrence is rounded down once.
        assert.ok(size < BigInt(matches.length) * denominator, `rank ${rank}: off by ${difference}`)
      })
    }),
    { numRuns: 60 },
  )
})

test('values are exactly the Shapley values where 2^40 is divisible by the steps', () => {
  fc.assert(
    fc.property(matchLists, (matches) => {
      const { values } = knnShapley(line(matches), [query], { k: 8, seed: anySeed })
      subsetShapley(matches, 8).forEach(({ numerator, denominator }, rank) => {
        assert.equal((values[rank] as bigint) * denominator, numerator << 40n)
      })
    }),
    { numRuns: 60 },
  )
})

test('all values together are the worth of the whole set, within the stated rounding', () => {
  fc.assert(
    fc.property(points(40), points(6), neighbours, (train, holdOut, k) => {
      const { values } = knnShapley(train, holdOut, { k, seed: anySeed, conflict: apart })
      const total = values.reduce((sum, value) => sum + value, 0n)
      let votes = 0n
      for (const { vector, label } of holdOut) {
        const nearest = slowOrder(train, vector, anySeed).slice(0, k)
        votes += BigInt(nearest.filter((index) => train[index]?.label === label).length)
      }
      const off = total - (votes << 40n) / BigInt(k)
      const bound = BigInt(holdOut.length * (train.length * (train.length + 1) + 2)) / 2n
      assert.ok(off <= bound && -off <= bound, `off by ${off}, bound ${bound}`)
    }),
    { numRuns: 100 },
  )
})

test('values of the parts of a hold-out add up to the value on the whole', () => {
  fc.assert(
    fc.property(points(30), points(8), seeds, fc.nat({ max: 8 }), (train, holdOut, seed, cut) => {
      const whole = knnShapley(train, holdOut, { k: 10, seed }).values
      const first = knnShapley(train, holdOut.slice(0, cut), { k: 10, seed }).values
      const second = knnShapley(train, holdOut.slice(cut), { k: 10, seed }).values
      assert.deepEqual(
        first.map((value, index) => value + (second[index] as bigint)),
        whole,
      )
    }),
    { numRuns: 60 },
  )
})

test('the order in which points are listed does not matter', () => {
  fc.assert(
    fc.property(points(30), points(6), seeds, (train, holdOut, seed) => {
      const forward = knnShapley(train, holdOut, { k: 3, seed }).values
      const backward = knnShapley(train.toReversed(), holdOut.toReversed(), { k: 3, seed }).values
      assert.deepEqual(backward.toReversed(), forward)
    }),
    { numRuns: 60 },
  )
})

test('moving work to people one has invited changes no value', () => {
  fc.assert(
    fc.property(points(30), points(6), fc.array(fc.boolean(), { minLength: 60 }), (train, holdOut, moved) => {
      const everyone = inviteConflict([-1, -1, -1, -1, -1, -1, 0])
      const split = (of: readonly TrainPoint[], offset: number): readonly TrainPoint[] =>
        of.map((point, i) => (point.owner === 0 && moved[offset + i] ? { ...point, owner: 6 } : point))
      const options = { k: 10, seed: anySeed, conflict: everyone }
      assert.deepEqual(
        knnShapley(split(train, 0), split(holdOut, 30), options).values,
        knnShapley(train, holdOut, options).values,
      )
    }),
    { numRuns: 60 },
  )
})

test("an item earns nothing from its own author's hold-out items, and nobody else's value changes by that", () => {
  const train = line([1, 1, 0])
  const own = { ...query, owner: 0 }
  const credits = slowCredits([1n, 1n, 0n], 2)
  assert.deepEqual(knnShapley(train, [own], { k: 2, seed: anySeed }).values, [0n, credits[1], credits[2]])
  assert.deepEqual(knnShapley(train, [query], { k: 2, seed: anySeed }).values, credits)
})

/** `overlap` units of inner product with the query of terms 0..63, and squared length `norm`. */
function shaped(overlap: number, norm: number): SparseVector {
  const weights: Record<number, number> = {}
  let left = norm
  const put = (id: number, weight: number): void => {
    weights[id] = weight
    left -= weight * weight
  }
  let missing = overlap
  for (let id = 0; missing > 0; id++) {
    const weight = Math.min(127, Math.floor(missing / 127) || missing)
    put(missing >= 127 ? id : 64, weight)
    missing -= weight * (missing >= 127 ? 127 : 1)
  }
  for (let id = 1000; left > 0; id++) put(id, Math.min(127, Math.floor(Math.sqrt(left))))
  assert.equal(left, 0)
  return sparse(weights)
}
const broad = sparse({ ...Object.fromEntries(Array.from({ length: 64 }, (_, id) => [id, 127])), 64: 1 })

test('cosines that doubles cannot tell apart are told apart', () => {
  // Cross products near 2^56 that differ by one.
  const [near, far] = consecutive(16_001, 16_000)
  assert.equal(16_001 ** 2 / near, 16_000 ** 2 / far)
  for (let salt = 0; salt < 8; salt++) {
    const train = [shaped(16_000, far), shaped(16_001, near)].map((vector, index) => ({
      id: taggedHash('test-near', `${salt}`, `${index}`),
      vector,
      label: index,
      owner: index,
    }))
    const holdOut = [{ ...query, vector: broad }]
    const { values } = knnShapley(train, holdOut, { k: 1, seed: anySeed })
    assert.deepEqual(values, slowCredits([1n, 0n], 1).toReversed())
  }
})

/** Norms n, m with a^2 m - b^2 n = 1: the ratio a^2 / n is the greater, by one part in a^2 m. */
function consecutive(a: number, b: number): readonly [number, number] {
  let [r0, r1, s0, s1] = [BigInt(a * a), BigInt(b * b), 1n, 0n]
  while (r1 !== 0n) {
    const quotient = r0 / r1
    ;[r0, r1, s0, s1] = [r1, r0 - quotient * r1, s1, s0 - quotient * s1]
  }
  const modulus = BigInt(b * b)
  const m = ((s0 % modulus) + modulus) % modulus
  return [Number((BigInt(a * a) * m - 1n) / modulus), Number(m)]
}

test('hundreds of cosines within one part in a million come out in order', () => {
  const train = Array.from({ length: 400 }, (_, index) => ({
    id: taggedHash('test-crowd', `${index}`),
    vector: shaped(5000, 2_000_000 + ((index * 7) % 390)),
    label: index % 2,
    owner: index,
  }))
  const farAway = { id: anySeed, vector: sparse({ 64: 1, 5000: 127, 5001: 127 }), label: 1, owner: -2 }
  const everything = [...train, farAway]
  const holdOut = [{ ...query, vector: broad }]
  assert.deepEqual(
    knnShapley(everything, holdOut, { k: 10, seed: anySeed }).values,
    slowValues(everything, holdOut, 10, anySeed, apart),
  )
})

test('an empty side gives zeros or nothing', () => {
  assert.deepEqual(knnShapley([], [query], { k: 10, seed: anySeed }).values, [])
  assert.deepEqual(knnShapley(line([1, 0]), [], { k: 10, seed: anySeed }).values, [0n, 0n])
  const silent = [{ ...query, vector: sparse({}) }]
  assert.deepEqual(knnShapley(silent, silent, { k: 1, seed: anySeed, conflict: apart }).values, [1n << 40n])
})

test('a hold-out too large for exact sums is refused', () => {
  const holdOut = new Array<TrainPoint>(8192).fill(query)
  assert.throws(
    () => knnShapley([], holdOut, { k: 1, seed: anySeed }),
    (error: unknown) => error instanceof ProtocolError && error.code === 'data.too_large',
  )
})

test('a vector too long for exact comparison is refused', () => {
  const ids = Uint32Array.from({ length: 140_000 }, (_, id) => id)
  const endless = { ids, weights: new Int8Array(ids.length).fill(127) }
  assert.throws(
    () => knnShapley([{ ...query, vector: endless }], [query], { k: 1, seed: anySeed }),
    (error: unknown) => error instanceof ProtocolError && error.code === 'data.too_large',
  )
})
