/** `commonhold aggregate`: several people's labels of each item become one, on a plain file. */
import type { Judgement } from '@commonhold/review'
import type { Command } from '../command.ts'
import { csvLine, filledCell, readColumns } from '../table/index.ts'

const COLUMNS = ['item', 'worker', 'label'] as const
const ONE = 1_000_000

export const aggregateCommand: Command = {
  name: 'aggregate',
  summary: 'Combine the labels of several workers (item,worker,label) into one per item, as CSV',
  args: 'FILE',
  options: {},
  run: async ({ args, output }) => {
    const file = args[0] as string
    const judgements = await readJudgements(file)
    const { aggregate } = await import('@commonhold/review')
    const { items, workers, repeats } = aggregate(judgements)
    if (repeats > 0) {
      const rows = repeats === 1 ? 'row was' : 'rows were'
      output.warn(
        `${file}: ${repeats} ${rows} replaced by a later row of the same worker about the same item`,
      )
    }
    const lines = items.map(({ item, label, confidencePpm }) =>
      csvLine([item, label, decimal(confidencePpm)]),
    )
    output.data([csvLine(['item', 'label', 'confidence']), ...lines].join('\n'))
    output.result({
      items: items.map(({ item, label, confidencePpm }) => ({
        item,
        label,
        confidence: confidencePpm / ONE,
      })),
      workers: workers.map(({ worker, labelled, informedness }) => ({
        worker,
        labelled,
        informedness: informedness / ONE,
      })),
    })
    return 0
  },
}

async function readJudgements(file: string): Promise<Judgement[]> {
  const judgements: Judgement[] = []
  for await (const { line, cells } of readColumns(file, COLUMNS)) {
    const [item, worker, label] = cells.map((cell, i) => filledCell(file, line, COLUMNS[i] as string, cell))
    judgements.push({ item: item as string, worker: worker as string, label: label as string })
  }
  return judgements
}

/** Millionths with all six digits: exact, and columns line up. */
const decimal = (ppm: number): string => `${Math.floor(ppm / ONE)}.${String(ppm % ONE).padStart(6, '0')}`
