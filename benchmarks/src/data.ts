/** What is measured on: real texts where they are, else the demonstration's; and random data from fixed seeds. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Prng, prng } from '@commonhold/kernels'
import type { Example } from '@commonhold/learning'
import { taggedHash } from '@commonhold/protocol'
import { readExamples } from '../../apps/cli/src/table/index.ts'

const ROOT = join(import.meta.dirname, '../..')

export type Corpus = {
  readonly name: string
  readonly train: readonly Example[]
  readonly test: readonly Example[]
}

/** banking77 where the shared data is; else the demonstration's requests, every fifth of them held out. */
export async function labelledTexts(): Promise<Corpus> {
  const folder = join(process.env['COMMONHOLD_SHARED'] ?? join(ROOT, '../shared'), 'data/banking77')
  if (existsSync(folder)) {
    const read = (file: string): Promise<readonly Example[]> =>
      readExamples(join(folder, file), 'text', 'category')
    return { name: 'banking77', train: await read('train.csv'), test: await read('test.csv') }
  }
  const requests = await readExamples(join(ROOT, 'apps/cli/demo/requests.csv'), 'text', 'truth')
  return {
    name: "the demonstration's requests",
    train: requests.filter((_, i) => i % 5 !== 0),
    test: requests.filter((_, i) => i % 5 === 0),
  }
}

export const seeded = (purpose: string): Prng => prng(taggedHash('benchmark', purpose))

/** The beginning of one text and the end of another of the same label: as many texts as are needed, with real words. */
export function recombined(examples: readonly Example[], count: number, lot: Prng): readonly Example[] {
  const byLabel = Map.groupBy(examples, ({ label }) => label)
  return Array.from({ length: count }, () => {
    const { text, label } = examples[lot.below(examples.length)] as Example
    const alike = byLabel.get(label) as readonly Example[]
    const other = (alike[lot.below(alike.length)] as Example).text
    const head = text.split(' ')
    const tail = other.split(' ')
    return {
      text: [...head.slice(0, Math.ceil(head.length / 2)), ...tail.slice(Math.floor(tail.length / 2))].join(
        ' ',
      ),
      label,
    }
  })
}

/** Rows of int8, each component a sum of three uniform numbers: roughly normal, as embeddings are. */
export function randomRows(count: number, dimensions: number, lot: Prng): Int8Array {
  return Int8Array.from({ length: count * dimensions }, () => {
    const bits = lot.next()
    return ((bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255)) / 3 - 127.5
  })
}

/** Short texts of `labels` kinds, of words drawn by Zipf's law: half of them the kind's own, half common. */
export function syntheticTexts(count: number, labels: readonly string[], lot: Prng): readonly Example[] {
  const word = zipf(4_000, lot)
  return Array.from({ length: count }, (_, i) => {
    const kind = i % labels.length
    const words = Array.from({ length: 6 + lot.below(7) }, (_, w) =>
      spell(w % 2 === 0 ? 100_003 * (kind + 1) + word() : word()),
    )
    return { text: words.join(' '), label: labels[kind] as string }
  })
}

/** Ranks from 0, rank r with a probability proportional to 1 / (r + 3). */
function zipf(size: number, lot: Prng): () => number {
  const sums = new Float64Array(size)
  let total = 0
  for (let r = 0; r < size; r++) {
    total += 1 / (r + 3)
    sums[r] = total
  }
  return () => {
    const point = (lot.next() / 4_294_967_296) * total
    let low = 0
    let high = size - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sums[middle] as number) > point) high = middle
      else low = middle + 1
    }
    return low
  }
}

const ONSETS = 'b c d f g h j k l m n p r s t v w z br st'.split(' ')
const VOWELS = 'a e i o u'.split(' ')

/** A word that can be spoken; different numbers below 10^8 give different words. */
function spell(number: number): string {
  let text = ''
  for (let left = number + 1; left > 0; left = Math.floor(left / 100)) {
    text += `${ONSETS[Math.floor((left % 100) / 5)]}${VOWELS[left % 5]}`
  }
  return text
}
