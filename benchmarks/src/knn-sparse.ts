/** Exact KNN-Shapley over the valuation vectors of texts, as rounds pay by it, against scipy. */
import { join } from 'node:path'
import { knnShapley, type TrainPoint } from '@commonhold/attribution'
import type { SparseVector } from '@commonhold/kernels'
import { valuationVectors } from '@commonhold/learning'
import { compareText, taggedHash } from '@commonhold/protocol'
import { labelledTexts, recombined, seeded } from './data.ts'
import { alternate, timed } from './measure.ts'
import { PythonPeers } from './python.ts'
import { type Benchmark, type Row, row } from './report.ts'
import { inScratch, writeArray } from './scratch.ts'

const TRAIN = 100_000
const HOLD_OUT = 1_000
const K = 10
const REPETITIONS = 3
const SAMPLE = 50
const SEED = taggedHash('benchmark', 'knn-sparse-ties')

export const knnSparse: Benchmark = {
  name: 'knn-sparse',
  summary: 'exact KNN-Shapley of 100,000 texts on 1,000 hold-out texts, by cosine of sparse TF-IDF, K = 10',
  run,
}

async function* run(): AsyncGenerator<Row> {
  const lot = seeded('knn-sparse')
  const corpus = await labelledTexts()
  const examples = recombined(corpus.train, TRAIN + HOLD_OUT, lot)
  const classes = Array.from(new Set(examples.map(({ label }) => label)))
  const vectors = timed(() => valuationVectors(examples.map(({ text }) => text)))
  const points = examples.map(
    ({ label }, i): TrainPoint => ({
      id: taggedHash('benchmark', 'item', String(i)),
      vector: vectors.result[i] as SparseVector,
      label: classes.indexOf(label),
      // Everybody's own: nobody is excluded, so that every credit is computed.
      owner: i,
    }),
  )
  const train = inTieOrder(points.slice(0, TRAIN))
  const holdOut = points.slice(TRAIN)
  const value = (count: number) => knnShapley(train, holdOut.slice(0, count), { k: K, seed: SEED }).values
  const note = `texts recombined from ${corpus.name}`
  yield row({
    name: 'knn-sparse, vectors of 101,000 texts',
    values: [vectors.seconds],
    unit: 'CPU s',
    better: 'smaller',
    note,
  })

  yield* inScratch(async function* (folder) {
    writeVectors(folder, 'points', train)
    writeVectors(folder, 'queries', holdOut.slice(0, SAMPLE))
    writeArray(join(folder, 'expected'), BigInt64Array.from(value(SAMPLE)))
    await using peers = await PythonPeers.start('knn_sparse.py', folder, String(K))
    const ask = async (): Promise<number> => (await peers.measure('scipy'))?.['seconds'] ?? 0
    const [values = []] = await alternate(REPETITIONS, () => timed(() => value(HOLD_OUT)).seconds, ask)
    const times = HOLD_OUT / SAMPLE
    const measured = `the peer's figure: ${SAMPLE} of the ${HOLD_OUT} hold-out texts measured, times ${times}`
    yield row(
      { name: 'knn-sparse', values, unit: 'CPU s', better: 'smaller', note: `${note}; ${measured}` },
      peers.result('scipy', 'seconds', times),
    )
  })
}

/** As docs/spec/attribution.md breaks ties: then position breaks them for the peer, and both must give the same values. */
function inTieOrder(points: readonly TrainPoint[]): readonly TrainPoint[] {
  const keyed = points.map((point) => ({ point, key: taggedHash('attribution-tie', SEED, point.id) }))
  return keyed.sort((a, b) => compareText(a.key, b.key)).map(({ point }) => point)
}

/** Compressed sparse rows. */
function writeVectors(folder: string, name: string, points: readonly TrainPoint[]): void {
  const offsets = new Int32Array(points.length + 1)
  for (const [i, { vector }] of points.entries()) offsets[i + 1] = (offsets[i] as number) + vector.ids.length
  const ids = new Int32Array(offsets[points.length] as number)
  const weights = new Int8Array(ids.length)
  for (const [i, { vector }] of points.entries()) {
    ids.set(vector.ids, offsets[i])
    weights.set(vector.weights, offsets[i])
  }
  const labels = Int32Array.from(points, ({ label }) => label)
  for (const [part, array] of Object.entries({ offsets, ids, weights, labels }))
    writeArray(join(folder, `${name}-${part}`), array)
}
