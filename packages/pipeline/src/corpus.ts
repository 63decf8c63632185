/** The texts of a round and what is derived from them alone: valuation vectors and clusters of near-duplicates. */
import type { SparseVector } from '@commonhold/kernels'
import { valuationVectors, words } from '@commonhold/learning'
import type { Contribution, Digest, EventId, View } from '@commonhold/protocol'
import { type ClusterItem, clusterLeaders } from '@commonhold/review'
import type { RoundState } from './state.ts'

/** The text of an addendum; undefined where it was erased. */
export type Contents = (content: Digest) => string | undefined

export type Item = {
  readonly contribution: Contribution
  readonly text: string
  readonly vector: SparseVector
}

export type Corpus = {
  /** Every contribution of this round and the rounds before, in log order. */
  readonly items: ReadonlyMap<EventId, Item>
  /** Leaders in log order, each with its whole cluster in log order. */
  readonly clusters: ReadonlyMap<EventId, readonly EventId[]>
}

/**
 * Submissions of a round close with its first wave, so the corpus of a round is the same at every later moment: at a
 * wave's draw, at the close and in a replay. Clusters of earlier rounds stay; new items join them or lead their own.
 */
export function readCorpus(view: View, round: number, contents: Contents, previous: RoundState): Corpus {
  const contributions = Array.from(view.contributions.values()).filter((one) => one.round <= round)
  // An erased text keeps its place with an empty vector: near nothing, trained on never.
  const texts = contributions.map(({ content }) => contents(content) ?? '')
  const vectors = valuationVectors(texts)
  const items = new Map<EventId, Item>()
  for (const [i, contribution] of contributions.entries()) {
    items.set(contribution.id, { contribution, text: texts[i] as string, vector: vectors[i] as SparseVector })
  }
  return { items, clusters: extendClusters(items, previous) }
}

function extendClusters(
  items: ReadonlyMap<EventId, Item>,
  previous: RoundState,
): Map<EventId, readonly EventId[]> {
  const clustered = new Set<EventId>()
  const clusters = new Map<EventId, EventId[]>()
  for (const [leader, members] of previous.clusters) {
    clusters.set(leader, [...members])
    for (const member of members) clustered.add(member)
  }
  const numberOf = new Map<string, number>()
  const point = (id: EventId): ClusterItem => {
    const { vector, text } = items.get(id) as Item
    return { id, vector, terms: wordSet(text, numberOf) }
  }
  const fresh = Array.from(items.keys()).filter((id) => !clustered.has(id))
  const { leaders, leaderOf } = clusterLeaders(fresh.map(point), Array.from(clusters.keys(), point))
  for (const [i, id] of fresh.entries()) {
    const leader = (leaders[leaderOf[i] as number] as ClusterItem).id as EventId
    const cluster = clusters.get(leader)
    if (cluster === undefined) clusters.set(leader, [id])
    else cluster.push(id)
  }
  return clusters
}

/** Distinct words as numbers in order of first appearance in the corpus, ascending. */
function wordSet(text: string, numberOf: Map<string, number>): Uint32Array {
  const numbers = new Set<number>()
  for (const word of words(text)) {
    const known = numberOf.get(word) ?? numberOf.size
    numberOf.set(word, known)
    numbers.add(known)
  }
  return Uint32Array.from(numbers).sort((a, b) => a - b)
}
