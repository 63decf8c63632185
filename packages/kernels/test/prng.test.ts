import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { permutation, prng } from '@commonhold/kernels'
import fc from 'fast-check'

type Lots = {
  readonly seed: string
  readonly next: readonly number[]
  readonly below: readonly (readonly [number, number])[]
  readonly permutation: readonly number[]
}
const vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../vectors/learning/lots.json'), 'utf8'),
) as readonly Lots[]

for (const { seed, next, below, permutation: order } of vectors) {
  test(`the lots of seed ${seed.slice(0, 8)} are those of the reference`, () => {
    const numbers = prng(seed)
    assert.deepEqual(
      next.map(() => numbers.next()),
      next,
    )
    const bounded = prng(seed)
    for (const [bound, drawn] of below) assert.equal(bounded.below(bound), drawn)
    assert.deepEqual([...permutation(order.length, prng(seed))], order)
  })
}

test('a permutation has every number once', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 60 }), (size) => {
      assert.deepEqual(
        [...permutation(size, prng('5a'.repeat(32))).sort()],
        Array.from({ length: size }, (_, i) => i),
      )
    }),
  )
})

test('bounded lots are even: each of six values about a sixth of 60,000 times', () => {
  const lot = prng('c3'.repeat(32))
  const seen = new Array<number>(6).fill(0)
  for (let i = 0; i < 60_000; i++) {
    const value = lot.below(6)
    seen[value] = (seen[value] as number) + 1
  }
  for (const count of seen) assert.ok(Math.abs(count - 10_000) < 500, `${count}`)
})

test('a seed is 32 bytes of hex', () => {
  assert.throws(() => prng('ab'), /32 bytes/)
  assert.throws(() => prng('no hex'), { code: 'encoding.invalid' })
})
