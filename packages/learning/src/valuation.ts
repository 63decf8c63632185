/**
 * Valuation vectors (docs/spec/learning.md, Valuation): sparse integer TF-IDF of a text's terms. They never see labels,
 * so what a contribution is worth, and which texts are near-duplicates, cannot depend on what it claims to be.
 */
import type { SparseVector } from '@commonhold/kernels'
import { floor } from '@commonhold/protocol'
import { frequencyWeight, rarities, textFrequencies } from './features.ts'
import { type TermCounts, termCounts, termMatrix } from './terms.ts'

const HEAVIEST = 127

export type Valuation = { readonly vector: (text: string) => SparseVector }

/** Counts in how many of `texts` each term occurs; `vector` weighs any text's terms by those counts. */
export function fitValuation(texts: readonly string[]): Valuation {
  const rarity = rarities(texts.length, textFrequencies(termMatrix(texts)))
  return { vector: (text) => scaled(termCounts(text), rarity) }
}

/** `fitValuation(texts)` applied to the same texts, in order. */
export function valuationVectors(texts: readonly string[]): readonly SparseVector[] {
  const matrix = termMatrix(texts)
  const rarity = rarities(texts.length, textFrequencies(matrix))
  const part = (of: Uint32Array, i: number): Uint32Array => of.slice(matrix.offsets[i], matrix.offsets[i + 1])
  return texts.map((_, i) => scaled({ ids: part(matrix.ids, i), counts: part(matrix.counts, i) }, rarity))
}

/** Weight of a term = (1 + log2 count) * (1 + log2((texts + 1) / (texts with it + 1))), the row's largest being 127. */
function scaled({ ids, counts }: TermCounts, rarity: Uint32Array): SparseVector {
  const products = new Float64Array(ids.length)
  let largest = 1
  for (let i = 0; i < ids.length; i++) {
    // At most (32 * 2^16)^2 = 2^42: exact.
    const product = frequencyWeight(counts[i] as number) * (rarity[ids[i] as number] as number)
    products[i] = product
    if (product > largest) largest = product
  }
  const weights = new Int8Array(ids.length)
  for (let i = 0; i < ids.length; i++) {
    const nearest = floor((2 * HEAVIEST * (products[i] as number) + largest) / (2 * largest))
    weights[i] = nearest < 1 ? 1 : nearest
  }
  return { ids, weights }
}
