/**
 * Who reviews what (docs/spec/review.md): nobody chooses, everybody can recompute. Each wave's draw depends on the log
 * before it alone, so the waves are replayed one after the other.
 */
import {
  type Charter,
  drawSeed,
  type EventId,
  type MemberId,
  mayReview,
  type Review,
  type Round,
  type View,
} from '@commonhold/protocol'
import { type Aggregation, aggregate, drawReviewers, type Judgement, needsMore } from '@commonhold/review'
import type { Corpus, Item } from './corpus.ts'
import type { RoundState } from './state.ts'

export type Waves = {
  /** Leaders that await a label, in log order. */
  readonly waiting: readonly EventId[]
  /** Reviewers drawn for each, of all waves, those of earlier rounds who answered included. */
  readonly drawn: ReadonlyMap<EventId, readonly MemberId[]>
  /** Those of them whose answers count, with the log index of their wave: see RoundState. */
  readonly answered: ReadonlyMap<EventId, ReadonlyMap<MemberId, number>>
  /** Reviews that count: drawn by lot and made after the draw, or attested by an importer. In log order. */
  readonly reviews: readonly Review[]
  readonly estimate: Aggregation
  /** Leaders for which another wave would draw somebody. */
  readonly undecided: readonly EventId[]
}

export const reviewRules = ({ reviews }: Charter) => ({
  acceptPpm: reviews.acceptPpm,
  firstWave: reviews.first,
  mostReviewers: reviews.most,
})

/** Replays the waves of `round` over the log in `view`. */
export function replayWaves(view: View, round: Round, corpus: Corpus, previous: RoundState): Waves {
  const charter = (view.founding as NonNullable<View['founding']>).charter
  const waiting = waitingLeaders(view, charter, corpus, previous)
  const reviews = reviewsOf(view, round.round, new Set(waiting))
  const drawnAt = new Map(waiting.map((id) => [id, new Map(previous.answered.get(id))]))
  const counted = (before: number): Review[] =>
    reviews.filter(({ imported, index, item, reviewer }) => {
      const wave = drawnAt.get(item)?.get(reviewer)
      return index < before && (imported || (wave !== undefined && wave < index))
    })
  for (const wave of round.waves) {
    const so = estimateItems(charter, waiting, corpus, counted(wave.index))
    const seed = drawSeed('assignment', view.community as EventId, round.round, wave.history)
    drawWave(view, seed, wave.index, so, corpus, drawnAt, charter)
  }
  const all = counted(view.size)
  const last = estimateItems(charter, waiting, corpus, all)
  return {
    waiting,
    drawn: new Map(Array.from(drawnAt, ([id, members]) => [id, Array.from(members.keys())])),
    answered: answeredOf(drawnAt, all),
    reviews: all,
    estimate: last.estimate,
    undecided: waiting.filter((id) => needOf(last, id, charter) > 0),
  }
}

function answeredOf(
  drawnAt: ReadonlyMap<EventId, ReadonlyMap<MemberId, number>>,
  reviews: readonly Review[],
): ReadonlyMap<EventId, ReadonlyMap<MemberId, number>> {
  const answered = new Map<EventId, Map<MemberId, number>>()
  for (const { item, reviewer } of reviews) {
    const wave = drawnAt.get(item)?.get(reviewer)
    if (wave === undefined) continue
    const some = answered.get(item)
    if (some === undefined) answered.set(item, new Map([[reviewer, wave]]))
    else some.set(reviewer, wave)
  }
  return answered
}

/** Clusters without an accepted label, but for those that an import's charter accepts as they are. */
function waitingLeaders(view: View, charter: Charter, corpus: Corpus, previous: RoundState): EventId[] {
  const leaders: EventId[] = []
  for (const leader of corpus.clusters.keys()) {
    const contribution = view.contributions.get(leader)
    const byImport = contribution?.importer !== undefined && charter.imported === 'accepted'
    if (!previous.accepted.has(leader) && !byImport) leaders.push(leader)
  }
  return leaders
}

