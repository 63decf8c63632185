/** Exact tails of fair coins: a probability is a fraction of two bigints, compared by cross-multiplication, never a float. */

export type Fraction = { readonly above: bigint; readonly below: bigint }

export const CERTAIN: Fraction = { above: 1n, below: 1n }

/** P(X >= successes) for X ~ Binomial(trials, 1/2). */
export function upperTail(trials: number, successes: number): Fraction {
  let ways = 0n
  let choices = 1n
  for (let heads = trials; heads >= successes && heads >= 0; heads--) {
    ways += choices
    choices = (choices * BigInt(heads)) / BigInt(trials - heads + 1)
  }
  return { above: ways, below: 1n << BigInt(trials) }
}

export const atMost = (p: Fraction, limit: Fraction): boolean =>
  p.above * limit.below <= limit.above * p.below

/** In millionths, rounded up: a reported p-value never looks smaller than it is. */
export const ceilPpm = ({ above, below }: Fraction): number =>
  Number((1_000_000n * above + below - 1n) / below)
