/** Exact binomial tails: a probability is a fraction of two bigints, compared by cross-multiplication, never a float. */

export type Fraction = { readonly above: bigint; readonly below: bigint }

export const HALF: Fraction = { above: 1n, below: 2n }
export const CERTAIN: Fraction = { above: 1n, below: 1n }

/** P(X >= successes) for X ~ Binomial(trials, share), 0 <= share <= 1. */
export function upperTail(trials: number, successes: number, share: Fraction): Fraction {
  if (successes <= 0) return CERTAIN
  const yes = share.above
  const no = share.below - yes
  let sum = 0n
  let choices = 1n
  let misses = 1n
  // Horner's rule in `yes`: after the step for j, sum = sum over i >= j of C(trials, i) yes^(i - j) no^(trials - i).
  for (let j = trials; j >= successes; j--) {
    sum = sum * yes + choices * misses
    choices = (choices * BigInt(j)) / BigInt(trials - j + 1)
    misses *= no
  }
  return { above: sum * power(yes, successes), below: power(share.below, trials) }
}

export const atMost = (p: Fraction, limit: Fraction): boolean =>
  p.above * limit.below <= limit.above * p.below

/** In millionths, rounded up: a reported p-value never looks smaller than it is. */
export const ceilPpm = ({ above, below }: Fraction): number =>
  Number((1_000_000n * above + below - 1n) / below)

function power(base: bigint, exponent: number): bigint {
  let result = 1n
  for (let square = base, left = exponent; left > 0; left = (left - (left % 2)) / 2) {
    if (left % 2 === 1) result *= square
    square *= square
  }
  return result
}
