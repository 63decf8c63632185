/** Training and the gate (docs/spec/learning.md): a candidate measured on the hold-out, and the release on everything. */
import {
  type ClassifierModel,
  type Evaluation,
  evaluateClassifier,
  type GateResult,
  gate,
  modelHash,
  parseRecipe,
  trainClassifier,
} from '@commonhold/learning'
import { type Charter, type Digest, type EventId, taggedHash } from '@commonhold/protocol'
import { type DatasetRow, examplesOf } from './dataset.ts'
import type { RoundState } from './state.ts'

export type Training = {
  /** Trained without the hold-out: the model that is measured. */
  readonly candidate: Evaluation
  /** The release that was live, on the same items. */
  readonly live: Evaluation | undefined
  readonly gate: GateResult
  /** The same recipe trained on everything: the model that is served if the gate promotes it. */
  readonly release: ClassifierModel
  readonly releaseHash: Digest
}

export function trainRound(
  charter: Charter,
  rows: readonly DatasetRow[],
  holdOut: ReadonlySet<EventId>,
  seed: Digest,
  previous: RoundState,
): Training {
  const recipe = parseRecipe(charter.recipe)
  const trainSeed = taggedHash('training', seed)
  const measured = rows.filter(({ leader }) => holdOut.has(leader))
  const tested = measured.map(({ text, label, lang }) => ({
    text,
    label,
    ...(lang === undefined ? {} : { group: lang }),
  }))
  const fit = (some: readonly DatasetRow[]): ClassifierModel =>
    trainClassifier(examplesOf(some), charter.labels, recipe, trainSeed)
  const candidate = evaluateClassifier(fit(rows.filter(({ leader }) => !holdOut.has(leader))), tested)
  const live = previous.live === undefined ? undefined : evaluateClassifier(previous.live.model, tested)
  const release = fit(rows)
  return {
    candidate,
    live,
    gate: decideGate(candidate, live, measured),
    release,
    releaseHash: modelHash(release),
  }
}

/** The recipe is the charter's own, so a later round is a data refresh. */
const decideGate = (
  candidate: Evaluation,
  live: Evaluation | undefined,
  measured: readonly DatasetRow[],
): GateResult =>
  gate({
    kind: live === undefined ? 'first' : 'refresh',
    candidateCorrect: candidate.correctByItem,
    ...(live === undefined ? {} : { liveCorrect: live.correctByItem }),
    majorityCorrect: candidate.majority.correct,
    groups: measured.map(({ lang }) => lang),
  })
