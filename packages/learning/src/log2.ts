import { clz32, floor } from '@commonhold/protocol'

const MANTISSA = 33_554_432

/**
 * floor(log2(x) * 2^16) for an integer x in [1, 2^31), except that each of the 16 squarings cuts its mantissa to
 * 25 bits (then the result may be one less): integers below 2^53, so every engine gives the same.
 */
export function log2Q16(x: number): number {
  const exponent = 31 - clz32(x)
  let mantissa = floor((x * MANTISSA) / (1 << exponent))
  let fraction = 0
  for (let bit = 0; bit < 16; bit++) {
    mantissa = floor((mantissa * mantissa) / MANTISSA)
    fraction *= 2
    if (mantissa >= 2 * MANTISSA) {
      mantissa = floor(mantissa / 2)
      fraction += 1
    }
  }
  return exponent * 65_536 + fraction
}
