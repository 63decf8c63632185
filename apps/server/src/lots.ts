/** Who is asked to review what in the round under way. A wave's draw never changes, so it is replayed once and kept. */
import type { Community } from '@commonhold/node'
import { readCorpus, replayWaves } from '@commonhold/pipeline'
import { currentRound, type EventId, type MemberId } from '@commonhold/protocol'
import type { ClosedRounds } from './closed-rounds.ts'

export type Lots = {
  readonly round: number
  readonly wave: number
  /** Reviewers drawn for each leader that awaits a label. */
  readonly drawn: ReadonlyMap<EventId, readonly MemberId[]>
  /** The same by reviewer, in log order. */
  readonly byReviewer: ReadonlyMap<MemberId, readonly EventId[]>
  /** The leader of each item's cluster: near-duplicates are reviewed as one. */
  readonly leaderOf: ReadonlyMap<EventId, EventId>
}

export class DrawnLots {
  readonly #community: Community
  readonly #closed: ClosedRounds
  #lots: Lots | undefined
  #loading: Promise<Lots | undefined> | undefined

  constructor(community: Community, closed: ClosedRounds) {
    this.#community = community
    this.#closed = closed
  }

  /** Undefined while no wave of reviews is open. */
  async current(): Promise<Lots | undefined> {
    const round = currentRound(this.#community.view)
    if (round === undefined || round.phase === 'closed' || round.waves.length === 0) return undefined
    if (this.#lots?.round === round.round && this.#lots.wave === round.waves.length) return this.#lots
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined
    })
    return this.#loading
  }

  async #load(): Promise<Lots | undefined> {
    const { view, store } = this.#community
    const durable = await store.log.size()
    const previous = await this.#closed.state()
    const contents = await this.#community.contents()
    const round = currentRound(view)
    const opened = round?.waves.at(-1)
    if (round === undefined || opened === undefined || round.phase === 'closed') return undefined
    // The view is ahead of the store for the length of a commit: a draw over texts that are not there yet would be wrong.
    if (opened.index >= durable || previous.round !== round.round - 1) return undefined
    const corpus = readCorpus(view, round.round, contents, previous)
    const { drawn } = replayWaves(view, round, corpus, previous)
    const leaderOf = new Map<EventId, EventId>()
    for (const [leader, members] of corpus.clusters)
      for (const member of members) leaderOf.set(member, leader)
    this.#lots = { round: round.round, wave: round.waves.length, drawn, byReviewer: invert(drawn), leaderOf }
    return this.#lots
  }
}

function invert(drawn: Lots['drawn']): Map<MemberId, EventId[]> {
  const byReviewer = new Map<MemberId, EventId[]>()
  for (const [item, reviewers] of drawn) {
    for (const reviewer of reviewers) {
      const items = byReviewer.get(reviewer)
      if (items === undefined) byReviewer.set(reviewer, [item])
      else items.push(item)
    }
  }
  return byReviewer
}
