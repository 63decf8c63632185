/** Labels as numbers: their places in the order of compareText. */
import { compareText } from '@commonhold/protocol'

/** Strictly ascending, so that one set of labels has one order. */
export function areSorted(labels: readonly string[]): boolean {
  for (let c = 1; c < labels.length; c++) {
    if (compareText(labels[c - 1] as string, labels[c] as string) >= 0) return false
  }
  return true
}

/** @throws {Error} unless `labels` are in the order of compareText. */
export function labelNumbers(labels: readonly string[]): ReadonlyMap<string, number> {
  if (!areSorted(labels)) throw new Error('labels are not sorted')
  return new Map(labels.map((label, number) => [label, number]))
}

/** Place of the largest figure, the first of equals: ties go to the smaller label. */
export function indexOfLargest(figures: ArrayLike<number>): number {
  let best = 0
  for (let c = 1; c < figures.length; c++) if ((figures[c] as number) > (figures[best] as number)) best = c
  return best
}
