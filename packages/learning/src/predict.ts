import { softmax, toPpm } from './calibrate.ts'
import { rarityWeight, unitValues } from './features.ts'
import { indexOfLargest } from './labels.ts'
import type { ClassifierModel } from './model.ts'
import { type TermCounts, termCounts } from './terms.ts'

export type Prediction = {
  readonly label: string
  readonly labelIndex: number
  /** Calibrated probability that the label is right, in millionths. */
  readonly confidence: number
  /** False is "don't know": too little confidence, or no term that the model has seen. */
  readonly known: boolean
  /** Calibrated probability of each label, in millionths, each rounded by itself. */
  readonly scores: readonly number[]
}

/** The most probable label, by the quantised weights; ties go to the smaller label. */
export function predict(model: ClassifierModel, text: string): Prediction {
  const terms = termCounts(text)
  const rows = rowsOf(model, terms)
  const mass = new Float64Array(model.labels.length)
  softmax(rawScores(model, terms, rows), 0, model.sharpness, mass)
  const best = indexOfLargest(mass)
  const confidence = toPpm(mass[best] as number)
  return {
    label: model.labels[best] as string,
    labelIndex: best,
    confidence,
    known: confidence >= model.threshold && rows.some((row) => row >= 0),
    scores: Array.from(mass, toPpm),
  }
}

/** Row of each term, or -1 for a term that training never saw. Both lists ascend. */
function rowsOf(model: ClassifierModel, { ids }: TermCounts): Int32Array {
  const rows = new Int32Array(ids.length)
  let low = 0
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i] as number
    let high = model.ids.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((model.ids[middle] as number) < id) low = middle + 1
      else high = middle
    }
    rows[i] = model.ids[low] === id ? low : -1
  }
  return rows
}

function rawScores(model: ClassifierModel, terms: TermCounts, rows: Int32Array): Float64Array {
  const unseen = rarityWeight(model.texts, 0)
  // An unseen term takes its share of the unit length: what the model does not know lowers its confidence.
  const rarity = Uint32Array.from(rows, (row) =>
    row < 0 ? unseen : rarityWeight(model.texts, model.frequencies[row] as number),
  )
  const values = new Float32Array(rows.length)
  unitValues(terms.counts, rarity, 0, rows.length, values)
  const classes = model.labels.length
  const sums = new Float64Array(classes)
  for (let t = 0; t < rows.length; t++) {
    const row = rows[t] as number
    if (row < 0) continue
    const value = values[t] as number
    const from = row * classes
    for (let c = 0; c < classes; c++)
      sums[c] = (sums[c] as number) + value * (model.weights[from + c] as number)
  }
  for (let c = 0; c < classes; c++) {
    sums[c] = (model.bias[c] as number) + (model.scales[c] as number) * (sums[c] as number)
  }
  return sums
}
