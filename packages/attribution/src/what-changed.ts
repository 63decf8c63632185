export type Flip = {
  /** Index of the item among those predicted. */
  readonly item: number
  readonly with: number
  readonly without: number
}

/**
 * What a contribution changed: the items that a model trained with it answers differently from one trained without it.
 * Both lists hold one label for each item, in the same order.
 */
export function whatChanged(
  predictionsWith: readonly number[],
  predictionsWithout: readonly number[],
): readonly Flip[] {
  if (predictionsWith.length !== predictionsWithout.length)
    throw new Error('both models answer the same items')
  const flips: Flip[] = []
  predictionsWith.forEach((label, item) => {
    const without = predictionsWithout[item] as number
    if (label !== without) flips.push({ item, with: label, without })
  })
  return flips
}
