/** Curation (docs/spec/pipeline.md): which clusters have an accepted label, and which item of each stands for it. */
import { type Contribution, compareText, type EventId, type Round, type View } from '@commonhold/protocol'
import { acceptance } from '@commonhold/review'
import type { Corpus, Item } from './corpus.ts'
import type { AcceptedCluster, RoundState, Standing } from './state.ts'
import { reviewRules, type Waves } from './waves.ts'

export type Curation = {
  /** Newly accepted clusters, in log order of their leaders. */
  readonly fresh: readonly AcceptedCluster[]
  /** All accepted clusters by leader: those of earlier rounds, then the fresh ones. */
  readonly accepted: ReadonlyMap<EventId, AcceptedCluster>
}

export function curate(
  view: View,
  round: Round,
  corpus: Corpus,
  waves: Waves,
  previous: RoundState,
): Curation {
  const at: Settling = { round: round.round, corpus, gold: revealedGold(view, round.round) }
  const fresh = [...reviewedClusters(view, at, waves), ...importedClusters(at, waves, previous)]
  const position = new Map(Array.from(corpus.clusters.keys(), (leader, i) => [leader, i]))
  fresh.sort(
    (a, b) =>
      (position.get(a.leader) as number) - (position.get(b.leader) as number) ||
      compareText(a.leader, b.leader),
  )
  const accepted = new Map(previous.accepted)
  for (const cluster of fresh) accepted.set(cluster.leader, cluster)
  return { fresh, accepted }
}

type Settling = {
  readonly round: number
  readonly corpus: Corpus
  readonly gold: ReadonlySet<EventId>
}

/** An item that nobody could settle in its own round is gold in a later one too. */
function revealedGold(view: View, upTo: number): ReadonlySet<EventId> {
  const items = new Set<EventId>()
  for (const { round, gold } of view.rounds)
    if (round <= upTo) for (const item of gold.keys()) items.add(item)
  return items
}

function reviewedClusters(view: View, at: Settling, waves: Waves): AcceptedCluster[] {
  const charter = (view.founding as NonNullable<View['founding']>).charter
  const rules = reviewRules(charter)
  const reviewed = new Map<string, number>()
  for (const { item, label } of waves.reviews) {
    if (label !== undefined) reviewed.set(item, (reviewed.get(item) ?? 0) + 1)
  }
  const clusters: AcceptedCluster[] = []
  for (const estimate of waves.estimate.items) {
    const leader = estimate.item as EventId
    if ((reviewed.get(leader) ?? 0) < rules.firstWave) continue
    const own = contributionOf(at, leader).label
    if (acceptance(estimate, own, rules) === 'undecided') continue
    clusters.push(settle(at, leader, estimate.label, 'accepted'))
  }
  return clusters
}

function importedClusters(at: Settling, waves: Waves, previous: RoundState): AcceptedCluster[] {
  const waiting = new Set(waves.waiting)
  const clusters: AcceptedCluster[] = []
  for (const leader of at.corpus.clusters.keys()) {
    if (waiting.has(leader) || previous.accepted.has(leader)) continue
    clusters.push(settle(at, leader, contributionOf(at, leader).label, 'imported'))
  }
  return clusters
}

/**
 * The credit goes to the cluster's first item whose author gave the accepted label; without one, to its leader. Only an
 * author's first item of a cluster is asked, so nobody wins by handing in one text under every label; and a near-copy
 * that is right brought a label, not a text: it counts as a correction.
 */
function settle(at: Settling, leader: EventId, label: string, agreed: Standing): AcceptedCluster {
  const asked = new Set<string>()
  const right = (at.corpus.clusters.get(leader) as readonly EventId[]).find((id) => {
    const { author, label: own } = contributionOf(at, id)
    if (asked.has(author)) return false
    asked.add(author)
    return own === label
  })
  const item = right ?? leader
  const { author, lang, importer } = contributionOf(at, item)
  const standing: Standing = at.gold.has(item) ? 'gold' : right === leader ? agreed : 'corrected'
  return { leader, item, author, label, lang, standing, imported: importer !== undefined, round: at.round }
}

const contributionOf = ({ corpus }: Settling, id: EventId): Contribution =>
  (corpus.items.get(id) as Item).contribution
