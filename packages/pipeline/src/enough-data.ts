/** Whether a round can be closed: a model needs examples to learn from and others to be measured with. */
import { currentRound, type EventId, ProtocolError, type View } from '@commonhold/protocol'
import { type Contents, readCorpus } from './corpus.ts'
import { curate } from './curate.ts'
import { type DatasetRow, datasetRows } from './dataset.ts'
import { labelShare } from './hold-out.ts'
import type { RoundState } from './state.ts'
import { replayWaves } from './waves.ts'

/** @throws {ProtocolError} `round.no_data` without a hold-out, or with fewer than two labels beside it. */
export function demandData(rows: readonly DatasetRow[], holdOut: ReadonlySet<EventId>): void {
  const labels = new Set(rows.filter(({ leader }) => !holdOut.has(leader)).map(({ label }) => label))
  if (holdOut.size === 0) throw nothingNew()
  if (labels.size < 2) throw tooFewLabels()
}

/**
 * To be asked before a round's reviews close, since nothing can be added to it afterwards: whether what is settled by now
 * will do, whatever is drawn for the hold-out. Where gold is committed, what organisers wrote may be gold and is not
 * counted as a question for the hold-out.
 *
 * @throws {ProtocolError} `round.bad_state` when no round is under way; `round.no_data`.
 */
export function demandSettledData(view: View, contents: Contents, previous: RoundState): void {
  const round = currentRound(view)
  if (round === undefined || round.phase === 'closed')
    throw new ProtocolError('round.bad_state', 'no round is under way')
  const { holdOut } = (view.founding as NonNullable<View['founding']>).charter
  const corpus = readCorpus(view, round.round, contents, previous)
  const { accepted, fresh } = curate(
    view,
    round,
    corpus,
    replayWaves(view, round, corpus, previous),
    previous,
  )
  const maybeGold = (author: DatasetRow['author']): boolean =>
    round.goldCommitments.size > 0 && view.members.get(author)?.roles.has('organiser') === true
  const eligible = new Set(
    fresh
      .filter(({ author, standing }) => standing !== 'gold' && !maybeGold(author))
      .map(({ leader }) => leader),
  )
  const trained = new Map<string, number>()
  const drawable = new Map<string, number>()
  for (const { label, leader } of datasetRows(accepted, corpus)) {
    trained.set(label, (trained.get(label) ?? 0) + 1)
    if (eligible.has(leader)) drawable.set(label, (drawable.get(label) ?? 0) + 1)
  }
  if (drawable.size === 0) throw nothingNew()
  let left = 0
  for (const [label, rows] of trained) {
    const some = drawable.get(label) ?? 0
    if (rows > (some === 0 ? 0 : labelShare(some, holdOut))) left++
  }
  if (left < 2) throw tooFewLabels()
}

const nothingNew = (): ProtocolError =>
  new ProtocolError('round.no_data', 'no newly accepted item: nothing to measure a model with')

const tooFewLabels = (): ProtocolError =>
  new ProtocolError(
    'round.no_data',
    'a model needs accepted examples of at least two labels beside the hold-out',
  )
