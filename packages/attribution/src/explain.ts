import { type KnnOptions, startRun } from './knn-shapley.ts'
import type { HoldOutPoint, TrainPoint } from './points.ts'

export type CreditSource = {
  /** Index into the hold-out given. */
  readonly holdOut: number
  /** Scale 2^40. */
  readonly credit: bigint
  readonly sameLabel: boolean
}

export type Explanation = {
  readonly value: bigint
  /** Positive credits, largest first; ties in hold-out order. */
  readonly earned: readonly CreditSource[]
  /** Negative credits, most negative first. */
  readonly lost: readonly CreditSource[]
}

/** "Why this amount": from which hold-out items one train point earned or lost most. Costs as much as valuing everyone. */
export function explain(
  train: readonly TrainPoint[],
  holdOut: readonly HoldOutPoint[],
  options: KnnOptions & { readonly top?: number },
  trainIndex: number,
): Explanation {
  const { order, values, add } = startRun(train, holdOut, options)
  const position = order.indexOf(trainIndex)
  if (position < 0) throw new Error(`there is no train point ${trainIndex}`)
  const label = (train[trainIndex] as TrainPoint).label
  const sources = holdOut.map((point, index): CreditSource => {
    const before = values[position] as bigint
    add(point)
    return { holdOut: index, credit: (values[position] as bigint) - before, sameLabel: point.label === label }
  })
  const top = options.top ?? 5
  const ranked = sources.filter(({ credit }) => credit !== 0n).sort(mostFirst)
  return {
    value: values[position] as bigint,
    earned: ranked.filter(({ credit }) => credit > 0n).slice(0, top),
    lost: ranked
      .filter(({ credit }) => credit < 0n)
      .reverse()
      .slice(0, top),
  }
}

function mostFirst(a: CreditSource, b: CreditSource): number {
  if (a.credit !== b.credit) return a.credit > b.credit ? -1 : 1
  // `lost` is read from the end, so its ties are laid down backwards.
  return a.credit > 0n ? a.holdOut - b.holdOut : b.holdOut - a.holdOut
}
