import { floor, ProtocolError } from '@commonhold/protocol'

/** Credits are integers in units of 1 / 2^40 of one hold-out item. */
const SCALE = 1_099_511_627_776
const EXACT = 9_007_199_254_740_992

/**
 * w_j = floor(2^40 / max(K, j)) for j in [0, points]: what the recurrence multiplies its steps by.
 *
 * @throws {ProtocolError} `data.too_large` when holdOut x floor(2^40 / K) reaches 2^53: a sum could then not be held as a
 * double by those who check with one.
 */
export function stepWeights(points: number, holdOut: number, k: number): BigInt64Array {
  if (!Number.isSafeInteger(k) || k < 1) throw new Error('k is a positive integer')
  if (holdOut * floor(SCALE / k) >= EXACT) {
    throw new ProtocolError('data.too_large', 'too many hold-out items for exact sums', { holdOut, k })
  }
  const weights = new BigInt64Array(points + 1)
  for (let j = 0; j <= points; j++) {
    const divisor = j < k ? k : j
    weights[j] = BigInt((SCALE - (SCALE % divisor)) / divisor)
  }
  return weights
}
