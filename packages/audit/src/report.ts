import type { Digest } from '@commonhold/protocol'
import type { Replayed } from './replay.ts'
import type { AuditedRound } from './rounds.ts'
import type { Difference, StepBook, StepReport } from './steps.ts'

export type RoundSummary = AuditedRound['claims']

export type AuditReport = {
  readonly ok: boolean
  readonly steps: readonly StepReport[]
  /** Of the first step, in the order of `steps`, that failed. */
  readonly firstDifference?: Difference
  /** Undefined when the log could not be replayed. */
  readonly community?: Digest
  readonly logSize: number
  readonly events: number
  /** As this audit recomputed them. */
  readonly rounds: readonly RoundSummary[]
  readonly counts: {
    readonly members: number
    readonly contributions: number
    readonly imported: number
    readonly signatures: number
    readonly recomputable: number
    readonly attested: number
  }
}

export function reportOf(
  book: StepBook,
  replayed: Replayed | undefined,
  rounds: readonly AuditedRound[],
): AuditReport {
  const { steps, firstDifference } = book.report()
  const view = replayed?.view
  let imported = 0
  for (const { importer } of view?.contributions.values() ?? []) if (importer !== undefined) imported++
  const attested = steps.filter(({ level }) => level === 'attested').length
  return {
    ok: steps.every(({ ok }) => ok),
    steps,
    ...(firstDifference === undefined ? {} : { firstDifference }),
    ...(view?.community === undefined ? {} : { community: view.community }),
    logSize: view?.size ?? 0,
    events: view?.events ?? 0,
    rounds: rounds.map(({ claims }) => claims),
    counts: {
      members: view?.members.size ?? 0,
      contributions: view?.contributions.size ?? 0,
      imported,
      signatures: replayed?.signatures ?? 0,
      recomputable: steps.length - attested,
      attested,
    },
  }
}
