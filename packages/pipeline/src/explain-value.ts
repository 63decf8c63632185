/** "Why this amount": from which hold-out questions an item's value came. Recomputed on demand from the log. */
import { explain } from '@commonhold/attribution'
import type { EventId } from '@commonhold/protocol'
import { knnProblem } from './attribute.ts'
import type { DatasetRow } from './dataset.ts'
import { type PrepareInput, prepareRound } from './prepare.ts'

export type ValueSource = {
  /** The hold-out question. */
  readonly item: EventId
  readonly label: string
  readonly text: string
  /** Scale 2^40: positive where the item spoke for the right label. */
  readonly credit: bigint
}

export type ValueExplanation = {
  /** All credits of the round together, scale 2^40. */
  readonly value: bigint
  readonly questions: number
  readonly earned: readonly ValueSource[]
  readonly lost: readonly ValueSource[]
}

/** @returns undefined when the item was not trained on in this round: it earned no value by itself. */
export function explainValue(input: PrepareInput, item: EventId): ValueExplanation | undefined {
  const prepared = prepareRound(input)
  const rowOf = new Map(prepared.rows.map((row) => [row.leader, row]))
  const leader = prepared.rows.find((row) => row.item === item)?.leader
  const { train, holdOut, options } = knnProblem(input.view, prepared)
  const index = train.findIndex(({ id }) => id === leader)
  if (index < 0) return undefined
  const { value, earned, lost } = explain(train, holdOut, options, index)
  const sourceOf = (source: { readonly holdOut: number; readonly credit: bigint }): ValueSource => {
    const row = rowOf.get(holdOut[source.holdOut]?.id as EventId) as DatasetRow
    return { item: row.item, label: row.label, text: row.text, credit: source.credit }
  }
  return { value, questions: holdOut.length, earned: earned.map(sourceOf), lost: lost.map(sourceOf) }
}
