/**
 * Training of a classifier (docs/spec/learning.md, Training): softmax regression by SGD over hashed TF-IDF terms, one
 * thread, one order given by the seed, so that whoever trains again gets the same bytes.
 */
import {
  permutation,
  prng,
  type SoftmaxRegression,
  type SparseExamples,
  softmaxRegression,
} from '@commonhold/kernels'
import {
  abs,
  ceil,
  type Digest,
  fround,
  max,
  min,
  ProtocolError,
  round,
  taggedHash,
} from '@commonhold/protocol'
import { type Calibration, calibrate } from './calibrate.ts'
import { rarities, textFrequencies, unitValues } from './features.ts'
import { labelNumbers } from './labels.ts'
import type { ClassifierModel } from './model.ts'
import type { ClassifyRecipe } from './recipe.ts'
import { TERM_BUCKETS, type TermMatrix, termMatrix } from './terms.ts'

export type Example = { readonly text: string; readonly label: string }

const PPM = 1_000_000
const HEAVIEST = 127

/**
 * @param labels - all labels of the task, in the order of compareText; some may have no example.
 * @param examples - their order is part of the result.
 * @throws {ProtocolError} `round.no_data` without examples, `data.malformed` where the recipe's rate is so high that weights overflow,
 * `contribution.label_unknown` for a label not in `labels`.
 */
export function trainClassifier(
  examples: readonly Example[],
  labels: readonly string[],
  recipe: ClassifyRecipe,
  seed: Digest,
): ClassifierModel {
  const numbers = numbersOf(examples, labels)
  const terms = termMatrix(examples.map(({ text }) => text))
  const frequencies = textFrequencies(terms)
  const { ids, rowOf } = usedTerms(frequencies)
  const regression = softmaxRegression({
    ...sparseRows(terms, rowOf, rarities(examples.length, frequencies)),
    labels: numbers,
    rowCount: ids.length,
    classes: labels.length,
  })
  const { sharpness, threshold } = crossFit(regression, numbers, labels.length, recipe, seed)
  const everything = Uint32Array.from(examples, (_, i) => i)
  descend(regression, everything, recipe, taggedHash('training', seed, 'release'))
  const bias = regression.bias()
  if (!bias.every(Number.isFinite))
    throw new ProtocolError('data.malformed', 'training with this recipe diverges')
  const labelCounts = new Uint32Array(labels.length)
  for (const number of numbers) labelCounts[number] = (labelCounts[number] as number) + 1
  return {
    recipe,
    labels,
    labelCounts,
    texts: examples.length,
    sharpness,
    threshold,
    bias,
    ids,
    frequencies: ids.map((id) => frequencies[id] as number),
    ...quantised(regression.weights(), labels.length),
  }
}

function numbersOf(examples: readonly Example[], labels: readonly string[]): Uint32Array {
  const numberOf = labelNumbers(labels)
  if (examples.length === 0) throw new ProtocolError('round.no_data', 'there are no examples to train from')
  return Uint32Array.from(examples, ({ label }, row) => {
    const number = numberOf.get(label)
    if (number === undefined) {
      throw new ProtocolError('contribution.label_unknown', `no label "${label}" (example ${row})`, {
        row,
        label,
      })
    }
    return number
  })
}

/** The terms that occur, ascending, and for each of the 2^18 its place among them. */
function usedTerms(frequencies: Uint32Array): { readonly ids: Uint32Array; readonly rowOf: Uint32Array } {
  const rowOf = new Uint32Array(TERM_BUCKETS)
  const ids = new Uint32Array(TERM_BUCKETS)
  let size = 0
  for (let id = 0; id < TERM_BUCKETS; id++) {
    if (frequencies[id] === 0) continue
    rowOf[id] = size
    ids[size++] = id
  }
  return { ids: ids.slice(0, size), rowOf }
}

/** Each example's terms as row numbers and values of unit length. */
function sparseRows(
  { offsets, ids, counts }: TermMatrix,
  rowOf: Uint32Array,
  rarityOf: Uint32Array,
): Pick<SparseExamples, 'offsets' | 'rows' | 'values'> {
  const values = new Float32Array(ids.length)
  const rarity = ids.map((id) => rarityOf[id] as number)
  for (let i = 0; i + 1 < offsets.length; i++) {
    unitValues(counts, rarity, offsets[i] as number, offsets[i + 1] as number, values)
  }
  return { offsets, rows: ids.map((id) => rowOf[id] as number), values }
}

/** Trains anew on `examples` (their numbers), each epoch in an order by lot. */
function descend(
  regression: SoftmaxRegression,
  examples: Uint32Array,
  recipe: ClassifyRecipe,
  seed: Digest,
): void {
  const size = examples.length
  const epochs = max(recipe.epochs, min(recipe.mostEpochs, ceil(recipe.leastSteps / size)))
  const rate = recipe.ratePpm / PPM
  const fall = rate / (epochs * size)
  const lot = prng(seed)
  regression.reset()
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = permutation(size, lot).map((place) => examples[place] as number)
    regression.epoch(order, {
      rate: rate - fall * (epoch * size),
      fall,
      biasRate: recipe.biasRatePpm / PPM,
      decay: recipe.decayPpm / PPM / size,
      margin: recipe.marginPpm / PPM,
    })
  }
}

/** Holds back one part after the other, trains on the rest and fits confidence on what was not seen. */
function crossFit(
  regression: SoftmaxRegression,
  labels: Uint32Array,
  classes: number,
  recipe: ClassifyRecipe,
  seed: Digest,
): Calibration {
  const { calibrationParts: parts, calibrationItems: items, knownPpm } = recipe
  const order = permutation(labels.length, prng(taggedHash('training', seed, 'parts')))
  const scores: Float32Array[] = []
  const truths: number[] = []
  for (let part = 0; part < parts && truths.length < min(items, labels.length - 1); part++) {
    const unseen = order.filter((_, i) => i % parts === part)
    const rest = order.filter((_, i) => i % parts !== part)
    if (rest.length === 0 || unseen.length === 0) continue
    descend(regression, rest, recipe, taggedHash('training', seed, `part-${part}`))
    scores.push(regression.scores(unseen))
    for (const example of unseen) truths.push(labels[example] as number)
  }
  return calibrate(scores, truths, classes, knownPpm)
}

/** Each label's largest weight becomes 127 steps: rows of `classes` int8 and the size of each label's step. */
function quantised(
  weights: Float32Array,
  classes: number,
): { readonly weights: Int8Array; readonly scales: Float32Array } {
  const scales = new Float32Array(classes)
  for (let i = 0; i < weights.length; i++) {
    const size = abs(weights[i] as number)
    if (size > (scales[i % classes] as number)) scales[i % classes] = size
  }
  for (let c = 0; c < classes; c++) scales[c] = fround((scales[c] as number) / HEAVIEST)
  const steps = new Int8Array(weights.length)
  for (let i = 0; i < weights.length; i++) {
    const scale = scales[i % classes] as number
    // Rounding of the scale may push the largest weight a hair beyond 127 steps.
    steps[i] = scale === 0 ? 0 : max(-HEAVIEST, min(HEAVIEST, round((weights[i] as number) / scale)))
  }
  return { weights: steps, scales }
}
