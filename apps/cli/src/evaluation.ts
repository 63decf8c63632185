/** What people read of a measurement: the share, how sure it is, and where the model errs. */
import type { Evaluation, Interval } from '@commonhold/learning'
import type { RoundReport } from '@commonhold/node'
import { percent, table } from './format.ts'

export type Measured = {
  readonly evaluation: Evaluation
  readonly interval: Interval
  readonly labels: readonly string[]
  /** Training examples. */
  readonly texts: number
  readonly hash: string
  readonly trainCpuSeconds?: number
  /** The round that made the release. */
  readonly round?: number
}

const WORST = 10

const share = (ppm: number): string => percent(ppm, 1_000_000)

export function reportLines(measured: Measured): readonly string[] {
  const { evaluation, interval, labels, texts, hash, trainCpuSeconds, round } = measured
  const { correct, total, majority } = evaluation
  const origin =
    round === undefined ? `trained in ${trainCpuSeconds?.toFixed(2)} CPU-s` : `release of round ${round}`
  return [
    `Accuracy        ${percent(correct, total)} (95 % interval ${share(interval.lowPpm)} to ${share(interval.highPpm)}; ${correct} of ${total})`,
    `Majority guess  ${percent(majority.correct, total)}`,
    answersLine(evaluation),
    `Model           ${hash}`,
    `                ${texts} examples, ${labels.length} labels, ${origin}`,
    ...confusionLines(evaluation, labels),
    ...labelLines(evaluation, labels),
  ]
}

function answersLine({ predictions, correctByItem, total }: Evaluation): string {
  let answered = 0
  let right = 0
  for (const [i, { known }] of predictions.entries()) {
    if (!known) continue
    answered++
    if (correctByItem[i] === true) right++
  }
  return `Answers         ${percent(answered, total)} of the items, ${percent(right, answered)} of them right; "don't know" to the rest`
}

type Confused = { readonly count: number; readonly truth: string; readonly answer: string }

/** The commonest errors, in the order of the labels where they are as common. */
export function worstConfusions(
  { labels, confusion }: Pick<RoundReport, 'labels' | 'confusion'>,
  most: number,
): readonly Confused[] {
  const labelOf = (c: number): string => labels[c] ?? ''
  return confusion
    .flatMap((row, t) =>
      row.flatMap((count, p) =>
        count > 0 && t !== p ? [{ count, truth: labelOf(t), answer: labelOf(p) }] : [],
      ),
    )
    .sort((a, b) => b.count - a.count)
    .slice(0, most)
}

function confusionLines({ confusion }: Evaluation, labels: readonly string[]): readonly string[] {
  const worst = worstConfusions({ labels, confusion }, WORST)
  if (worst.length === 0) return []
  const columns = [{ title: 'confused', right: true }, { title: 'true label' }, { title: 'predicted' }]
  const rows = worst.map(({ count, truth, answer }) => [String(count), truth, answer])
  return ['', table(columns, rows)]
}

/** The labels that the model finds least often; the JSON holds the whole table. */
function labelLines({ confusion }: Evaluation, labels: readonly string[]): readonly string[] {
  const rows = labels
    .map((label, c) => {
      const row = confusion[c] as readonly number[]
      const found = row[c] as number
      const predicted = confusion.reduce((sum, of) => sum + (of[c] as number), 0)
      return { label, found, predicted, items: row.reduce((sum, count) => sum + count, 0) }
    })
    .filter(({ items }) => items > 0)
    // By recall, compared without division.
    .sort((a, b) => a.found * b.items - b.found * a.items)
  const title = rows.length > WORST ? `weakest ${WORST} of ${rows.length} labels` : 'label'
  const figures = ['items', 'recall', 'precision'].map((name) => ({ title: name, right: true }))
  const lines = rows
    .slice(0, WORST)
    .map(({ label, items, found, predicted }) => [
      label,
      String(items),
      percent(found, items),
      percent(found, predicted),
    ])
  return ['', table([{ title }, ...figures], lines)]
}
