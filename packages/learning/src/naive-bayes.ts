/**
 * Multinomial naive Bayes on counts of terms (docs/spec/learning.md, Naive Bayes): integers that add up, so adding and
 * removing an example are exact opposites, whatever came between. A second opinion beside the classifier, and at once
 * free of what was erased.
 */
import { type Digest, ProtocolError, taggedHash } from '@commonhold/protocol'
import type { Example } from './classify.ts'
import { indexOfLargest, labelNumbers } from './labels.ts'
import { log2Q16 } from './log2.ts'
import { TERM_BUCKETS, termCounts } from './terms.ts'

export type NaiveBayes = {
  readonly add: (example: Example) => void
  /** @throws {ProtocolError} `data.malformed` where the example's terms were never added; nothing changes then. */
  readonly remove: (example: Example) => void
  /** Log-probability of each label up to a common summand, in units of 2^-16 bits; the largest wins, ties to the smaller label. */
  readonly scores: (text: string) => readonly number[]
  readonly label: (text: string) => string
  /** Digest of all counts: equal for equal sets of examples, in whatever order they came and went. */
  readonly digest: () => Digest
}

/** Smoothing: every term counts 1/400 more in each label. Counts are taken times 400, so that they stay integers. */
const SMOOTHING = 400

/** @param labels - in the order of compareText. */
export function naiveBayes(labels: readonly string[]): NaiveBayes {
  const numberOf = labelNumbers(labels)
  const classes = labels.length
  const counts = new Map<number, Uint32Array>()
  const totals = new Uint32Array(classes)
  const examples = new Uint32Array(classes)

  const number = (label: string): number => {
    const found = numberOf.get(label)
    if (found !== undefined) return found
    throw new ProtocolError('contribution.label_unknown', `no label "${label}"`, { label })
  }
  const change = (example: Example, by: 1 | -1): void => {
    const c = number(example.label)
    const terms = termCounts(example.text)
    if (by === -1) assertHeld(terms, c)
    for (let i = 0; i < terms.ids.length; i++) {
      const id = terms.ids[i] as number
      const times = terms.counts[i] as number
      const row = counts.get(id) ?? new Uint32Array(classes)
      row[c] = (row[c] as number) + by * times
      totals[c] = (totals[c] as number) + by * times
      if (row.every((count) => count === 0)) counts.delete(id)
      else counts.set(id, row)
    }
    examples[c] = (examples[c] as number) + by
  }
  const assertHeld = ({ ids, counts: times }: ReturnType<typeof termCounts>, c: number): void => {
    const held = ids.every((id, i) => (counts.get(id)?.[c] ?? 0) >= (times[i] as number))
    if (!held || examples[c] === 0)
      throw new ProtocolError('data.malformed', 'removing an example that was not added')
  }
  const scores = (text: string): readonly number[] => {
    const { ids, counts: times } = termCounts(text)
    return Array.from(totals, (total, c) => {
      const all = log2Q16(SMOOTHING * total + TERM_BUCKETS)
      let sum = log2Q16((examples[c] as number) + 1)
      for (let i = 0; i < ids.length; i++) {
        const count = counts.get(ids[i] as number)?.[c] ?? 0
        sum += (times[i] as number) * (log2Q16(SMOOTHING * count + 1) - all)
      }
      return sum
    })
  }
  return {
    add: (example) => change(example, 1),
    remove: (example) => change(example, -1),
    scores,
    label: (text) => labels[indexOfLargest(scores(text))] as string,
    digest: () => digestOf(labels, examples, counts),
  }
}

function digestOf(
  labels: readonly string[],
  examples: Uint32Array,
  counts: ReadonlyMap<number, Uint32Array>,
): Digest {
  const rows = [...counts].sort(([a], [b]) => a - b)
  const words = new DataView(new ArrayBuffer(4 * (labels.length + rows.length * (1 + labels.length))))
  let at = 0
  const put = (value: number): void => {
    words.setUint32(at, value)
    at += 4
  }
  examples.forEach(put)
  for (const [id, row] of rows) {
    put(id)
    row.forEach(put)
  }
  return taggedHash('naive-bayes', ...labels, new Uint8Array(words.buffer))
}
