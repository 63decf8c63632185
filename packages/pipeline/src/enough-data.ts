/** Whether a round can be closed: a model needs examples to learn from and others to be measured with. */
import { currentRound, type EventId, type MemberId, ProtocolError, type View } from '@commonhold/protocol'
import { type Contents, type Corpus, type Item, readCorpus } from './corpus.ts'
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
  const corpus = readCorpus(view, round.round, contents, previous)
  const waves = replayWaves(view, round, corpus, previous)
  const { accepted, fresh } = curate(view, round, corpus, waves, previous)
  const maybeGold = (author: MemberId): boolean =>
    round.goldCommitments.size > 0 && view.members.get(author)?.roles.has('organiser') === true
  const drawable = new Set(
    fresh
      .filter(({ author, standing }) => standing !== 'gold' && !maybeGold(author))
      .map(({ leader }) => leader),
  )
  const rows = datasetRows(accepted, corpus)
  demandLabels(
    view,
    rows.map(({ label, leader }) => ({ label, fresh: drawable.has(leader) })),
  )
}

/**
 * To be asked before the first wave, which closes a round's submissions: whether all of it would do, if the reviewers agreed
 * with every author.
 *
 * @throws {ProtocolError} `round.no_data`.
 */
export function demandSubmittedData(view: View, corpus: Corpus, previous: RoundState): void {
  const leaders = Array.from(corpus.clusters.keys())
  demandLabels(
    view,
    leaders.map((leader) => {
      const before = previous.accepted.get(leader)
      const label = before?.label ?? (corpus.items.get(leader) as Item).contribution.label
      return { label, fresh: before === undefined }
    }),
  )
}

type Row = { readonly label: string; readonly fresh: boolean }

function demandLabels(view: View, rows: readonly Row[]): void {
  const { holdOut } = (view.founding as NonNullable<View['founding']>).charter
  const all = new Map<string, number>()
  const fresh = new Map<string, number>()
  for (const row of rows) {
    all.set(row.label, (all.get(row.label) ?? 0) + 1)
    if (row.fresh) fresh.set(row.label, (fresh.get(row.label) ?? 0) + 1)
  }
  if (fresh.size === 0) throw nothingNew()
  let left = 0
  for (const [label, count] of all) {
    const some = fresh.get(label) ?? 0
    if (count > (some === 0 ? 0 : labelShare(some, holdOut))) left++
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
