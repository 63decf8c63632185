import { floor, ProtocolError } from '@commonhold/protocol'
import type { Example } from './classify.ts'
import { indexOfLargest } from './labels.ts'
import type { ClassifierModel } from './model.ts'
import { type Prediction, predict } from './predict.ts'

export type HoldOutItem = Example & { readonly group?: string }
export type GroupResult = { readonly group: string; readonly total: number; readonly correct: number }

export type Evaluation = {
  readonly correct: number
  readonly total: number
  /** floor(10^6 x correct / total); 0 without items. */
  readonly accuracyPpm: number
  readonly correctByItem: readonly boolean[]
  readonly predictions: readonly Prediction[]
  /** confusion[true label][predicted label], in the order of the model's labels. */
  readonly confusion: readonly (readonly number[])[]
  /** In order of first appearance; items without a group are in none. */
  readonly groups: readonly GroupResult[]
  /** Always guessing the label that was most frequent in training (ties to the smaller label). */
  readonly majority: { readonly label: string; readonly correct: number }
}

/** @throws {ProtocolError} `contribution.label_unknown` for an item whose label the model does not have. */
export function evaluateClassifier(model: ClassifierModel, holdOut: readonly HoldOutItem[]): Evaluation {
  const truths = holdOut.map(({ label }, row) => {
    const truth = model.labels.indexOf(label)
    if (truth >= 0) return truth
    throw new ProtocolError('contribution.label_unknown', `no label "${label}" (item ${row})`, { row, label })
  })
  const predictions = holdOut.map(({ text }) => predict(model, text))
  const correctByItem = predictions.map(({ labelIndex }, i) => labelIndex === truths[i])
  const correct = count(correctByItem)
  const guess = indexOfLargest(model.labelCounts)
  return {
    correct,
    total: holdOut.length,
    accuracyPpm: holdOut.length === 0 ? 0 : floor((1_000_000 * correct) / holdOut.length),
    correctByItem,
    predictions,
    confusion: confusionTable(truths, predictions, model.labels.length),
    groups: byGroup(holdOut, correctByItem),
    majority: {
      label: model.labels[guess] as string,
      correct: count(truths.map((truth) => truth === guess)),
    },
  }
}

const count = (flags: readonly boolean[]): number => flags.reduce((sum, flag) => sum + (flag ? 1 : 0), 0)

function confusionTable(
  truths: readonly number[],
  predictions: readonly Prediction[],
  classes: number,
): readonly (readonly number[])[] {
  const table = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  truths.forEach((truth, i) => {
    const row = table[truth] as number[]
    const predicted = (predictions[i] as Prediction).labelIndex
    row[predicted] = (row[predicted] as number) + 1
  })
  return table
}

function byGroup(holdOut: readonly HoldOutItem[], correctByItem: readonly boolean[]): readonly GroupResult[] {
  const groups = new Map<string, { total: number; correct: number }>()
  holdOut.forEach(({ group }, i) => {
    if (group === undefined) return
    const sum = groups.get(group) ?? { total: 0, correct: 0 }
    groups.set(group, { total: sum.total + 1, correct: sum.correct + (correctByItem[i] ? 1 : 0) })
  })
  return [...groups].map(([group, sums]) => ({ group, ...sums }))
}
