/**
 * Correlated agreement (docs/spec/review.md, section 5): Shnayder, Agarwal, Frongillo, Parkes (2016), "Informed
 * Truthfulness in Multi-Task Peer Prediction", which extends Dasgupta and Ghosh (2013). A pair of answers scores 1 if
 * its labels occur together more often than chance would have it, else 0. A reviewer's figure is the mean score with
 * peers on the same item (bonus) minus the mean score with peers on different items (penalty): a rule that does not
 * look at the item gains as much as it loses.
 */

import { floorDivide, PPM } from './informedness.ts'
import type { LabelIndex } from './label-index.ts'

export type Agreement = {
  /** ppm, [-10^6, 10^6], rounded down; 0 where nobody else judged the member's items. */
  readonly agreement: number
  /** Pairs of the member's answer with a peer's about the same item. */
  readonly pairs: number
}

/** Row-major ordered pairs of labels by different reviewers about the same item. */
type Pairs = { readonly together: Float64Array; readonly answers: Float64Array }

/** Per worker of `index`, which must hold reviews only: an author's label is no peer, because it can be seen. */
export function correlatedAgreement(index: LabelIndex): Agreement[] {
  const classes = index.classes.length
  const votes = votesByItem(index)
  const all = countAll(index, votes)
  const judged = itemsByWorker(index)
  return judged.map((answers) => {
    const own = countOwn(answers, votes, classes)
    return score(own, peersOf(own, all, classes), classes)
  })
}

/** Per item, its labels and how many reviewers gave each. */
type Votes = readonly ReadonlyMap<number, number>[]

function votesByItem({ items, itemStart, labelOf }: LabelIndex): Votes {
  return items.map((_, item) => {
    const votes = new Map<number, number>()
    for (let at = itemStart[item] as number; at < (itemStart[item + 1] as number); at++) {
      const label = labelOf[at] as number
      votes.set(label, (votes.get(label) ?? 0) + 1)
    }
    return votes
  })
}

type Answer = { readonly item: number; readonly label: number }

function itemsByWorker({ items, workers, itemStart, workerOf, labelOf }: LabelIndex): Answer[][] {
  const lists = workers.map((): Answer[] => [])
  for (let item = 0; item < items.length; item++) {
    for (let at = itemStart[item] as number; at < (itemStart[item + 1] as number); at++) {
      lists[workerOf[at] as number]?.push({ item, label: labelOf[at] as number })
    }
  }
  return lists
}

const add = (counts: Float64Array, at: number, count: number): void => {
  counts[at] = (counts[at] as number) + count
}

function countAll({ classes }: LabelIndex, votes: Votes): Pairs {
  const width = classes.length
  const together = new Float64Array(width * width)
  const answers = new Float64Array(width)
  for (const item of votes) {
    for (const [a, countA] of item) {
      add(answers, a, countA)
      for (const [b, countB] of item) add(together, a * width + b, countA * (a === b ? countB - 1 : countB))
    }
  }
  return { together, answers }
}

function countOwn(own: readonly Answer[], votes: Votes, classes: number): Pairs {
  const together = new Float64Array(classes * classes)
  const answers = new Float64Array(classes)
  for (const { item, label } of own) {
    add(answers, label, 1)
    for (const [b, count] of votes[item] ?? []) {
      add(together, label * classes + b, b === label ? count - 1 : count)
    }
  }
  return { together, answers }
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

/** Scores of label pairs by the sign of their correlation among peers: identity where peers show nothing. */
function scores({ together }: Pairs, classes: number): Uint8Array {
  const occurs = new Float64Array(classes)
  let total = 0
  for (let a = 0; a < classes; a++) {
    for (let b = 0; b < classes; b++) add(occurs, a, together[a * classes + b] as number)
    total += occurs[a] as number
  }
  // Below this, total x together and occurs x occurs are exact.
  if (total > 94_000_000) throw new Error('more pairs of reviews than exact counts can hold')
  return Uint8Array.from(together, (count, at) => {
    const b = at % classes
    const a = (at - b) / classes
    const chance = (occurs[a] as number) * (occurs[b] as number)
    return Number(chance === 0 ? a === b : count * total > chance)
  })
}

function score(own: Pairs, peers: Pairs, classes: number): Agreement {
  const scored = scores(peers, classes)
  let pairs = 0
  let bonus = 0
  let cross = 0n
  let crossPairs = 0n
  for (let a = 0; a < classes; a++) {
    for (let b = 0; b < classes; b++) {
      const at = a * classes + b
      const count = own.together[at] as number
      const combinations = BigInt(own.answers[a] as number) * BigInt(peers.answers[b] as number)
      pairs += count
      crossPairs += combinations
      if (scored[at] !== 1) continue
      bonus += count
      cross += combinations
    }
  }
  if (pairs === 0 || crossPairs === BigInt(pairs)) return { agreement: 0, pairs }
  const onSame = BigInt(pairs)
  const onOther = crossPairs - onSame
  const difference = BigInt(bonus) * onOther - (cross - BigInt(bonus)) * onSame
  return { agreement: Number(floorDivide(difference * PPM, onSame * onOther)), pairs }
}
