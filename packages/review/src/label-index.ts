import { compareText, ProtocolError } from '@commonhold/protocol'

/** One answer: `worker` says that `item` has `label`. */
export type Judgement = { readonly item: string; readonly worker: string; readonly label: string }

/**
 * Judgements as numbers. `items` stand in order of first appearance, `workers` and `classes` in byte order. Judgement j
 * of item i has `itemStart[i]` <= j < `itemStart[i + 1]`. A column is a pair of worker and label that occurs; worker w
 * owns the columns `columnStart[w]` .. `columnStart[w + 1]`.
 */
export type LabelIndex = {
  readonly items: readonly string[]
  readonly workers: readonly string[]
  readonly classes: readonly string[]
  readonly itemStart: Int32Array
  readonly workerOf: Int32Array
  readonly labelOf: Int32Array
  readonly columnOf: Int32Array
  readonly columnStart: Int32Array
  readonly columnLabel: Int32Array
  /** Judgements per worker. */
  readonly labelled: Int32Array
  /** How many judgements were replaced by a later one of the same worker about the same item. */
  readonly repeats: number
}

/**
 * @param classes Every admitted label; without it, the labels that occur.
 * @throws {ProtocolError} `contribution.label_unknown` for a label outside `classes`.
 */
export function indexLabels(
  judgements: readonly Judgement[],
  classes: readonly string[] | undefined,
): LabelIndex {
  const byItem = new Map<string, Map<string, string>>()
  let repeats = 0
  for (const { item, worker, label } of judgements) {
    let answers = byItem.get(item)
    if (answers === undefined) {
      answers = new Map()
      byItem.set(item, answers)
    }
    if (answers.has(worker)) repeats++
    answers.set(worker, label)
  }
  const workers = sortedSet(judgements.map(({ worker }) => worker))
  const labels = sortedSet(classes ?? judgements.map(({ label }) => label))
  return { ...number(byItem, workers, labels, judgements.length - repeats), repeats }
}

/** Where a judgement stands: item, position in the index, and the number of its label. */
export type JudgementAt = { readonly item: number; readonly at: number; readonly label: number }

/** Each worker's judgements, items ascending. */
export function judgementsByWorker({
  items,
  workers,
  itemStart,
  workerOf,
  labelOf,
}: LabelIndex): JudgementAt[][] {
  const lists = workers.map((): JudgementAt[] => [])
  for (let item = 0; item < items.length; item++) {
    for (let at = itemStart[item] as number; at < (itemStart[item + 1] as number); at++) {
      lists[workerOf[at] as number]?.push({ item, at, label: labelOf[at] as number })
    }
  }
  return lists
}

const sortedSet = (values: Iterable<string>): string[] => [...new Set(values)].sort(compareText)

export const positions = (values: readonly string[]): Map<string, number> =>
  new Map(values.map((value, position) => [value, position]))

type Answers = ReadonlyMap<string, ReadonlyMap<string, string>>

function number(
  byItem: Answers,
  workers: readonly string[],
  classes: readonly string[],
  total: number,
): Omit<LabelIndex, 'repeats'> {
  const workerIndex = positions(workers)
  const classIndex = positions(classes)
  const itemStart = new Int32Array(byItem.size + 1)
  const workerOf = new Int32Array(total)
  const labelOf = new Int32Array(total)
  const labelled = new Int32Array(workers.length)
  let item = 0
  let at = 0
  for (const [id, answers] of byItem) {
    for (const [worker, label] of answers) {
      const known = classIndex.get(label)
      if (known === undefined) {
        throw new ProtocolError('contribution.label_unknown', `item ${id}: no class is called ${label}`)
      }
      const by = workerIndex.get(worker) as number
      workerOf[at] = by
      labelOf[at++] = known
      labelled[by] = (labelled[by] as number) + 1
    }
    itemStart[++item] = at
  }
  const columns = numberColumns(workerOf, labelOf, workers.length, classes.length)
  return { items: [...byItem.keys()], workers, classes, itemStart, workerOf, labelOf, labelled, ...columns }
}

function numberColumns(
  workerOf: Int32Array,
  labelOf: Int32Array,
  workers: number,
  classes: number,
): Pick<LabelIndex, 'columnOf' | 'columnStart' | 'columnLabel'> {
  const cells = Float64Array.from(workerOf, (worker, j) => worker * classes + (labelOf[j] as number))
  const distinct = [...new Set(cells)].sort((a, b) => a - b)
  const position = new Map(distinct.map((cell, column) => [cell, column]))
  const columnStart = new Int32Array(workers + 1)
  const columnLabel = new Int32Array(distinct.length)
  for (const [column, cell] of distinct.entries()) {
    columnLabel[column] = cell % classes
    columnStart[(cell - (cell % classes)) / classes + 1] = column + 1
  }
  return {
    columnOf: Int32Array.from(cells, (cell) => position.get(cell) as number),
    columnStart,
    columnLabel,
  }
}
