import { ProtocolError } from '@commonhold/protocol'

export type Interval = { readonly lowPpm: number; readonly highPpm: number }

/** z = 1.959964 in millionths: two-sided 95 %. */
const Z = 1_959_964n
const ONE = 1_000_000n

/**
 * Wilson's 95 % interval of a share (Wilson, 1927), in exact integers: the low end is rounded down to a millionth, the
 * high end up.
 *
 * @throws {ProtocolError} `data.malformed` unless 0 <= correct <= total.
 */
export function wilson(correct: number, total: number): Interval {
  if (!Number.isSafeInteger(correct) || !Number.isSafeInteger(total) || correct < 0 || correct > total) {
    throw new ProtocolError('data.malformed', `${correct} of ${total} is no share`)
  }
  if (total === 0) return { lowPpm: 0, highPpm: 1_000_000 }
  const n = BigInt(total)
  const k = BigInt(correct)
  // With z = Z / ONE: (2 k + z^2 -+ z sqrt(z^2 + 4 k (n - k) / n)) / (2 (n + z^2)), times ONE^2 above and below.
  // The root times ONE is sqrt(n^2 Z^2 + 4 ONE^2 k (n - k) n) / n.
  const middle = 2n * k * ONE * ONE + Z * Z
  const square = n * n * Z * Z + 4n * ONE * ONE * k * (n - k) * n
  const whole = 2n * (n * ONE * ONE + Z * Z)
  const root = squareRoot(square)
  const above = root * root === square ? root : root + 1n
  const low = (ONE * (middle * n - Z * above)) / (whole * n)
  const top = ONE * (middle * n + Z * above)
  const high = (top + whole * n - 1n) / (whole * n)
  return { lowPpm: low < 0n ? 0 : Number(low), highPpm: high > ONE ? 1_000_000 : Number(high) }
}

/** floor(sqrt(x)) by Newton's method from above. */
function squareRoot(x: bigint): bigint {
  if (x < 2n) return x
  let guess = 1n << BigInt((x.toString(16).length * 4 + 2) >> 1)
  for (;;) {
    const next = (guess + x / guess) >> 1n
    if (next >= guess) return guess
    guess = next
  }
}
