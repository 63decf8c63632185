/**
 * Leader clustering (docs/spec/review.md, section 1): an item joins the first leader, in log order, that it nearly
 * repeats, else becomes a leader itself. It is compared with leaders only, so that clusters do not chain.
 *
 * Candidates come from an inverted index over prefixes (Chaudhuri, Ganti, Kaushik 2006; Bayardo, Ma, Srikant 2007): in
 * any one order of the terms, two items beyond the threshold share a term of both prefixes. The order, rare terms first,
 * decides only the speed. Every candidate is then compared exactly.
 */
import type { SparseVector } from '@commonhold/kernels'
import { type Digest, floor, max, min } from '@commonhold/protocol'
import { nearlySameTerms, nearlySameVectors, squaredNorm } from './similarity.ts'

export type ClusterItem = {
  readonly id: Digest
  /** Valuation vector. */
  readonly vector: SparseVector
  /** Ids of the distinct words, ascending. */
  readonly terms: Uint32Array
}

export type Clusters = {
  /** The leaders given, then the new ones in log order: pass them to the next call to continue. */
  readonly leaders: readonly ClusterItem[]
  /** For each item, its leader's position in `leaders`. */
  readonly leaderOf: Int32Array
}

/** `items` in log order, none of them among `existingLeaders`; both with vectors and terms made by the same rules. */
export function clusterLeaders(
  items: readonly ClusterItem[],
  existingLeaders: readonly ClusterItem[] = [],
): Clusters {
  const all = [...existingLeaders, ...items]
  const vectors = new PrefixIndex(({ vector }) => vector.ids, cosineRule, all)
  const terms = new PrefixIndex((item) => item.terms, jaccardRule, all)
  const leaders: ClusterItem[] = []
  const norms: number[] = []
  const lead = (item: ClusterItem): void => {
    vectors.add(item)
    terms.add(item)
    leaders.push(item)
    norms.push(squaredNorm(item.vector))
  }
  for (const leader of existingLeaders) lead(leader)
  const leaderOf = new Int32Array(items.length)
  for (const [position, item] of items.entries()) {
    const norm = squaredNorm(item.vector)
    const byTerms = terms.first(item, leaders.length, (at) =>
      nearlySameTerms(item.terms, (leaders[at] as ClusterItem).terms),
    )
    leaderOf[position] = vectors.first(item, byTerms, (at) =>
      nearlySameVectors(item.vector, norm, (leaders[at] as ClusterItem).vector, norms[at] as number),
    )
    if (leaderOf[position] === leaders.length) lead(item)
  }
  return { leaders, leaderOf }
}

/** Rank of every term id, rare ones first, equals by id. Ids are small numbers: buckets or positions in a vocabulary. */
function rarity(sets: readonly Uint32Array[]): Uint32Array {
  let size = 0
  for (const ids of sets) size = max(size, (ids[ids.length - 1] ?? -1) + 1)
  const frequency = new Uint32Array(size)
  for (const ids of sets) for (const id of ids) frequency[id] = (frequency[id] as number) + 1
  const order = Uint32Array.from(frequency.keys()).sort(
    (a, b) => (frequency[a] as number) - (frequency[b] as number) || a - b,
  )
  const ranks = new Uint32Array(size)
  for (const [rank, id] of order.entries()) ranks[id] = rank
  return ranks
}

type PrefixRule = {
  /** How many of its terms an item must be found by; `positions` point into its ids, rarest first. */
  readonly length: (item: ClusterItem, positions: Uint32Array) => number
  /**
   * Whether two items can match whose first common term, rarest first, has positions `a` and `b` among their `sizeA`
   * and `sizeB` terms: what lies before is missing in the other. Spares touching most candidates.
   */
  readonly possible: (a: number, sizeA: number, b: number, sizeB: number) => boolean
}

