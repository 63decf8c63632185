import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { allocate, PARTS, type SponsorSplit, splitSponsors } from '../src/index.ts'

const pools = fc.bigInt({ min: 0n, max: 1n << 80n })
const weights = fc
  .uniqueArray(fc.tuple(fc.string({ minLength: 1, maxLength: 4 }), fc.bigInt({ min: 0n, max: 1n << 70n })), {
    selector: ([id]) => id,
    maxLength: 12,
  })
  .map((entries) => new Map(entries))
const total = (amounts: Iterable<bigint>): bigint => [...amounts].reduce((a, b) => a + b, 0n)

test('amounts sum to the pool whenever somebody has a weight', () => {
  fc.assert(
    fc.property(pools, weights, (pool, map) => {
      const amounts = allocate(pool, map)
      assert.equal(total(amounts.values()), total(map.values()) > 0n ? pool : 0n)
    }),
  )
})

test('everybody is within one unit of the exact share, and a zero weight earns nothing', () => {
  fc.assert(
    fc.property(pools, weights, (pool, map) => {
      const sum = total(map.values())
      for (const [id, amount] of allocate(pool, map)) {
        const weight = map.get(id)!
        const error = amount * sum - pool * weight
        assert.ok(error < sum && -error < sum)
        if (weight === 0n) assert.equal(amount, 0n)
      }
    }),
  )
})

test('the order of the weights decides nothing', () => {
  fc.assert(
    fc.property(pools, weights, (pool, map) => {
      const reversed = allocate(pool, new Map([...map].reverse()))
      for (const [id, amount] of allocate(pool, map)) assert.equal(reversed.get(id), amount)
    }),
  )
})

test('of equal remainders the smaller id gets the unit', () => {
  const split = allocate(
    5n,
    new Map([
      ['b', 1n],
      ['c', 1n],
      ['a', 1n],
    ]),
  )
  assert.deepEqual(
    [...split],
    [
      ['b', 2n],
      ['c', 1n],
      ['a', 2n],
    ],
  )
})

test('negative pools and weights are bugs', () => {
  assert.throws(() => allocate(-1n, new Map([['a', 1n]])), /negative/)
  assert.throws(() => allocate(1n, new Map([['a', -1n]])), /negative/)
})

test('sponsors pay 35, 35, 20 and 10 percent', () => {
  assert.deepEqual(splitSponsors(1000n), { base: 350n, value: 350n, reviews: 200n, improvers: 100n })
})

test('the parts of sponsors sum to the amount for every split', () => {
  const splits = fc
    .tuple(fc.nat(10_000), fc.nat(10_000), fc.nat(10_000))
    .map((cuts) => cuts.sort((a, b) => a - b))
    .map(
      ([a = 0, b = 0, c = 0]): SponsorSplit => ({
        base: a,
        value: b - a,
        reviews: c - b,
        improvers: 10_000 - c,
      }),
    )
  fc.assert(
    fc.property(pools, splits, (amount, split) => {
      const parts = splitSponsors(amount, split)
      assert.equal(total(PARTS.map((part) => parts[part])), amount)
    }),
  )
  assert.throws(() => splitSponsors(1n, { base: 1, value: 1, reviews: 1, improvers: 1 }), /basis points/)
})
