/** The part of `Math` that every engine computes to the same bit. The pure packages use nothing else of it. */
export const { abs, ceil, clz32, floor, fround, imul, max, min, round, sign, sqrt } = Math

/** Quotient of big integers rounded towards minus infinity (`/` rounds towards zero); the divisor is positive. */
export function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor
  return dividend < 0n && quotient * divisor !== dividend ? quotient - 1n : quotient
}
