/** Training of the classifier, features included, against scikit-learn's LinearSVC. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEFAULT_RECIPE, type Evaluation, evaluateClassifier, trainClassifier } from '@commonhold/learning'
import { compareText, taggedHash } from '@commonhold/protocol'
import { labelledTexts } from './data.ts'
import { alternate, timed } from './measure.ts'
import { PythonPeers } from './python.ts'
import { type Benchmark, type Row, row } from './report.ts'
import { inScratch } from './scratch.ts'

const REPETITIONS = 3
const SEED = taggedHash('benchmark', 'training')

export const training: Benchmark = {
  name: 'training',
  summary: 'the classifier trained on banking77 from texts to quantised model, and its accuracy',
  run,
}

async function* run(): AsyncGenerator<Row> {
  const corpus = await labelledTexts()
  const labels = Array.from(new Set(corpus.train.map(({ label }) => label))).sort(compareText)
  let evaluation: Evaluation | undefined
  const ours = (): number => {
    const { seconds, result } = timed(() => trainClassifier(corpus.train, labels, DEFAULT_RECIPE, SEED))
    evaluation ??= evaluateClassifier(result, corpus.test)
    return seconds
  }
  yield* inScratch(async function* (folder) {
    writeFileSync(join(folder, 'texts.json'), JSON.stringify(corpus))
    await using peers = await PythonPeers.start('training.py', folder)
    const ask = async (): Promise<number> => (await peers.measure('svc'))?.['fit'] ?? 0
    const [values = []] = await alternate(REPETITIONS, ours, ask)
    const texts = `${corpus.train.length} texts of ${corpus.name}, ${labels.length} labels`
    const common = { unit: 'CPU s', better: 'smaller', values } as const
    const cold = `${texts}; ours includes features and calibration; the first run of its process took ${values[0]?.toFixed(2)}`
    yield row(
      { ...common, name: 'training, against the fit without features', note: cold },
      peers.result('svc', 'fit'),
    )
    yield row(
      { ...common, name: 'training, against the fit with features', note: cold },
      peers.result('svc', 'fitWithFeatures'),
    )
    const accuracy = ((evaluation?.correct ?? 0) / (evaluation?.total ?? 1)) * 100
    const note = `${corpus.test.length} held-out texts; the quantised model that is hashed and served`
    yield row(
      { name: 'training, accuracy', values: [accuracy], unit: '%', better: 'larger', note },
      peers.result('svc', 'accuracy'),
    )
  })
}
