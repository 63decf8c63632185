/**
 * exp and log that every engine computes to the same bit: additions, multiplications, divisions and exponent bits only,
 * as in fdlibm (Sun Microsystems, 1993: e_exp.c, e_log.c). Math.exp and Math.log differ between engines. Error below one
 * unit in the last place.
 */
import { floor } from '@commonhold/protocol'

const LN2_HIGH = 6.9314718036912381649e-1
const LN2_LOW = 1.90821492927058770002e-10
const LOG2E = 1.442695040888963387
const OVERFLOW = 709.782712893383973096
const UNDERFLOW = -745.13321910194110842

const bits = new DataView(new ArrayBuffer(8))

/** 2^n for n in [-1022, 1023]. */
function powerOfTwo(n: number): number {
  bits.setUint32(0, (n + 1023) << 20)
  bits.setUint32(4, 0)
  return bits.getFloat64(0)
}

/** e^x for any double; the subnormal results too. */
export function exp(x: number): number {
  if (x !== x) return x
  if (x > OVERFLOW) return Number.POSITIVE_INFINITY
  if (x < UNDERFLOW) return 0
  const n = floor(x * LOG2E + 0.5)
  const high = x - n * LN2_HIGH
  const low = n * LN2_LOW
  const r = high - low
  const t = r * r
  const c =
    r -
    t *
      (1.66666666666666019037e-1 +
        t *
          (-2.77777777770155933842e-3 +
            t * (6.61375632143793436117e-5 + t * (-1.6533902205465251539e-6 + t * 4.1381367970572384604e-8))))
  const y = 1 - (low - (r * c) / (2 - c) - high)
  // 2^1024 is no double, and 2^-1023 is not normal: the power is applied in two steps there.
  if (n > 1023) return y * 2 * powerOfTwo(n - 1)
  if (n < -1022) return y * powerOfTwo(n + 1000) * powerOfTwo(-1000)
  return y * powerOfTwo(n)
}

/** Natural logarithm: NaN below 0, -Infinity at 0. */
export function log(x: number): number {
  if (x !== x || x < 0) return Number.NaN
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
  if (m > 1.4142135623730951) {
    m /= 2
    exponent += 1
  }
  const f = m - 1
  const s = f / (2 + f)
  const z = s * s
  const w = z * z
  const even = w * (3.999999999940941908e-1 + w * (2.222219843214978396e-1 + w * 1.531383769920937332e-1))
  const odd =
    z *
    (6.66666666666673513e-1 +
      w * (2.857142874366239149e-1 + w * (1.818357216161805012e-1 + w * 1.479819860511658591e-1)))
  const half = 0.5 * f * f
  return exponent * LN2_HIGH - (half - (s * (half + even + odd) + exponent * LN2_LOW) - f)
}
