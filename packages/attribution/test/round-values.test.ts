import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digest } from '@commonhold/protocol'
import fc from 'fast-check'
import { movingValues, roundValues, valueOfRound } from '../src/index.ts'

const id = (letter: string) => digest(letter.repeat(64))
const [a, b, c] = [id('a'), id('b'), id('c')]

test("a round's value is value x 2^20 / hold-out, rounded towards minus infinity", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(1n << 60n), max: 1n << 60n }),
      fc.integer({ min: 1, max: 1000 }),
      (v, t) => {
        const floor = valueOfRound(v, t)
        const left = v * 1_048_576n - floor * BigInt(t)
        assert.ok(left >= 0n && left < BigInt(t))
      },
    ),
  )
})

test('hold-out clusters earn the mean of the training clusters', () => {
  const values = roundValues({ train: [a, b], values: [9n, -2n], holdOut: [c] })
  assert.deepEqual(
    values,
    new Map([
      [a, 9n << 20n],
      [b, -2n << 20n],
      [c, 7n << 19n],
    ]),
  )
  const lossy = roundValues({ train: [a], values: [-1n], holdOut: [b, c, id('d')] })
  // -2^20 / 3 = -349525.33...
  assert.deepEqual(Array.from(lossy.values()), [-349_526n, -349_526n, -349_526n, -349_526n])
})

test('without a hold-out, or without training clusters, values are zero', () => {
  assert.deepEqual(roundValues({ train: [a], values: [5n], holdOut: [] }), new Map([[a, 0n]]))
  assert.deepEqual(roundValues({ train: [], values: [], holdOut: [a] }), new Map([[a, 0n]]))
})

test('a cluster on both sides, or without a value, is a bug', () => {
  assert.throws(() => roundValues({ train: [a], values: [1n], holdOut: [a] }), /in the training set or/)
  assert.throws(() => roundValues({ train: [a], values: [], holdOut: [b] }), /one value/)
})

test('the moving average is a sum over rounds, absence counting as zero', () => {
  const rounds = [
    new Map([[a, 1000n]]),
    new Map([[a, 1n]]),
    new Map([
      [a, -10n],
      [b, -3n],
    ]),
    new Map([[a, 100n]]),
    new Map([[b, 2n]]),
  ]
  assert.deepEqual(
    movingValues(rounds),
    new Map([
      [a, 1091n],
      [b, -1n],
    ]),
  )
  assert.deepEqual(movingValues(rounds.slice(0, 1)), rounds[0])
  assert.deepEqual(movingValues([]), new Map())
})
