import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exp, log } from '@commonhold/kernels'
import fc from 'fast-check'

const bits = new DataView(new ArrayBuffer(8))

/** A positive finite double as an exact fraction. */
function exact(x: number): { above: bigint; below: bigint } {
  bits.setFloat64(0, x)
  const word = bits.getBigUint64(0)
  const exponent = Number((word >> 52n) & 0x7ffn)
  const fraction = word & ((1n << 52n) - 1n)
  const mantissa = exponent === 0 ? fraction : fraction | (1n << 52n)
  const shift = (exponent === 0 ? 1 : exponent) - 1075
  return shift >= 0
    ? { above: mantissa << BigInt(shift), below: 1n }
    : { above: mantissa, below: 1n << BigInt(-shift) }
}

/** Spread evenly, unlike fc.double, whose values crowd around 0. */
const between = (low: number, high: number): fc.Arbitrary<number> =>
  fc.integer({ min: low * 1e6, max: high * 1e6 }).map((millionths) => millionths / 1e6)

const BITS = 200n
const ONE = 1n << BITS

/** e^x times 2^200 by Taylor's series on x / 2^k, squared k times: exact to far more than a double. */
function slowExp(x: number): bigint {
  const { above, below } = exact(x < 0 ? -x : x)
  const halvings = 16n
  const extra = 1200n
  const one = 1n << (BITS + extra)
  const small = (above * one) / (below << halvings)
  let term = one
  let sum = one
  for (let n = 1n; term > 0n; n++) {
    term = (term * small) / one / n
    sum += term
  }
  for (let i = 0n; i < halvings; i++) sum = (sum * sum) / one
  return x < 0 ? (one * one) / sum / (1n << extra) : sum >> extra
}

/** Distance in units of the last place of `value`, as a double. */
function unitsOff(value: number, times200: bigint): number {
  const { above, below } = exact(value)
  bits.setFloat64(0, value)
  const exponent = Number((bits.getBigUint64(0) >> 52n) & 0x7ffn)
  const unit = (exponent === 0 ? 1 : exponent) - 1075
  const difference = (above * ONE) / below - times200
  const scaled = unit >= 0 ? (difference << 20n) >> BigInt(unit) : (difference << 20n) << BigInt(-unit)
  return Number((scaled * 1000n) / ONE) / 1000 / 2 ** 20
}

test('exp is within one unit in the last place of e^x', () => {
  fc.assert(
    fc.property(between(-80, 600), (x) => {
      if (x === 0) return
      const off = unitsOff(exp(x), slowExp(x))
      assert.ok(off > -1 && off < 1, `exp(${x}) is ${off} units off`)
    }),
    { numRuns: 100 },
  )
})

test('exp of 0 is 1, and the ends of the range are those of a double', () => {
  assert.equal(exp(0), 1)
  assert.equal(exp(-0), 1)
  assert.equal(exp(710), Number.POSITIVE_INFINITY)
  assert.equal(exp(-746), 0)
  assert.equal(exp(Number.NEGATIVE_INFINITY), 0)
  assert.equal(exp(-745.1332191019411), 5e-324)
  assert.ok(exp(709.782712893384) > 1.797e308 && exp(709.782712893384) < Number.POSITIVE_INFINITY)
  assert.ok(Number.isNaN(exp(Number.NaN)))
})

test('log undoes exp, and agrees with the engine to within two units in the last place', () => {
  fc.assert(
    fc.property(fc.double({ min: 5e-324, max: 1.7e308, noNaN: true }), (x) => {
      const near = Math.log(x)
      assert.ok(Math.abs(log(x) - near) <= 2 ** -51 * Math.abs(near), `log(${x})`)
    }),
    { numRuns: 2000 },
  )
  fc.assert(
    fc.property(between(-700, 700), (x) => {
      assert.ok(Math.abs(log(exp(x)) - x) <= 2 ** -51 * Math.max(1, Math.abs(x)))
    }),
  )
})

test('log of what is no positive number is said so', () => {
  assert.equal(log(1), 0)
  assert.equal(log(0), Number.NEGATIVE_INFINITY)
  assert.equal(log(Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY)
  assert.ok(Number.isNaN(log(-1)))
  assert.ok(Number.isNaN(log(Number.NaN)))
})
