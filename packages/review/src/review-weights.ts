import { type Aggregation, confusionWithoutOwn } from './aggregate.ts'
import { correlatedAgreement } from './agreement.ts'
import { addAnswer, emptyConfusion, informedness } from './informedness.ts'
import {
  indexLabels,
  type Judgement,
  type JudgementAt,
  judgementsByWorker,
  positions,
} from './label-index.ts'

/** Gold informedness that a reviewer must exceed to be paid, ppm. */
const GOLD_THRESHOLD_PPM = 250_000

export type ReviewPay = {
  /** Valid answers x gold factor x max(0, agreement) x max(0, dsInformedness): units of 10^-12 answers. */
  readonly weight: bigint
  /** Items that the member reviewed, each counted once. */
  readonly valid: number
  /** Answers about items whose label the organiser had committed. */
  readonly goldAnswered: number
  /** ppm; undefined where too little gold was answered to tell anything from chance: the factor is 1 then. */
  readonly goldInformedness: number | undefined
  /** Correlated agreement with peers, ppm. */
  readonly agreement: number
  /** Answers that a peer could be compared with; with none, agreement is 0 and nothing is earned. */
  readonly compared: number
  /** Informedness against the consensus without the member's own answers, ppm. */
  readonly dsInformedness: number
  /** The three factors as they are multiplied: 0 or 1, then two of [0, 10^6]. */
  readonly factors: { readonly gold: 0 | 1; readonly agreement: number; readonly dsInformedness: number }
}

/**
 * What each reviewer's work weighs (docs/spec/review.md, section 5), by worker in byte order.
 *
 * @param judgements Reviews only, without the authors' own labels; all of them also in `aggregation`.
 * @param gold The organiser's committed labels, by item.
 * @throws {Error} if a review is missing in `aggregation`.
 */
export function reviewWeights(input: {
  readonly judgements: readonly Judgement[]
  readonly gold: ReadonlyMap<string, string>
  readonly aggregation: Aggregation
}): Map<string, ReviewPay> {
  const { judgements, gold, aggregation } = input
  const reviews = indexLabels(judgements, aggregation.classes)
  const agreements = correlatedAgreement(reviews)
  const answers = judgementsByWorker(reviews)
  const lookUp = judgementLookUp(aggregation)
  const pays = new Map<string, ReviewPay>()
  for (const [w, worker] of reviews.workers.entries()) {
    const own = (answers[w] ?? []).map(({ item, label }) => ({ item: reviews.items[item] as string, label }))
    const { index, fit } = aggregation.model
    const judged = own.map(({ item }) => lookUp(item, worker))
    const onGold = goldInformedness(own, gold, aggregation.classes)
    const agreement = agreements[w] ?? { agreement: 0, compared: 0 }
    pays.set(
      worker,
      pay({
        valid: own.length,
        ...onGold,
        ...agreement,
        dsInformedness: informedness(confusionWithoutOwn(index, fit, judged)) ?? 0,
      }),
    )
  }
  return pays
}

function pay(figures: Omit<ReviewPay, 'weight' | 'factors'>): ReviewPay {
  const { valid, goldInformedness: onGold, agreement, dsInformedness } = figures
  const factors = {
    gold: onGold === undefined || onGold > GOLD_THRESHOLD_PPM ? 1 : 0,
    agreement: agreement > 0 ? agreement : 0,
    dsInformedness: dsInformedness > 0 ? dsInformedness : 0,
  } as const
  const weight =
    BigInt(valid) * BigInt(factors.gold) * BigInt(factors.agreement) * BigInt(factors.dsInformedness)
  return { weight, ...figures, factors }
}

type Answer = { readonly item: string; readonly label: number }

function goldInformedness(
  own: readonly Answer[],
  gold: ReadonlyMap<string, string>,
  classes: readonly string[],
): Pick<ReviewPay, 'goldAnswered' | 'goldInformedness'> {
  const confusion = emptyConfusion(classes.length)
  const classIndex = positions(classes)
  let goldAnswered = 0
  for (const { item, label } of own) {
    const truth = gold.get(item)
    if (truth === undefined) continue
    goldAnswered++
    const known = classIndex.get(truth)
    // A gold label that the charter does not know is the organiser's mistake, not the reviewer's.
    if (known !== undefined) addAnswer(confusion, known, label, 1)
  }
  return { goldAnswered, goldInformedness: informedness(confusion) }
}

function judgementLookUp({ model }: Aggregation): (item: string, worker: string) => JudgementAt {
  const itemIndex = positions(model.index.items)
  const workerIndex = positions(model.index.workers)
  return (id, worker) => {
    const item = itemIndex.get(id)
    const by = workerIndex.get(worker)
    if (item !== undefined && by !== undefined) {
      const end = model.index.itemStart[item + 1] as number
      for (let at = model.index.itemStart[item] as number; at < end; at++) {
        if (model.index.workerOf[at] === by) return { item, at, label: model.index.labelOf[at] as number }
      }
    }
    throw new Error(`the aggregation lacks the review of ${id} by ${worker}`)
  }
}
