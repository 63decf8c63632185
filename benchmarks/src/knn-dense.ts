/** Exact KNN-Shapley over dense vectors, against vectorised numpy and pyDVL. */
import { join } from 'node:path'
import { denseKnnShapley } from '@commonhold/attribution'
import { randomRows, seeded } from './data.ts'
import { alternate, timed } from './measure.ts'
import { PythonPeers } from './python.ts'
import { type Benchmark, type Row, row } from './report.ts'
import { inScratch, writeArray } from './scratch.ts'

const TRAIN = 100_000
const HOLD_OUT = 1_000
const DIMENSIONS = 64
const CLASSES = 10
const K = 10
const REPETITIONS = 3
/** Each hold-out point costs the peers the same, so some stand for all of them. */
const SAMPLES = { numpy: 100, pydvl: 5 } as const

export const knnDense: Benchmark = {
  name: 'knn-dense',
  summary: 'exact KNN-Shapley of 100,000 int8 vectors of 64 dimensions on 1,000 hold-out points, K = 10',
  run,
}

async function* run(): AsyncGenerator<Row> {
  const lot = seeded('knn-dense')
  const points = (count: number) => ({
    rows: randomRows(count, DIMENSIONS, lot),
    labels: Int32Array.from({ length: count }, () => lot.below(CLASSES)),
  })
  const train = points(TRAIN)
  const holdOut = points(HOLD_OUT)
  const value = (count: number): BigInt64Array =>
    denseKnnShapley(
      train,
      { rows: holdOut.rows.subarray(0, count * DIMENSIONS), labels: holdOut.labels.subarray(0, count) },
      { k: K, dimensions: DIMENSIONS },
    )

  yield* inScratch(async function* (folder) {
    const arrays = { points: train.rows, labels: train.labels, queries: holdOut.rows, truths: holdOut.labels }
    for (const [name, array] of Object.entries(arrays)) writeArray(join(folder, name), array)
    for (const [key, count] of Object.entries(SAMPLES)) writeArray(join(folder, key), value(count))
    const counts = [SAMPLES.numpy, SAMPLES.pydvl].map(String)
    await using peers = await PythonPeers.start(
      'knn_dense.py',
      folder,
      String(DIMENSIONS),
      String(K),
      ...counts,
    )
    const ask = (key: string) => async (): Promise<number> => (await peers.measure(key))?.['seconds'] ?? 0
    const ours = (): number => timed(() => value(HOLD_OUT)).seconds
    const [values = []] = await alternate(REPETITIONS, ours, ...Object.keys(SAMPLES).map(ask))
    for (const [key, count] of Object.entries(SAMPLES)) {
      const note = `the peer's figure: ${count} of the ${HOLD_OUT} hold-out points measured, times ${HOLD_OUT / count}`
      yield row(
        { name: 'knn-dense', values, unit: 'CPU s', better: 'smaller', note },
        peers.result(key, 'seconds', HOLD_OUT / count),
      )
    }
  })
}
