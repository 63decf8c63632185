/** Calibration (docs/spec/learning.md, Confidence): how sharp scores are, and from which confidence the model answers. */
import { exp } from '@commonhold/kernels'
import { floor } from '@commonhold/protocol'
import { indexOfLargest } from './labels.ts'

export type Calibration = { readonly sharpness: number; readonly threshold: number }

export const SHARPNESS_ONE = 1024
const SHARPEST = 4 * SHARPNESS_ONE
const BLUNTEST = SHARPNESS_ONE / 4
const PPM = 1_000_000
/** Fewer unseen predictions say nothing: scores are taken as they are. */
const FEWEST = 20
/** Below even odds an answer is more likely wrong than right, whatever the share asked for. */
const EVEN = PPM / 2

/** Probabilities of scores x sharpness / 1024, into `out`; sums run in the order of labels. */
export function softmax(scores: ArrayLike<number>, from: number, sharpness: number, out: Float64Array): void {
  let best = Number.NEGATIVE_INFINITY
  for (let c = 0; c < out.length; c++)
    if ((scores[from + c] as number) > best) best = scores[from + c] as number
  let sum = 0
  for (let c = 0; c < out.length; c++) {
    const mass = exp((((scores[from + c] as number) - best) * sharpness) / SHARPNESS_ONE)
    out[c] = mass
    sum += mass
  }
  for (let c = 0; c < out.length; c++) out[c] = (out[c] as number) / sum
}

export const toPpm = (probability: number): number => floor(probability * PPM + 0.5)

/**
 * @param parts - scores of unseen items, rows of `classes`; all parts together have one row for each of `truths`.
 * @param knownPpm - the share of answers, in millionths, that should be right.
 */
export function calibrate(
  parts: readonly Float32Array[],
  truths: readonly number[],
  classes: number,
  knownPpm: number,
): Calibration {
  const scores = new Float32Array(truths.length * classes)
  let offset = 0
  for (const part of parts) {
    scores.set(part, offset)
    offset += part.length
  }
  if (truths.length < FEWEST || classes === 1) return { sharpness: SHARPNESS_ONE, threshold: EVEN }
  const sharpness = fitSharpness(scores, truths, classes)
  return { sharpness, threshold: fitThreshold(scores, truths, classes, sharpness, knownPpm) }
}

/** Maximum likelihood: the log-likelihood is concave in sharpness, so its slope changes sign once. */
function fitSharpness(scores: Float32Array, truths: readonly number[], classes: number): number {
  const mass = new Float64Array(classes)
  const tooSharp = (sharpness: number): boolean => {
    let slope = 0
    for (let i = 0; i < truths.length; i++) {
      const row = i * classes
      softmax(scores, row, sharpness, mass)
      let expected = 0
      for (let c = 0; c < classes; c++) expected += (mass[c] as number) * (scores[row + c] as number)
      slope += (scores[row + (truths[i] as number)] as number) - expected
    }
    return slope < 0
  }
  let low = BLUNTEST
  let high = SHARPEST
  while (low < high) {
    const middle = floor((low + high) / 2)
    if (tooSharp(middle)) high = middle
    else low = middle + 1
  }
  return low
}

/** The lowest confidence, from even odds up, such that the unseen answers at or above it are right often enough. */
function fitThreshold(
  scores: Float32Array,
  truths: readonly number[],
  classes: number,
  sharpness: number,
  knownPpm: number,
): number {
  const mass = new Float64Array(classes)
  const answers = truths.map((truth, i) => {
    softmax(scores, i * classes, sharpness, mass)
    const best = indexOfLargest(mass)
    return { confidence: toPpm(mass[best] as number), right: best === truth }
  })
  answers.sort((a, b) => b.confidence - a.confidence)
  let threshold = PPM
  let right = 0
  answers.forEach((answer, i) => {
    if (answer.right) right += 1
    const tied = answers[i + 1]?.confidence === answer.confidence
    if (!tied && right * PPM >= knownPpm * (i + 1)) threshold = answer.confidence
  })
  return threshold < EVEN ? EVEN : threshold
}
