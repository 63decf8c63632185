/** `commonhold value`: what each training example is worth to a hold-out, on plain files. */
import type { TrainPoint } from '@commonhold/attribution'
import type { Valuation } from '@commonhold/learning'
import { ProtocolError, taggedHash } from '@commonhold/protocol'
import { type Command, type Context, need, optional } from '../command.ts'
import { csvLine, type LabelledRow, readExamples } from '../table/index.ts'

const MOST_NEIGHBOURS = 100

/** Fixed, so that ties at equal distance fall the same way in every run. */
const TIES = taggedHash('value-command', 'ties')

export const value: Command = {
  name: 'value',
  summary: 'Value every training row by exact KNN-Shapley on a hold-out, as CSV',
  args: '',
  options: {
    train: { type: 'string', value: 'FILE', help: 'the examples to be valued' },
    holdout: { type: 'string', value: 'FILE', help: 'the examples to be valued by' },
    text: { type: 'string', value: 'COL', help: 'the column with the text' },
    label: { type: 'string', value: 'COL', help: 'the column with the label' },
    k: { type: 'string', value: 'K', help: 'neighbours that vote (default: 10)' },
  },
  run: async (context) => {
    const k = readNeighbours(context)
    const [text, label] = [need(context, 'text'), need(context, 'label')]
    const train = await readExamples(need(context, 'train'), text, label)
    const holdOut = await readExamples(need(context, 'holdout'), text, label)
    const values = await valueRows(train, holdOut, k)
    const { output } = context
    output.data([csvLine(['row', 'value']), ...values.map((one, row) => csvLine([row, one]))].join('\n'))
    output.result({
      k,
      scale: String(2n ** 40n),
      holdOut: holdOut.length,
      values: values.map((one, row) => ({ row, value: one })),
    })
    return 0
  },
}

function readNeighbours(context: Context): number {
  const text = optional(context, 'k') ?? '10'
  const k = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (k < 1 || k > MOST_NEIGHBOURS)
    throw new ProtocolError('usage.invalid', `--k takes a whole number from 1 to ${MOST_NEIGHBOURS}`)
  return k
}

/** Vectors weigh terms by how rare they are among the training texts; they never see a label. */
async function valueRows(
  train: readonly LabelledRow[],
  holdOut: readonly LabelledRow[],
  k: number,
): Promise<readonly bigint[]> {
  const { knnShapley } = await import('@commonhold/attribution')
  const { fitValuation } = await import('@commonhold/learning')
  const valuation = fitValuation(train.map(({ text }) => text))
  const numbers = new Map<string, number>()
  const points = (rows: readonly LabelledRow[], side: string): TrainPoint[] =>
    rows.map((row, i) => pointOf(row, i, side, valuation, numbers))
  const { values } = knnShapley(points(train, 'train'), points(holdOut, 'hold-out'), {
    k,
    seed: TIES,
    conflict: NOBODY,
  })
  return values
}

/** In a plain file every row has an owner of its own: nobody's credit is left out. */
const NOBODY = (): boolean => false

function pointOf(
  { text, label }: LabelledRow,
  row: number,
  side: string,
  valuation: Valuation,
  numbers: Map<string, number>,
): TrainPoint {
  const known = numbers.get(label) ?? numbers.size
  numbers.set(label, known)
  return {
    id: taggedHash('value-command', side, String(row)),
    vector: valuation.vector(text),
    label: known,
    owner: 0,
  }
}
