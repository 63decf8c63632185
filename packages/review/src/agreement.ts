/**
 * Correlated agreement (docs/spec/review.md, section 5): Shnayder, Agarwal, Frongillo, Parkes (2016), "Informed
 * Truthfulness in Multi-Task Peer Prediction", which extends Dasgupta and Ghosh (2013). A pair of answers scores 1 if
 * its labels are equal or correlated among peers, else 0. A reviewer's figure is the mean score with
 * peers on the same item (bonus) minus the mean score with peers on different items (penalty): a rule that does not
 * look at the item gains as much as it loses.
 *
 * Every item weighs the same, however many reviewers it has: waves add reviewers to contested items, where honest people
 * agree least, and counting all pairs alike would pay a ring for the disagreement it causes.
 */

import { floor, floorDivide, max } from '@commonhold/protocol'
import { PPM } from './informedness.ts'
import { type JudgementAt, judgementsByWorker, type LabelIndex } from './label-index.ts'

export type Agreement = {
  /** ppm, [-10^6, 10^6], rounded down; 0 where nobody else judged the member's items. */
  readonly agreement: number
  /** The member's answers that a peer can be compared with. */
  readonly compared: number
}

/** Weight of an item, spread over the ordered pairs of its n reviewers: n (n - 1), which divides it for n <= 10. */
const ITEM_WEIGHT = 2520
/** Twice a product of integers below this is exact. */
const EXACT = 67_000_000

/**
 * Weights of answers per label, and of pairs of answers by different reviewers about the same item per two labels
 * (row-major). An answer weighs as much as the n - 1 pairs that it begins.
 */
type Pairs = { readonly together: Float64Array; readonly answers: Float64Array }

/** A member's own part, and what of its answers x peers' answers falls on the same item: no pair for the penalty. */
type OwnPairs = Pairs & { readonly sameItem: Float64Array; readonly compared: number }

/** Per worker of `index`, which must hold reviews only: an author's label is no peer, because it can be seen. */
export function correlatedAgreement(index: LabelIndex): Agreement[] {
  const classes = index.classes.length
  const votes = votesByItem(index)
  const all = countAll(index, votes)
  return judgementsByWorker(index).map((answers) => {
    const own = countOwn(answers, votes, classes)
    return score(own, peersOf(own, all, classes), classes)
  })
}

type ItemVotes = {
  /** Reviewers per label. */
  readonly votes: ReadonlyMap<number, number>
  readonly reviewers: number
  readonly pairWeight: number
}
type Votes = readonly ItemVotes[]

function votesByItem({ items, itemStart, labelOf }: LabelIndex): Votes {
  return items.map((_, item) => {
    const reviewers = (itemStart[item + 1] as number) - (itemStart[item] as number)
    const votes = new Map<number, number>()
    for (let at = itemStart[item] as number; at < (itemStart[item + 1] as number); at++) {
      const label = labelOf[at] as number
      votes.set(label, (votes.get(label) ?? 0) + 1)
    }
    const pairs = reviewers * (reviewers - 1)
    return { votes, reviewers, pairWeight: pairs === 0 ? 0 : max(1, floor(ITEM_WEIGHT / pairs)) }
  })
}

const add = (counts: Float64Array, at: number, count: number): void => {
  counts[at] = (counts[at] as number) + count
}

function countAll({ classes }: LabelIndex, votes: Votes): Pairs {
  const width = classes.length
  const together = new Float64Array(width * width)
  const answers = new Float64Array(width)
  for (const { votes: given, reviewers, pairWeight } of votes) {
    for (const [a, countA] of given) {
      add(answers, a, countA * (reviewers - 1) * pairWeight)
      for (const [b, countB] of given) {
        add(together, a * width + b, countA * (a === b ? countB - 1 : countB) * pairWeight)
      }
    }
  }
  return { together, answers }
}

function countOwn(own: readonly JudgementAt[], votes: Votes, classes: number): OwnPairs {
  const sameItem = new Float64Array(classes * classes)
  let compared = 0
  const together = new Float64Array(classes * classes)
  const answers = new Float64Array(classes)
  for (const { item, label } of own) {
    const { votes: given, reviewers, pairWeight } = votes[item] as ItemVotes
    const weight = (reviewers - 1) * pairWeight
    if (weight > 0) compared++
    add(answers, label, weight)
    for (const [b, votesForB] of given) {
      const peers = b === label ? votesForB - 1 : votesForB
      add(together, label * classes + b, peers * pairWeight)
      add(sameItem, label * classes + b, peers * weight * weight)
    }
  }
  return { together, answers, sameItem, compared }
}

/** Everybody's counts without those that the member's own answers are part of. */
function peersOf(own: Pairs, all: Pairs, classes: number): Pairs {
  const together = new Float64Array(all.together)
  for (let a = 0; a < classes; a++) {
    for (let b = 0; b < classes; b++) {
      add(together, a * classes + b, -(own.together[a * classes + b] as number))
      add(together, a * classes + b, -(own.together[b * classes + a] as number))
    }
  }
  return { together, answers: all.answers.map((count, label) => count - (own.answers[label] as number)) }
}

/**
 * 1 for equal labels, and for different ones that peers give together at least twice as often as chance would.
 * The paper takes the bare sign of the correlation; among few reviewers of different habits (one truthful, one
 * constant) pooled counts show weak correlations of the wrong sign, also for equal labels.
 */
function scores({ together }: Pairs, classes: number): Uint8Array {
  const occurs = new Float64Array(classes)
  let total = 0
  for (let a = 0; a < classes; a++) {
    for (let b = 0; b < classes; b++) add(occurs, a, together[a * classes + b] as number)
    total += occurs[a] as number
  }
  return Uint8Array.from(together, (count, at) => {
    const b = at % classes
    const a = (at - b) / classes
    if (a === b) return 1
    return Number(count > 0 && twiceChance(count, total, occurs[a] as number, occurs[b] as number))
  })
}

/** Whether count / total >= 2 x (a / total) x (b / total), exactly. */
function twiceChance(count: number, total: number, a: number, b: number): boolean {
  if (total < EXACT) return count * total >= 2 * a * b
  return BigInt(count) * BigInt(total) >= 2n * BigInt(a) * BigInt(b)
}

function score(own: OwnPairs, peers: Pairs, classes: number): Agreement {
  const scored = scores(peers, classes)
  let pairs = 0
  let bonus = 0
  let onOther = 0n
  let penalty = 0n
  for (let a = 0; a < classes; a++) {
    if (own.answers[a] === 0) continue
    for (let b = 0; b < classes; b++) {
      const at = a * classes + b
      const together = own.together[at] as number
      const all = BigInt(own.answers[a] as number) * BigInt(peers.answers[b] as number)
      const apart = all - BigInt(own.sameItem[at] as number)
      pairs += together
      onOther += apart
      if (scored[at] !== 1) continue
      bonus += together
      penalty += apart
    }
  }
  const { compared } = own
  if (pairs === 0 || onOther === 0n) return { agreement: 0, compared }
  const onSame = BigInt(pairs)
  const difference = BigInt(bonus) * onOther - penalty * onSame
  return { agreement: Number(floorDivide(difference * PPM, onSame * onOther)), compared }
}
