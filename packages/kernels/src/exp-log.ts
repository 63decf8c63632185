/**
 * exp and log that every engine computes to the same bit: additions, multiplications, divisions and exponent bits only,
 * as in fdlibm (Sun Microsystems, 1993: e_exp.c, e_log.c). Math.exp and Math.log differ between engines. Error below one
 * unit in the last place.
 */
import { floor } from '@commonhold/protocol'

const LN2_HIGH = 0.6931471803691238
const LN2_LOW = 1.9082149292705877e-10
const PER_OCTAVE = 1 / (LN2_HIGH + LN2_LOW)
const OVERFLOW = 709.782712893384
const UNDERFLOW = -745.1332191019411

const bits = new DataView(new ArrayBuffer(8))

/** 2^n for n in [-1022, 1023]. */
function powerOfTwo(n: number): number {
  bits.setUint32(0, (n + 1023) << 20)
  bits.setUint32(4, 0)
  return bits.getFloat64(0)
}

/** e^x for any double; the subnormal results too. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x
  if (x > OVERFLOW) return Number.POSITIVE_INFINITY
  if (x < UNDERFLOW) return 0
  const n = floor(x * PER_OCTAVE + 0.5)
  const high = x - n * LN2_HIGH
  const low = n * LN2_LOW
  const r = high - low
  const t = r * r
  const c =
    r -
    t *
      (0.16666666666666602 +
        t *
          (-0.0027777777777015593 +
            t * (0.00006613756321437934 + t * (-0.0000016533902205465252 + t * 4.1381367970572385e-8))))
  const y = 1 - (low - (r * c) / (2 - c) - high)
  // 2^1024 is no double, and 2^-1023 is not normal: the power is applied in two steps there.
  if (n > 1023) return y * 2 * powerOfTwo(n - 1)
  if (n < -1022) return y * powerOfTwo(n + 1000) * powerOfTwo(-1000)
  return y * powerOfTwo(n)
}

/** Natural logarithm: NaN below 0, -Infinity at 0. */
export function log(x: number): number {
  if (Number.isNaN(x) || x < 0) return Number.NaN
  if (x === 0) return Number.NEGATIVE_INFINITY
  if (x === Number.POSITIVE_INFINITY) return x
  let exponent = 0
  let m = x
  if (m < 2.2250738585072014e-308) {
    m *= 18014398509481984
    exponent = -54
  }
  bits.setFloat64(0, m)
  exponent += (bits.getUint32(0) >>> 20) - 1023
  bits.setUint32(0, (bits.getUint32(0) & 0xfffff) | 0x3ff00000)
  m = bits.getFloat64(0)
  if (m > 1.41) {
    m /= 2
    exponent += 1
  }
  const f = m - 1
  const s = f / (2 + f)
  const z = s * s
  const w = z * z
  const even = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373))
  const odd =
    z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)))
  const half = 0.5 * f * f
  return exponent * LN2_HIGH - (half - (s * (half + even + odd) + exponent * LN2_LOW) - f)
}
