/**
 * Leader clustering (docs/spec/review.md, section 1): an item joins the first leader, in log order, that it nearly
 * repeats, else becomes a leader itself. It is compared with leaders only, so that clusters do not chain.
 *
 * Candidates come from an inverted index over prefixes (Chaudhuri, Ganti, Kaushik 2006; Bayardo, Ma, Srikant 2007): in
 * any one order of the terms, two items beyond the threshold share a term of both prefixes. The order, rare terms first,
 * decides only the speed. Every candidate is then compared exactly.
 */
import type { SparseVector } from '@commonhold/kernels'
import { type Digest, floor } from '@commonhold/protocol'
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
  const vectors = new PrefixIndex(
    rarity(all.map(({ vector }) => vector.ids)),
    ({ vector }) => vector.ids,
    cosinePrefix,
  )
  const terms = new PrefixIndex(rarity(all.map((item) => item.terms)), (item) => item.terms, jaccardPrefix)
  const leaders: ClusterItem[] = []
  const norms: number[] = []
  const lead = (item: ClusterItem): void => {
    vectors.add(item, leaders.length)
    terms.add(item, leaders.length)
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

/**
 * How many of the terms, ranked, an item must be found by. `positions` point into the item's ids, rarest first.
 */
type PrefixRule = (item: ClusterItem, positions: readonly number[]) => number

/** Jaccard >= 4/5 means an overlap of at least 4/5 of the item's own terms: all but the last of so many lie before. */
const jaccardPrefix: PrefixRule = (_item, positions) =>
  positions.length - floor((4 * positions.length + 4) / 5) + 1

/** Past the prefix the rest of the vector is shorter than 9/10 of it, and cannot reach cosine 9/10 alone. */
const cosinePrefix: PrefixRule = ({ vector }, positions) => {
  const whole = squaredNorm(vector)
  let rest = whole
  let length = 0
  while (length < positions.length && 100 * rest >= 81 * whole) {
    const weight = vector.weights[positions[length++] as number] as number
    rest -= weight * weight
  }
  return length
}

class PrefixIndex {
  readonly #ranks: ReadonlyMap<number, number>
  readonly #idsOf: (item: ClusterItem) => Uint32Array
  readonly #prefix: PrefixRule
  readonly #leadersOf = new Map<number, number[]>()

  constructor(
    ranks: ReadonlyMap<number, number>,
    idsOf: (item: ClusterItem) => Uint32Array,
    prefix: PrefixRule,
  ) {
    this.#ranks = ranks
    this.#idsOf = idsOf
    this.#prefix = prefix
  }

  add(item: ClusterItem, leader: number): void {
    for (const id of this.#prefixIds(item)) {
      const leaders = this.#leadersOf.get(id)
      if (leaders === undefined) this.#leadersOf.set(id, [leader])
      else leaders.push(leader)
    }
  }

  /** The smallest leader below `bound` for which `matches`, else `bound`. */
  first(item: ClusterItem, bound: number, matches: (leader: number) => boolean): number {
    let best = bound
    const tried = new Set<number>()
    for (const id of this.#prefixIds(item)) {
      for (const leader of this.#leadersOf.get(id) ?? []) {
        if (leader >= best) break
        if (tried.has(leader)) continue
        tried.add(leader)
        if (matches(leader)) best = leader
      }
    }
    return best
  }

  #prefixIds(item: ClusterItem): number[] {
    const ids = this.#idsOf(item)
    const rank = (position: number): number => this.#ranks.get(ids[position] as number) as number
    const positions = Array.from(ids.keys()).sort((a, b) => rank(a) - rank(b))
    return positions.slice(0, this.#prefix(item, positions)).map((position) => ids[position] as number)
  }
}
