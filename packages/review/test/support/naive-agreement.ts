// Correlated agreement pair by pair, from docs/spec/review.md, section 5: quadratic in the judgements.
import type { Judgement } from '../../src/index.ts'

type Weighted = Judgement & { readonly reviewers: number }

/** Exact for at most ten reviewers an item: 2520 is a multiple of n (n - 1) for all of them. */
export function naiveAgreement(reviews: readonly Judgement[], worker: string): number {
  const all: Weighted[] = reviews.map((review) => ({
    ...review,
    reviewers: reviews.filter(({ item }) => item === review.item).length,
  }))
  const compared = all.filter(({ reviewers }) => reviewers > 1)
  const own = compared.filter((review) => review.worker === worker)
  const peers = compared.filter((review) => review.worker !== worker)
  const scored = scoreTable(peers)
  let [bonus, onSame, penalty, onOther] = [0n, 0n, 0n, 0n]
  for (const mine of own) {
    for (const theirs of peers) {
      const score = scored(mine.label, theirs.label)
      if (mine.item === theirs.item) {
        const weight = pairWeight(mine)
        onSame += weight
        bonus += score * weight
      } else {
        const weight = answerWeight(mine) * answerWeight(theirs)
        onOther += weight
        penalty += score * weight
      }
    }
  }
  if (onSame === 0n || onOther === 0n) return 0
  const numerator = 1_000_000n * (bonus * onOther - penalty * onSame)
  const denominator = onSame * onOther
  const quotient = numerator / denominator
  return Number(quotient * denominator > numerator ? quotient - 1n : quotient)
}

const pairWeight = ({ reviewers }: Weighted): bigint => BigInt(2520 / (reviewers * (reviewers - 1)))
const answerWeight = (review: Weighted): bigint => pairWeight(review) * BigInt(review.reviewers - 1)

function scoreTable(peers: readonly Weighted[]): (a: string, b: string) => bigint {
  let total = 0n
  const occurs = new Map<string, bigint>()
  const together = new Map<string, bigint>()
  for (const one of peers) {
    for (const other of peers) {
      if (one.item !== other.item || one.worker === other.worker) continue
      const weight = pairWeight(one)
      const pair = `${one.label} ${other.label}`
      total += weight
      occurs.set(one.label, (occurs.get(one.label) ?? 0n) + weight)
      together.set(pair, (together.get(pair) ?? 0n) + weight)
    }
  }
  return (a, b) => {
    if (a === b) return 1n
    const count = together.get(`${a} ${b}`) ?? 0n
    return count > 0n && count * total >= 2n * (occurs.get(a) ?? 0n) * (occurs.get(b) ?? 0n) ? 1n : 0n
  }
}
