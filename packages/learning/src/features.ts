/** TF-IDF rows of unit length (docs/spec/learning.md, Training): what the classifier sees of a text. */
import { sqrt } from '@commonhold/protocol'
import { log2Q16 } from './log2.ts'
import { TERM_BUCKETS, type TermMatrix } from './terms.ts'

const ONE = 65_536
const TABLE = 256

const FREQUENCIES = Float64Array.from({ length: TABLE }, (_, count) =>
  count === 0 ? 0 : ONE + log2Q16(count),
)

/** 2^16 x (1 + log2 count) for count >= 1. */
export const frequencyWeight = (count: number): number =>
  count < TABLE ? (FREQUENCIES[count] as number) : ONE + log2Q16(count)

/** 2^16 x (1 + log2((texts + 1) / (textsWithTerm + 1))). */
export const rarityWeight = (texts: number, textsWithTerm: number): number =>
  ONE + log2Q16(texts + 1) - log2Q16(textsWithTerm + 1)

/** In how many of the texts each of the 2^18 terms occurs. */
export function textFrequencies({ ids }: TermMatrix): Uint32Array {
  const frequencies = new Uint32Array(TERM_BUCKETS)
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i] as number
    frequencies[id] = (frequencies[id] as number) + 1
  }
  return frequencies
}

/** 2^16 x rarity of every term, those that no text has included. */
export function rarities(texts: number, frequencies: Uint32Array): Uint32Array {
  // Most terms share a few small counts: each logarithm is taken once. Rarity is never 0, so 0 is "not yet".
  const byCount = new Uint32Array(texts + 1)
  return frequencies.map((count) => {
    if (byCount[count] === 0) byCount[count] = rarityWeight(texts, count)
    return byCount[count] as number
  })
}

/**
 * Writes the f32 values of the terms [from, to) of a text; their squares sum to 1.
 *
 * @param rarity - of each term, beside `counts`.
 */
export function unitValues(
  counts: Uint32Array,
  rarity: Uint32Array,
  from: number,
  to: number,
  values: Float32Array,
): void {
  let squares = 0
  for (let i = from; i < to; i++) {
    // Up to 2^42 as an integer, brought near 1 so that its square is well inside a double.
    const weight = (frequencyWeight(counts[i] as number) * (rarity[i] as number)) / 4_294_967_296
    values[i] = weight
    squares += weight * weight
  }
  const length = sqrt(squares)
  for (let i = from; i < to; i++) values[i] = (values[i] as number) / length
}
