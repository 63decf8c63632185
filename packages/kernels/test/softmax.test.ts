import assert from 'node:assert/strict'
import { test } from 'node:test'
import { permutation, prng, softmaxExp, softmaxRegression } from '@commonhold/kernels'
import fc from 'fast-check'

test("the kernel's exp of f32 is within two units in the last place", () => {
  const four = fc.tuple(...[0, 1, 2, 3].map(() => fc.integer({ min: -87e6, max: 0 }).map((n) => n / 1e6)))
  fc.assert(
    fc.property(four, (xs) => {
      const given = Float32Array.from(xs)
      softmaxExp(given).forEach((value, lane) => {
        const exact = Math.exp(given[lane] as number)
        assert.ok(Math.abs(value - exact) <= 2 * 2 ** -23 * exact, `exp(${given[lane]}) = ${value}`)
      })
    }),
    { numRuns: 500 },
  )
  assert.deepEqual([...softmaxExp(Float32Array.of(0, -0, 0, 0))], [1, 1, 1, 1])
})

test('far below, exp is a tiny positive number and never zero, infinite or NaN', () => {
  for (const value of softmaxExp(Float32Array.of(-88, -1e3, -1e30, Number.NEGATIVE_INFINITY))) {
    assert.ok(value > 0 && value < 1e-37)
  }
})

const STEP = { rate: 0.5, fall: 0.01, biasRate: 0.25, decay: 0.01, margin: 0.5 }

/** The same step in doubles, as the formula stands. */
function slowSgd(
  rows: readonly (readonly (readonly [number, number])[])[],
  labels: readonly number[],
  order: readonly number[],
  rowCount: number,
  classes: number,
): { weights: number[]; bias: number[] } {
  const weights = new Array<number>(rowCount * classes).fill(0)
  const bias = new Array<number>(classes).fill(0)
  order.forEach((i, k) => {
    const rate = STEP.rate - STEP.fall * k
    const scores = bias.map((b, c) =>
      (rows[i] ?? []).reduce((sum, [row, value]) => sum + value * (weights[row * classes + c] as number), b),
    )
    const label = labels[i] as number
    scores[label] = (scores[label] as number) - STEP.margin
    const total = scores.reduce((sum, z) => sum + Math.exp(z), 0)
    const errors = scores.map((z, c) => Math.exp(z) / total - (c === label ? 1 : 0))
    weights.forEach((w, at) => {
      weights[at] = w * (1 - rate * STEP.decay)
    })
    for (const [row, value] of rows[i] ?? []) {
      errors.forEach((error, c) => {
        weights[row * classes + c] = (weights[row * classes + c] as number) - rate * value * error
      })
    }
    errors.forEach((error, c) => {
      bias[c] = (bias[c] as number) - rate * STEP.biasRate * error
    })
  })
  return { weights, bias }
}

for (const classes of [1, 2, 16, 17, 40]) {
  test(`an epoch over ${classes} classes is the textbook's, to the precision of f32`, () => {
    const lot = prng(classes.toString(16).padStart(2, '0').repeat(32))
    const rowCount = 12
    const rows = Array.from({ length: 30 }, () =>
      Array.from({ length: lot.below(6) }, (): [number, number] => [
        lot.below(rowCount),
        Math.fround(lot.below(100) / 100),
      ]),
    )
    const labels = rows.map(() => lot.below(classes))
    const offsets = new Uint32Array(rows.length + 1)
    rows.forEach((row, i) => {
      offsets[i + 1] = (offsets[i] as number) + row.length
    })
    const regression = softmaxRegression({
      offsets,
      rows: Uint32Array.from(rows.flat(), ([row]) => row),
      values: Float32Array.from(rows.flat(), ([, value]) => value),
      labels: Uint32Array.from(labels),
      rowCount,
      classes,
    })
    const order = permutation(rows.length, lot)
    regression.epoch(order, STEP)
    const slow = slowSgd(rows, labels, [...order], rowCount, classes)
    const near = (found: Float32Array, expected: readonly number[]): void => {
      assert.equal(found.length, expected.length)
      found.forEach((value, i) => {
        assert.ok(Math.abs(value - (expected[i] as number)) < 1e-5, `${i}: ${value} for ${expected[i]}`)
      })
    }
    near(regression.weights(), slow.weights)
    near(regression.bias(), slow.bias)
    const first = rows[0] ?? []
    near(
      regression.scores(Uint32Array.of(0)),
      slow.bias.map((b, c) =>
        first.reduce((sum, [row, value]) => sum + value * (slow.weights[row * classes + c] as number), b),
      ),
    )
    regression.reset()
    assert.ok(regression.weights().every((weight) => weight === 0))
  })
}

test('weights that would need more than 2 GB are refused', () => {
  const none = {
    offsets: Uint32Array.of(0),
    rows: new Uint32Array(),
    values: new Float32Array(),
    labels: new Uint32Array(),
  }
  assert.throws(() => softmaxRegression({ ...none, rowCount: 262_144, classes: 4096 }), {
    code: 'data.too_large',
  })
})
