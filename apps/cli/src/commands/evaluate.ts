/** `commonhold evaluate`: how well a classifier does on a test file, newly trained or the community's own. */
import type { ClassifierModel, Evaluation } from '@commonhold/learning'
import { compareText, labelId, labelText, ProtocolError, taggedHash } from '@commonhold/protocol'
import { type Command, type Context, need, optional } from '../command.ts'
import { type Measured, reportLines } from '../evaluation.ts'
import { readRelease } from '../release.ts'
import { type LabelledRow, problemAt, readExamples, shown } from '../table/index.ts'

/** The training order is fixed: the same files give the same model, bit for bit. */
const SEED = taggedHash('evaluate-command', 'seed')

/** Far above any charter; a column of different texts taken for labels would only fill the memory. */
const MOST_LABELS = 1_000

export const evaluate: Command = {
  name: 'evaluate',
  summary: 'Measure a classifier on a test file: newly trained, or the live release',
  args: '',
  options: {
    train: { type: 'string', value: 'FILE', help: 'train on these examples' },
    release: { type: 'string', value: 'live', help: "or measure the community's live release" },
    test: { type: 'string', value: 'FILE', help: 'measure on these examples' },
    text: { type: 'string', value: 'COL', help: 'the column with the text' },
    label: { type: 'string', value: 'COL', help: 'the column with the label' },
  },
  run: async (context) => {
    const { output } = context
    const measured = await measure(context)
    const { evaluation, interval, trainCpuSeconds, hash, labels } = measured
    for (const line of reportLines(measured)) output.say(line)
    output.result({
      accuracy: evaluation.correct / evaluation.total,
      correct: evaluation.correct,
      total: evaluation.total,
      interval: [interval.lowPpm / 1_000_000, interval.highPpm / 1_000_000],
      majorityAccuracy: evaluation.majority.correct / evaluation.total,
      ...(trainCpuSeconds === undefined ? {} : { trainCpuSeconds }),
      modelHash: hash,
      labels,
      confusion: evaluation.confusion,
    })
    return 0
  },
}

async function measure(context: Context): Promise<Measured> {
  const from = optional(context, 'train')
  const release = optional(context, 'release')
  if ((from === undefined) === (release === undefined))
    throw new ProtocolError('usage.invalid', 'give either --train FILE or --release live')
  const file = need(context, 'test')
  const columns = [need(context, 'text'), need(context, 'label')] as const
  const test = await readExamples(file, ...columns)
  if (from === undefined) return measureRelease(context, release as string, file, test)
  return measureTrained(context, await readExamples(from, ...columns), test, file)
}

async function measureTrained(
  { output }: Context,
  train: readonly LabelledRow[],
  test: readonly LabelledRow[],
  file: string,
): Promise<Measured> {
  const { DEFAULT_RECIPE, evaluateClassifier, modelHash, trainClassifier, wilson } = await import(
    '@commonhold/learning'
  )
  const trained = new Set(train.map(({ label }) => label))
  const unseen = test.filter(({ label }) => !trained.has(label))
  if (unseen[0] !== undefined) {
    output.warn(
      `${file}:${unseen[0].line}: ${unseen.length} of ${test.length} rows have labels without a training example, such as ${shown(unseen[0].label)}; they count as wrong`,
    )
  }
  const labels = Array.from(new Set([...trained, ...unseen.map(({ label }) => label)])).sort(compareText)
  if (labels.length > MOST_LABELS) {
    throw new ProtocolError(
      'data.too_large',
      `${labels.length} different labels; at most ${MOST_LABELS} are trained: is --label the right column?`,
    )
  }
  output.progress(`training on ${train.length} examples`)
  const before = process.cpuUsage()
  const model = trainClassifier(train, labels, DEFAULT_RECIPE, SEED)
  const { user, system } = process.cpuUsage(before)
  output.progress(`measuring on ${test.length} examples`)
  const evaluation = evaluateClassifier(model, test)
  return {
    ...described(model, evaluation),
    interval: wilson(evaluation.correct, evaluation.total),
    hash: modelHash(model),
    trainCpuSeconds: (user + system) / 1_000_000,
  }
}

async function measureRelease(
  context: Context,
  release: string,
  file: string,
  test: readonly LabelledRow[],
): Promise<Measured> {
  if (release !== 'live') throw new ProtocolError('usage.invalid', '--release takes live')
  const { evaluateClassifier, wilson } = await import('@commonhold/learning')
  const { model, hash, round } = await readRelease(context, 'evaluate')
  const known = new Set(model.labels)
  const items = test.map(({ text, label, line }) => {
    const id = labelId(label)
    if (known.has(id)) return { text, label: id }
    const what = `the label ${shown(label)} is not in the charter`
    throw problemAt('contribution.label_unknown', file, line, what)
  })
  const evaluation = evaluateClassifier(model, items)
  const interval = wilson(evaluation.correct, evaluation.total)
  return { ...described(model, evaluation), interval, hash, round }
}

const described = (
  { labels, texts }: ClassifierModel,
  evaluation: Evaluation,
): Pick<Measured, 'labels' | 'texts' | 'evaluation'> => ({
  labels: labels.map(labelText),
  texts,
  evaluation,
})
