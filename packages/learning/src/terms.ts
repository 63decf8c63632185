/**
 * Terms of a text (docs/spec/learning.md, Terms): word 1-2-grams and, within each word padded by one space on both
 * sides, character 2-5-grams; all hashed to 2^18 buckets. Model, valuation vectors and reviews use these same terms.
 */
import { imul } from '@commonhold/protocol'
import { foldCodePoint } from './fold.ts'

export const TERM_BUCKETS = 262_144

/** `ids` strictly ascending in [0, 2^18), `counts` beside them, >= 1. */
export type TermCounts = { readonly ids: Uint32Array; readonly counts: Uint32Array }

const SHORTEST = 2
const LONGEST = 5
const SPACE = 0x20
// Different starting states keep the word "an" and the characters "an" apart.
const WORD_STATE = 0x811c9dc5
const GRAM_STATE = 0x9e3779b9
const DIGIT_BITS = 9
const DIGITS = 1 << DIGIT_BITS

/** FNV-1a's step, taking a whole code point at a time. */
const mix = (state: number, codePoint: number): number => imul(state ^ codePoint, 0x01000193)

/** Murmur3's finaliser; the top 18 bits are the bucket. */
function bucket(state: number): number {
  let h = state ^ (state >>> 16)
  h = imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = imul(h, 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 14
}

// Working memory, grown to the longest text seen and left all zero (tally) or unread (the rest) between calls.
const tally = new Uint32Array(TERM_BUCKETS)
const digits = new Uint32Array(DIGITS)
let points = new Int32Array(256)
let seen = new Uint32Array(4096)
let spare = new Uint32Array(4096)

export function termCounts(text: string): TermCounts {
  const size = count(text)
  const counts = new Uint32Array(size)
  take(size, counts, 0)
  return { ids: seen.slice(0, size), counts }
}

/** Terms of many texts, end to end: text i has [offsets[i], offsets[i + 1]) of `ids` and `counts`. */
export type TermMatrix = TermCounts & { readonly offsets: Uint32Array }

/** As `termCounts` of each text; two arrays for all of them where training would wait for a collector of garbage. */
export function termMatrix(texts: readonly string[]): TermMatrix {
  const offsets = new Uint32Array(texts.length + 1)
  let ids = new Uint32Array(256 * texts.length)
  let counts = new Uint32Array(256 * texts.length)
  let end = 0
  for (let i = 0; i < texts.length; i++) {
    const size = count(texts[i] as string)
    if (end + size > ids.length) {
      ids = grown(ids, end + size)
      counts = grown(counts, end + size)
    }
    take(size, counts, end)
    ids.set(seen.subarray(0, size), end)
    end += size
    offsets[i + 1] = end
  }
  return { offsets, ids: ids.subarray(0, end), counts: counts.subarray(0, end) }
}

function grown(array: Uint32Array<ArrayBuffer>, least: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(2 * least)
  larger.set(array)
  return larger
}

/** Leaves the text's terms ascending in `seen` and their counts in `tally`. @returns how many there are. */
function count(text: string): number {
  reserve(text.length)
  return sortAscending(collect(fold(text)))
}

/** Moves the counts of `seen[0..size)` from `tally` to `counts`. */
function take(size: number, counts: Uint32Array, offset: number): void {
  for (let i = 0; i < size; i++) {
    const id = seen[i] as number
    counts[offset + i] = tally[id] as number
    tally[id] = 0
  }
}

/** Room for the padded words and all terms of a text of so many UTF-16 units. */
function reserve(length: number): void {
  if (points.length < 2 * length + 2) points = new Int32Array(4 * length + 2)
  const most = 12 * length + 8
  if (seen.length >= most) return
  seen = new Uint32Array(2 * most)
  spare = new Uint32Array(2 * most)
}

/** Writes the folded words to `points`, one space before, between and after them. @returns how many were written. */
function fold(text: string): number {
  let size = 1
  points[0] = SPACE
  for (let i = 0; i < text.length; i++) {
    const codePoint = text.codePointAt(i) as number
    if (codePoint > 0xffff) i++
    const code = foldCodePoint(codePoint)
    if (code > 0) points[size++] = code
    else if (code === 0 && points[size - 1] !== SPACE) points[size++] = SPACE
  }
  if (points[size - 1] !== SPACE) points[size++] = SPACE
  return size
}

/** Tallies every term of `points`. @returns the number of distinct ones, listed in `seen` as they came up. */
function collect(size: number): number {
  let distinct = 0
  const add = (state: number): void => {
    const id = bucket(state)
    const before = tally[id] as number
    if (before === 0) seen[distinct++] = id
    tally[id] = before + 1
  }
  let previous = 0
  for (let start = 0; start < size - 1; ) {
    let end = start + 1
    let word = WORD_STATE
    let pair = previous
    for (; points[end] !== SPACE; end++) {
      word = mix(word, points[end] as number)
      pair = mix(pair, points[end] as number)
    }
    add(word)
    if (start > 0) add(pair)
    previous = mix(word, SPACE)
    for (let from = start; from < end; from++) {
      let gram = GRAM_STATE
      const last = from + LONGEST <= end + 1 ? from + LONGEST : end + 1
      for (let to = from; to < last; to++) {
        gram = mix(gram, points[to] as number)
        if (to - from + 1 >= SHORTEST) add(gram)
      }
    }
    start = end
  }
  return distinct
}

/** Radix sort of `seen[0..size)` by two digits of nine bits. @returns `size`. */
function sortAscending(size: number): number {
  spread(seen, spare, size, 0)
  spread(spare, seen, size, DIGIT_BITS)
  return size
}

function spread(from: Uint32Array, to: Uint32Array, size: number, shift: number): void {
  digits.fill(0)
  for (let i = 0; i < size; i++) {
    const digit = ((from[i] as number) >>> shift) & (DIGITS - 1)
    digits[digit] = (digits[digit] as number) + 1
  }
  let before = 0
  for (let digit = 0; digit < DIGITS; digit++) {
    const here = digits[digit] as number
    digits[digit] = before
    before += here
  }
  for (let i = 0; i < size; i++) {
    const value = from[i] as number
    const digit = (value >>> shift) & (DIGITS - 1)
    const at = digits[digit] as number
    to[at] = value
    digits[digit] = at + 1
  }
}
