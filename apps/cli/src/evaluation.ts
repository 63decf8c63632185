/** What people read of a measurement: the share, how sure it is, and where the model errs. */
import type { Evaluation, Interval } from '@commonhold/learning'

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

export function reportLines(measured: Measured): readonly string[] {
  const { evaluation, interval, labels, texts, hash, trainCpuSeconds, round } = measured
  const { correct, total, majority } = evaluation
  const origin =
    round === undefined ? `trained in ${trainCpuSeconds?.toFixed(2)} CPU-s` : `release of round ${round}`
  return [
    `Accuracy        ${percent(correct, total)}  (95 % interval ${share(interval.lowPpm)} to ${share(interval.highPpm)}; ${correct} of ${total})`,
    `Majority guess  ${percent(majority.correct, total)}`,
    answersLine(evaluation),
    `Model           ${hash}`,
    `                ${texts} examples, ${labels.length} labels, ${origin}`,
    ...confusionLines(evaluation, labels),
    ...labelLines(evaluation, labels),
  ]
}

const share = (ppm: number): string => `${(ppm / 10_000).toFixed(1)} %`
const percent = (part: number, whole: number): string =>
  share(whole === 0 ? 0 : Math.floor((part * 1_000_000) / whole)).padStart(7)

function answersLine({ predictions, correctByItem, total }: Evaluation): string {
  let answered = 0
  let right = 0
  for (const [i, { known }] of predictions.entries()) {
    if (!known) continue
    answered++
    if (correctByItem[i] === true) right++
  }
  return `Answers         ${percent(answered, total)}  of the items, ${percent(right, answered).trim()} of them right; "don't know" to the rest`
}

function confusionLines({ confusion }: Evaluation, labels: readonly string[]): readonly string[] {
  const pairs = confusion
    .flatMap((row, t) => row.map((count, p) => ({ count, t, p })))
    .filter(({ count, t, p }) => count > 0 && t !== p)
    .sort((a, b) => b.count - a.count || a.t - b.t || a.p - b.p)
  if (pairs.length === 0) return []
  const lines = pairs
    .slice(0, WORST)
    .map(({ count, t, p }) => `${times(count)}  ${labels[t]} -> ${labels[p]}`)
  return ['', 'Most frequent confusions (true -> predicted):', ...lines]
}

const times = (count: number): string => String(count).padStart(6)

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
  const width = Math.max(5, ...rows.slice(0, WORST).map(({ label }) => label.length))
  const lines = rows
    .slice(0, WORST)
    .map(
      ({ label, items, found, predicted }) =>
        `  ${label.padEnd(width)}  ${times(items)}  ${percent(found, items)}  ${percent(found, predicted)}`,
    )
  const which =
    rows.length > WORST ? `The ${WORST} weakest of ${rows.length} labels:` : 'Labels, weakest first:'
  return ['', which, `  ${'label'.padEnd(width)}   items   recall  precision`, ...lines]
}
