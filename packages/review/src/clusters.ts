/**
 * Leader clustering (docs/spec/review.md, section 1): an item joins the first leader, in log order, that it nearly
 * repeats, else becomes a leader itself. It is compared with leaders only, so that clusters do not chain.
 *
 * Candidates come from an inverted index over prefixes (Chaudhuri, Ganti, Kaushik 2006; Bayardo, Ma, Srikant 2007): in
 * any one order of the terms, two items beyond the threshold share a term of both prefixes. The order, rare terms first,
 * decides only the speed. Every candidate is then compared exactly.
 */
import type { SparseVector } from '@commonhold/kernels'
import { type Digest, floor, min } from '@commonhold/protocol'
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

/** Rank of every term id, rare ones first, equals by id. */
function rarity(sets: readonly Uint32Array[]): Map<number, number> {
  const frequency = new Map<number, number>()
  for (const ids of sets) for (const id of ids) frequency.set(id, (frequency.get(id) ?? 0) + 1)
  const order = [...frequency].sort(([a, inA], [b, inB]) => inA - inB || a - b)
  return new Map(order.map(([id], rank) => [id, rank]))
}

type PrefixRule = {
  /** How many of its terms an item must be found by; `positions` point into its ids, rarest first. */
  readonly length: (item: ClusterItem, positions: readonly number[]) => number
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
  readonly #ranks: ReadonlyMap<number, number>
  readonly #idsOf: (item: ClusterItem) => Uint32Array
  readonly #rule: PrefixRule
  readonly #postings = new Map<number, Postings>()
  readonly #sizes: number[] = []
  /** Per leader, the last query that compared it. */
  readonly #compared: number[] = []
  #query = 0

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

  #prefixIds(item: ClusterItem): number[] {
    const ids = this.#idsOf(item)
    const ranks = Float64Array.from(ids, (id) => this.#ranks.get(id) as number)
    const positions = Array.from(ids.keys()).sort((a, b) => (ranks[a] as number) - (ranks[b] as number))
    return positions.slice(0, this.#rule.length(item, positions)).map((position) => ids[position] as number)
  }
}

const NO_POSTINGS: Postings = { leaders: [], positions: [] }
