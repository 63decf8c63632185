import { floor } from '@commonhold/protocol'
import { type Fit, fitDawidSkene, POSTERIOR_ONE, posteriorWithout } from './dawid-skene.ts'
import { addAnswer, type Confusion, emptyConfusion, informedness } from './informedness.ts'
import {
  indexLabels,
  type Judgement,
  type JudgementAt,
  judgementsByWorker,
  type LabelIndex,
} from './label-index.ts'

export type ItemEstimate = {
  readonly item: string
  /** The most probable class; of equals, the first in byte order. */
  readonly label: string
  readonly confidencePpm: number
  /** Per class, units of 2^-16, summing to 2^16. */
  readonly posterior: readonly number[]
}

export type WorkerEstimate = {
  readonly worker: string
  /** Items that the worker judged. */
  readonly labelled: number
  /** Against the consensus of the others, ppm; 0 where there is nothing to compare with. See `informedness`. */
  readonly informedness: number
  /** For each label that the worker gives: the expected count per true class, units of 2^-16. */
  readonly confusion: readonly { readonly label: string; readonly given: readonly number[] }[]
}

export type Aggregation = {
  /** In order of first appearance. */
  readonly items: readonly ItemEstimate[]
  /** In byte order. */
  readonly workers: readonly WorkerEstimate[]
  /** In byte order: the order of every posterior. */
  readonly classes: readonly string[]
  /** Judgements replaced by a later one of the same worker about the same item. */
  readonly repeats: number
  /** What review pay needs to leave a member's own answers out. */
  readonly model: { readonly index: LabelIndex; readonly fit: Fit }
}

/**
 * Combines the judgements of several workers into one label and posterior per item (docs/spec/review.md, section 2):
 * Dawid-Skene MAP in integers. The last of a repeated (item, worker) pair counts; `repeats` says how many did not.
 * The order of judgements decides nothing else but the order of `items`.
 *
 * @throws {ProtocolError} `contribution.label_unknown` for a label outside `options.classes`.
 */
export function aggregate(
  judgements: readonly Judgement[],
  options: { readonly classes?: readonly string[] } = {},
): Aggregation {
  const index = indexLabels(judgements, options.classes)
  const fit = fitDawidSkene(index)
  return {
    items: index.items.map((_, item) => estimateItem(index, fit, item)),
    workers: estimateWorkers(index, fit),
    classes: index.classes,
    repeats: index.repeats,
    model: { index, fit },
  }
}

function estimateItem({ items, classes }: LabelIndex, { posterior }: Fit, item: number): ItemEstimate {
  const own = Array.from(posterior.subarray(item * classes.length, (item + 1) * classes.length))
  let best = 0
  for (let t = 1; t < own.length; t++) if ((own[t] as number) > (own[best] as number)) best = t
  return {
    item: items[item] as string,
    label: classes[best] as string,
    confidencePpm: floor(((own[best] as number) * 1_000_000) / POSTERIOR_ONE),
    posterior: own,
  }
}

function estimateWorkers(index: LabelIndex, fit: Fit): WorkerEstimate[] {
  const classes = index.classes.length
  const judged = judgementsByWorker(index)
  return index.workers.map((worker, w) => {
    const confusion = index.columnLabel.subarray(
      index.columnStart[w] as number,
      index.columnStart[w + 1] as number,
    )
    return {
      worker,
      labelled: index.labelled[w] as number,
      informedness: informedness(confusionWithoutOwn(index, fit, judged[w] ?? [])) ?? 0,
      confusion: Array.from(confusion, (label, offset) => {
        const from = ((index.columnStart[w] as number) + offset) * classes
        return {
          label: index.classes[label] as string,
          given: Array.from(fit.counts.subarray(from, from + classes)),
        }
      }),
    }
  })
}

/**
 * The given judgements against the posteriors of their items without them, counts in units of 2^-16. An item that
 * nobody else judged is left out.
 */
export function confusionWithoutOwn(index: LabelIndex, fit: Fit, judged: readonly JudgementAt[]): Confusion {
  const classes = index.classes.length
  const confusion = emptyConfusion(classes)
  for (const { item, at, label } of judged) {
    if ((index.itemStart[item + 1] as number) - (index.itemStart[item] as number) < 2) continue
    const posterior = posteriorWithout(index, fit, item, at)
    for (let t = 0; t < classes; t++) addAnswer(confusion, t, label, posterior[t] as number)
  }
  return confusion
}
