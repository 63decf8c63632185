/**
 * Logarithm and power of two in integers, from committed tables with linear interpolation (docs/spec/review.md,
 * section 2): the same result on every engine, and within 2 units in the last place of the true value.
 */
import { clz32, floor } from '@commonhold/protocol'
import { EXP2_Q30, LOG2_Q20 } from './log-tables.gen.ts'

/** 2^0 .. 2^53, each exact. */
const POWERS: Float64Array = Float64Array.from({ length: 54 }, powerOfTwo)
const TWO_32 = 4_294_967_296
const VANISHED = 31 * 1_048_576

function powerOfTwo(_: unknown, exponent: number): number {
  let power = 1
  for (let i = 0; i < exponent; i++) power *= 2
  return power
}

/** log2(x) in units of 2^-20, rounded down between table entries, for an integer 1 <= x < 2^53. */
export function log2Q20(x: number): number {
  const high = floor(x / TWO_32)
  const exponent = high > 0 ? 63 - clz32(high) : 31 - clz32(x)
  // 31 significant bits: the leading one, ten that choose the entry, twenty that interpolate.
  const mantissa =
    exponent > 30 ? floor(x / (POWERS[exponent - 30] as number)) : x * (POWERS[30 - exponent] as number)
  const entry = (mantissa >>> 20) & 1023
  const low = LOG2_Q20[entry] as number
  const step = (LOG2_Q20[entry + 1] as number) - low
  return exponent * 1_048_576 + low + ((step * (mantissa & 0xfffff)) >> 20)
}

/** 2^-(d / 2^20) in units of 2^-30, for an integer d >= 0; 0 from d = 31 x 2^20 on. */
export function exp2Q30(d: number): number {
  if (d >= VANISHED) return 0
  const fraction = d & 0xfffff
  const entry = fraction >>> 10
  const high = EXP2_Q30[entry] as number
  const step = high - (EXP2_Q30[entry + 1] as number)
  return (high - ((step * (fraction & 1023)) >> 10)) >>> (d >>> 20)
}
