/** The first half of a round: what is accepted, and which of it measures the rest. */
import {
  type Charter,
  currentRound,
  type Digest,
  drawSeed,
  type EventId,
  ProtocolError,
  type Round,
  taggedHash,
  type View,
} from '@commonhold/protocol'
import { type Contents, type Corpus, readCorpus } from './corpus.ts'
import { type Curation, curate } from './curate.ts'
import { type DatasetRow, datasetRows } from './dataset.ts'
import { drawHoldOut } from './hold-out.ts'
import type { RoundState } from './state.ts'
import { replayWaves, type Waves } from './waves.ts'

export type PrepareInput = {
  /** Folded up to, and without, the `round.closed` of this round. */
  readonly view: View
  readonly contents: Contents
  readonly previous: RoundState
}

export type Prepared = {
  readonly charter: Charter
  readonly round: Round
  readonly seed: Digest
  readonly corpus: Corpus
  readonly waves: Waves
  readonly curation: Curation
  readonly rows: readonly DatasetRow[]
  /** Leaders in byte order. */
  readonly holdOut: readonly EventId[]
}

/** @throws {ProtocolError} `round.bad_state` unless the round's reviews are closed; `chain.not_bound`. */
export function prepareRound({ view, contents, previous }: PrepareInput): Prepared {
  const { round, history } = closingRound(view)
  const { charter } = view.founding as NonNullable<View['founding']>
  const seed = drawSeed('round', view.community as EventId, round.round, history)
  const corpus = readCorpus(view, round.round, contents, previous)
  const waves = replayWaves(view, round, corpus, previous)
  const curation = curate(view, round, corpus, waves, previous)
  const rows = datasetRows(curation.accepted, corpus)
  const trainable = new Set(rows.map(({ leader }) => leader))
  const holdOut = drawHoldOut(
    curation.fresh.filter(({ leader, standing }) => standing !== 'gold' && trainable.has(leader)),
    taggedHash('hold-out-seed', seed),
    charter.holdOut,
  )
  return { charter, round, seed, corpus, waves, curation, rows, holdOut }
}

function closingRound(view: View): { readonly round: Round; readonly history: Digest } {
  const round = currentRound(view)
  if (round === undefined || round.phase !== 'closing' || round.history === undefined) {
    throw new ProtocolError('round.bad_state', 'the reviews of the round have not closed')
  }
  if (view.chain === undefined) {
    throw new ProtocolError('chain.not_bound', 'no chain is bound to the community')
  }
  return { round, history: round.history }
}
