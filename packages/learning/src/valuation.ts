/**
 * Valuation vectors (docs/spec/learning.md, Valuation): sparse integer TF-IDF of a text's terms. They never see labels,
 * so what a contribution is worth, and which texts are near-duplicates, cannot depend on what it claims to be.
 */
import type { SparseVector } from '@commonhold/kernels'
import { clz32, floor } from '@commonhold/protocol'
import { TERM_BUCKETS, type TermCounts, termCounts } from './terms.ts'

const HEAVIEST = 127
const ONE = 65_536
const MANTISSA = 33_554_432

/**
 * floor(log2(x) * 2^16) for an integer x in [1, 2^31), except that each of the 16 squarings truncates its mantissa to
 * 25 bits: integer arithmetic below 2^53, so every engine gives the same.
 */
export function log2Q16(x: number): number {
  const exponent = 31 - clz32(x)
  // x / 2^exponent as a fraction of 2^25: a division by a power of two, then the fraction is cut.
  let mantissa = floor((x * MANTISSA) / (1 << exponent))
  let fraction = 0
  for (let bit = 0; bit < 16; bit++) {
    mantissa = floor((mantissa * mantissa) / MANTISSA)
    fraction *= 2
    if (mantissa >= 2 * MANTISSA) {
      mantissa = floor(mantissa / 2)
      fraction += 1
    }
  }
  return exponent * ONE + fraction
}

export type Valuation = { readonly vector: (text: string) => SparseVector }

/** Counts in how many of `texts` each term occurs; `vector` weighs any text's terms by those counts. */
export function fitValuation(texts: readonly string[]): Valuation {
  return fitted(texts.length, texts.map(termCounts))
}

/** `fitValuation(texts)` applied to the same texts, in order. */
export function valuationVectors(texts: readonly string[]): readonly SparseVector[] {
  const terms = texts.map(termCounts)
  const { weigh } = fitted(texts.length, terms)
  return terms.map(weigh)
}

function fitted(
  size: number,
  terms: readonly TermCounts[],
): Valuation & { readonly weigh: (terms: TermCounts) => SparseVector } {
  const texts = new Uint32Array(TERM_BUCKETS)
  for (const { ids } of terms) {
    for (let i = 0; i < ids.length; i++) texts[ids[i] as number] = (texts[ids[i] as number] as number) + 1
  }
  const all = log2Q16(size + 1)
  const rarity = texts.map((count) => (count === 0 ? ONE + all : ONE + all - log2Q16(count + 1)))
  const weigh = (of: TermCounts): SparseVector => scaled(of, rarity)
  return { weigh, vector: (text) => weigh(termCounts(text)) }
}

/** Weight of a term = (1 + log2 count) * (1 + log2((texts + 1) / (texts with it + 1))), the row's largest being 127. */
function scaled({ ids, counts }: TermCounts, rarity: Uint32Array): SparseVector {
  const products = new Float64Array(ids.length)
  let largest = 1
  for (let i = 0; i < ids.length; i++) {
    // At most (32 * 2^16)^2 = 2^42: exact.
    const product = (ONE + log2Q16(counts[i] as number)) * (rarity[ids[i] as number] as number)
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
