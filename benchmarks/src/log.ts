/** Integration into the Merkle log in memory: leaves, tiles, bundles and a root for each batch. */
import { createHash } from 'node:crypto'
import { appendEntries, EMPTY_EDGE, edgeRoot } from '@commonhold/tlog'
import { seeded } from './data.ts'
import { alternate, timed } from './measure.ts'
import { type Benchmark, type Row, row } from './report.ts'

const ENTRIES = 1 << 17
/** As many as one transaction of the sequencer holds. */
const BATCH = 512
/** A short record, and the size of an entry that holds one contribution. */
const SIZES = [200, 640]
const REPETITIONS = 5

export const log: Benchmark = {
  name: 'log',
  summary: 'entries integrated into the log in memory, in batches of 512 with a root each',
  run,
}

async function* run(): AsyncGenerator<Row> {
  for (const size of SIZES) {
    const entries = randomEntries(size)
    const found: string[] = []
    const rate = (work: (entries: readonly Uint8Array[]) => Uint8Array) => () => {
      const { seconds, result } = timed(() => work(entries))
      found.push(Buffer.from(result).toString('hex'))
      return ENTRIES / seconds
    }
    const [values = [], naive = []] = await alternate(REPETITIONS, rate(integrate), rate(integrateNaively))
    if (new Set(found).size !== 1) throw new Error('the naive tree has another root')
    yield row(
      { name: `log, entries of ${size} bytes`, values, unit: 'entries a CPU s', better: 'larger' },
      {
        name: 'node:crypto, a hash at a time, without tiles and bundles',
        version: process.version,
        value: naive.toSorted((a, b) => a - b)[REPETITIONS >> 1] as number,
      },
    )
  }
}

function randomEntries(size: number): readonly Uint8Array[] {
  const lot = seeded(`log-${size}`)
  const bytes = Uint8Array.from({ length: ENTRIES * size }, () => lot.next())
  return Array.from({ length: ENTRIES }, (_, i) => bytes.subarray(i * size, (i + 1) * size))
}

function integrate(entries: readonly Uint8Array[]): Uint8Array {
  let edge = EMPTY_EDGE
  let root = edgeRoot(edge)
  for (let from = 0; from < entries.length; from += BATCH) {
    edge = appendEntries(edge, entries.slice(from, from + BATCH)).edge
    root = edgeRoot(edge)
  }
  return root
}

const sha256 = (...parts: readonly Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

const LEAF = Uint8Array.of(0)
const NODE = Uint8Array.of(1)

/** RFC 6962 with the roots of full subtrees on a stack; one root for each batch as well. */
function integrateNaively(entries: readonly Uint8Array[]): Uint8Array {
  const stack: Uint8Array[] = []
  const top = (): Uint8Array => stack.pop() as Uint8Array
  let root = new Uint8Array(0)
  for (const [i, entry] of entries.entries()) {
    let hash = sha256(LEAF, entry)
    for (let size = i; size % 2 === 1; size = (size - 1) / 2) hash = sha256(NODE, top(), hash)
    stack.push(hash)
    if ((i + 1) % BATCH === 0)
      root = Uint8Array.from(stack.reduceRight((right, left) => sha256(NODE, left, right)))
  }
  return root
}
