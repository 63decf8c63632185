/** Exact nearest rows by inner product: 8-bit vectors in WebAssembly against usearch (8 bit) and numpy (f32). */
import { join } from 'node:path'
import { rowIndex } from '@commonhold/kernels'
import { randomRows, seeded } from './data.ts'
import { alternate, timed } from './measure.ts'
import { PythonPeers } from './python.ts'
import { type Benchmark, type Row, row } from './report.ts'
import { inScratch, writeArray } from './scratch.ts'

const ROWS = 200_000
const DIMENSIONS = 384
const QUERIES = 64
const K = 10
const REPETITIONS = 5

export const topK: Benchmark = {
  name: 'top-k',
  summary: 'exact top 10 of 200,000 int8 vectors of 384 dimensions, one query at a time and 64 at once',
  run,
}

async function* run(): AsyncGenerator<Row> {
  const lot = seeded('top-k')
  const corpus = randomRows(ROWS, DIMENSIONS, lot)
  const queries = randomRows(QUERIES, DIMENSIONS, lot)
  const index = rowIndex(corpus, DIMENSIONS)
  const one = (i: number): Int8Array => queries.subarray(i * DIMENSIONS, (i + 1) * DIMENSIONS)
  const milliseconds = (seconds: number): number => (1000 * seconds) / QUERIES
  const single = (): number =>
    milliseconds(
      timed(() => {
        for (let i = 0; i < QUERIES; i++) index.search(one(i), K)
      }).seconds,
    )
  const joint = (): number => milliseconds(timed(() => index.search(queries, K)).seconds)
  index.search(queries, K)

  yield* inScratch(async function* (folder) {
    writeArray(join(folder, 'corpus'), corpus)
    writeArray(join(folder, 'queries'), queries)
    writeArray(join(folder, 'nearest'), index.search(queries, K).rows)
    await using peers = await PythonPeers.start('top_k.py', folder, String(DIMENSIONS), String(K))
    const ask = (key: string) => async (): Promise<number> => (await peers.measure(key))?.['ms'] ?? 0
    const keys = ['usearch-1', 'numpy-1', 'usearch-64', 'numpy-64']
    const [singles = [], joints = []] = await alternate(REPETITIONS, single, joint, ...keys.map(ask))
    const common = { unit: 'CPU ms a query', better: 'smaller' } as const
    for (const key of ['usearch-1', 'numpy-1'])
      yield row({ name: 'top-k, one query at a time', values: singles, ...common }, peers.result(key, 'ms'))
    for (const key of ['usearch-64', 'numpy-64'])
      yield row({ name: 'top-k, 64 queries at once', values: joints, ...common }, peers.result(key, 'ms'))
  })
}