function reviewsOf(view: View, upTo: number, items: ReadonlySet<EventId>): Review[] {
  const reviews: Review[] = []
  // Items that stayed undecided keep the reviews of earlier rounds.
  for (const { round, reviews: some } of view.rounds) {
    if (round <= upTo) for (const review of some) if (items.has(review.item)) reviews.push(review)
  }
  return reviews
}

type Estimate = {
  readonly waiting: readonly EventId[]
  readonly estimate: Aggregation
  readonly byItem: ReadonlyMap<string, Aggregation['items'][number]>
  /** Answers by item, and those among them that give a label. */
  readonly answers: ReadonlyMap<EventId, number>
  readonly labelled: ReadonlyMap<EventId, number>
}

function estimateItems(
  charter: Charter,
  waiting: readonly EventId[],
  corpus: Corpus,
  reviews: readonly Review[],
): Estimate {
  const answers = new Map<EventId, number>()
  const labelled = new Map<EventId, number>()
  const given: Judgement[] = []
  for (const { item, reviewer, label } of reviews) {
    answers.set(item, (answers.get(item) ?? 0) + 1)
    if (label === undefined) continue
    labelled.set(item, (labelled.get(item) ?? 0) + 1)
    given.push({ item, worker: reviewer, label })
  }
  const own: Judgement[] = []
  for (const id of waiting) {
    const { author, label } = (corpus.items.get(id) as Item).contribution
    // The author's label is one judgement among the others, once there are others.
    if (labelled.has(id)) own.push({ item: id, worker: author, label })
  }
  const estimate = aggregate([...own, ...given], { classes: charter.labels })
  const byItem = new Map(estimate.items.map((one) => [one.item, one]))
  return { waiting, estimate, byItem, answers, labelled }
}

/** Nothing is decided by fewer labels than a first wave: whoever was not sure is followed by somebody else. */
function needOf({ byItem, answers, labelled }: Estimate, id: EventId, charter: Charter): number {
  const enough = (labelled.get(id) ?? 0) >= charter.reviews.first
  return needsMore(enough ? byItem.get(id) : undefined, answers.get(id) ?? 0, reviewRules(charter))
}

/**
 * Whose work an answer about a leader judges: everybody's in its cluster, for the answer decides which of them gets the
 * credit. Who vouches for an import stands in for its authors: a seat granted later must not change an earlier draw.
 */
function authorsOf(corpus: Corpus, leader: EventId): readonly MemberId[] {
  const authors = new Set<MemberId>()
  for (const id of corpus.clusters.get(leader) ?? [leader]) {
    const { author, importer } = (corpus.items.get(id) as Item).contribution
    authors.add(importer ?? author)
  }
  return Array.from(authors)
}

function drawWave(
  view: View,
  seed: ReturnType<typeof drawSeed>,
  index: number,
  so: Estimate,
  corpus: Corpus,
  drawnAt: ReadonlyMap<EventId, Map<MemberId, number>>,
  charter: Charter,
): void {
  const reviewers: MemberId[] = []
  for (const { id, roles } of view.members.values()) {
    const granted = roles.get('reviewer')
    if (granted !== undefined && granted < index) reviewers.push(id)
  }
  const items = so.waiting
    .filter((id) => needOf(so, id, charter) > 0)
    .map((id) => ({ id, authors: authorsOf(corpus, id) }))
  const drawn = drawReviewers({
    seed,
    items,
    reviewers,
    already: (item) => drawnAt.get(item as EventId)?.keys() ?? [],
    // A reviewer who was drawn and did not answer is replaced, up to the charter's most.
    perItem: (item) => {
      const id = item as EventId
      const held = drawnAt.get(id)?.size ?? 0
      const wanted = held + needOf(so, id, charter)
      return wanted < charter.reviews.most ? wanted : charter.reviews.most
    },
    conflict: (reviewer, author) => !mayReview(view.members, reviewer, author),
  })
  for (const { item, reviewers: some } of drawn)
    for (const one of some) drawnAt.get(item as EventId)?.set(one, index)
}