const jaccardRule: PrefixRule = {
  // An overlap of at least 4/5 of the item's own terms: all but the last of so many lie before.
  length: (_item, positions) => positions.length - floor((4 * positions.length + 4) / 5) + 1,
  possible: (a, sizeA, b, sizeB) => 9 * min(sizeA - a, sizeB - b) >= 4 * (sizeA + sizeB),
}

const cosineRule: PrefixRule = {
  // Past the prefix the rest of the vector is shorter than 9/10 of it, and cannot reach cosine 9/10 alone.
  length: ({ vector }, positions) => {
    const whole = squaredNorm(vector)
    let rest = whole
    let length = 0
    while (length < positions.length && 100 * rest >= 81 * whole) {
      const weight = vector.weights[positions[length++] as number] as number
      rest -= weight * weight
    }
    return length
  },
  possible: () => true,
}

/** Leaders that have a term in their prefix, ascending, and its position in each. */
type Postings = { readonly leaders: number[]; readonly positions: number[] }

class PrefixIndex {
  readonly #ranks: Uint32Array
  readonly #idsOf: (item: ClusterItem) => Uint32Array
  readonly #rule: PrefixRule
  readonly #postings = new Map<number, Postings>()
  readonly #sizes: number[] = []
  /** Per leader, the last query that compared it. */
  readonly #compared: number[] = []
  #query = 0
  #last: { readonly item: ClusterItem; readonly prefix: Uint32Array } | undefined

  constructor(idsOf: (item: ClusterItem) => Uint32Array, rule: PrefixRule, all: readonly ClusterItem[]) {
    this.#ranks = rarity(all.map(idsOf))
    this.#idsOf = idsOf
    this.#rule = rule
  }

  /** Leaders are numbered in the order in which they are added. */
  add(item: ClusterItem): void {
    const leader = this.#sizes.length
    this.#sizes.push(this.#idsOf(item).length)
    this.#compared.push(0)
    for (const [position, id] of this.#prefixIds(item).entries()) {
      const postings = this.#postings.get(id)
      if (postings === undefined) this.#postings.set(id, { leaders: [leader], positions: [position] })
      else {
        postings.leaders.push(leader)
        postings.positions.push(position)
      }
    }
  }

  /** The smallest leader below `bound` for which `matches`, else `bound`. */
  first(item: ClusterItem, bound: number, matches: (leader: number) => boolean): number {
    const query = ++this.#query
    const size = this.#idsOf(item).length
    let best = bound
    for (const [position, id] of this.#prefixIds(item).entries()) {
      const { leaders, positions } = this.#postings.get(id) ?? NO_POSTINGS
      for (let k = 0; k < leaders.length; k++) {
        const leader = leaders[k] as number
        if (leader >= best) break
        if (!this.#rule.possible(position, size, positions[k] as number, this.#sizes[leader] as number))
          continue
        if (this.#compared[leader] === query) continue
        this.#compared[leader] = query
        if (matches(leader)) best = leader
      }
    }
    return best
  }

  /** Ids of the item's prefix, rarest first. An item is looked up, then perhaps added: the second time is free. */
  #prefixIds(item: ClusterItem): Uint32Array {
    if (this.#last?.item === item) return this.#last.prefix
    const ids = this.#idsOf(item)
    // Rank and position in one exact number, so that a sort needs no comparing function of ours.
    // biome-ignore lint/plugin: a typed array sorts by number, in one way.
    const keys = Float64Array.from(
      ids,
      (id, position) => (this.#ranks[id] as number) * POSITIONS + position,
    ).sort()
    const positions = Uint32Array.from(keys, (key) => key % POSITIONS)
    const prefix = positions.slice(0, this.#rule.length(item, positions))
    for (let i = 0; i < prefix.length; i++) prefix[i] = ids[prefix[i] as number] as number
    this.#last = { item, prefix }
    return prefix
  }
}

/** More than the terms of any text: 64 KB of it have fewer. */
const POSITIONS = 2_097_152

const NO_POSTINGS: Postings = { leaders: [], positions: [] }
