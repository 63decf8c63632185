/** Curation (docs/spec/pipeline.md): which clusters have an accepted label, and which item of each stands for it. */
import { compareText, type EventId, type Round, type View } from '@commonhold/protocol'
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
  const fresh = [
    ...reviewedClusters(view, round, corpus, waves),
    ...importedClusters(view, round, corpus, waves, previous),
  ]
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

function reviewedClusters(view: View, round: Round, corpus: Corpus, waves: Waves): AcceptedCluster[] {
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
    const own = (corpus.items.get(leader) as Item).contribution.label
    if (acceptance(estimate, own, rules) === 'undecided') continue
    clusters.push(settle(round, corpus, leader, estimate.label, 'accepted'))
  }
  return clusters
}

function importedClusters(
  view: View,
  round: Round,
  corpus: Corpus,
  waves: Waves,
  previous: RoundState,
): AcceptedCluster[] {
  const waiting = new Set(waves.waiting)
  const clusters: AcceptedCluster[] = []
  for (const leader of corpus.clusters.keys()) {
    if (waiting.has(leader) || previous.accepted.has(leader)) continue
    clusters.push(
      settle(
        round,
        corpus,
        leader,
        (view.contributions.get(leader) as Item['contribution']).label,
        'imported',
      ),
    )
  }
  return clusters
}

/** The credit goes to the cluster's first item whose author gave the accepted label; without one, to its leader. */
function settle(
  round: Round,
  corpus: Corpus,
  leader: EventId,
  label: string,
  agreed: Standing,
): AcceptedCluster {
  const members = corpus.clusters.get(leader) as readonly EventId[]
  const right = members.find((id) => (corpus.items.get(id) as Item).contribution.label === label)
  const item = right ?? leader
  const { author, lang } = (corpus.items.get(item) as Item).contribution
  const standing: Standing = round.gold.has(item) ? 'gold' : right === undefined ? 'corrected' : agreed
  return { leader, item, author, label, lang, standing, round: round.round }
}
