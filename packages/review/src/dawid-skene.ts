/**
 * Dawid and Skene (1979), "Maximum likelihood estimation of observer error-rates using the EM algorithm", with priors
 * (MAP), in integers (docs/spec/review.md, section 2).
 *
 * Posteriors are units of 2^-16 that sum to 2^16 per item. Counts are sums of posteriors, multiplied by `scale` so that
 * the off-diagonal prior min(1, 4 / (C - 1)) is an integer too. Logarithms are units of 2^-20.
 */
import { floor } from '@commonhold/protocol'
import { exp2Q30, log2Q20 } from './fixed-log.ts'
import type { LabelIndex } from './label-index.ts'

export const POSTERIOR_ONE = 65_536
const ITERATIONS = 50
/** A worker with fewer labels is described by one number, the probability of being right, instead of a matrix. */
const CONFUSION_FROM = 3
const DIAGONAL = 4

export type Fit = {
  /** Item-major, 2^-16. */
  readonly posterior: Int32Array
  /** Column-major: count of true class t among the judgements of a column, 2^-16. */
  readonly counts: Float64Array
  /** log2 of the class prior up to a constant, 2^-20. */
  readonly logPrior: Int32Array
  /** Column-major: log2 P(worker of the column gives its label | true class t), 2^-20. */
  readonly logGiven: Int32Array
}

type Priors = {
  readonly scale: number
  readonly diagonal: number
  readonly offDiagonal: number
  readonly row: number
}

function confusionPriors(classes: number): Priors {
  const scale = classes > 5 ? classes - 1 : 1
  const diagonal = DIAGONAL * scale * POSTERIOR_ONE
  const offDiagonal = (classes > 5 ? DIAGONAL : 1) * POSTERIOR_ONE
  return { scale, diagonal, offDiagonal, row: diagonal + (classes - 1) * offDiagonal }
}

export function fitDawidSkene(index: LabelIndex): Fit {
  const classes = index.classes.length
  const priors = confusionPriors(classes)
  if ((index.workerOf.length + 4 * classes) * POSTERIOR_ONE * priors.scale >= Number.MAX_SAFE_INTEGER) {
    throw new Error('more judgements than exact counts can hold')
  }
  const fit: Fit = {
    posterior: voteShares(index),
    counts: new Float64Array(index.columnLabel.length * classes),
    logPrior: new Int32Array(classes),
    logGiven: new Int32Array(index.columnLabel.length * classes),
  }
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    countClasses(fit)
    countColumns(index, fit)
    for (let worker = 0; worker < index.workers.length; worker++) {
      if ((index.labelled[worker] as number) < CONFUSION_FROM) describeOneCoin(index, fit, worker, priors)
      else describeConfusion(index, fit, worker, priors)
    }
    // A fixed point stays one: the iterations left would change nothing.
    if (!updatePosteriors(index, fit)) break
  }
  return fit
}

/** Divides 2^16 in proportion to `shares`, rounded down, the remainder to the first largest. Returns whether `into` changed. */
function normalise(shares: Float64Array, into: Int32Array, at: number): boolean {
  let sum = 0
  let largest = 0
  for (let t = 0; t < shares.length; t++) {
    sum += shares[t] as number
    if ((shares[t] as number) > (shares[largest] as number)) largest = t
  }
  let left = POSTERIOR_ONE
  let changed = false
  const put = (t: number, share: number): void => {
    if (into[at + t] === share) return
    into[at + t] = share
    changed = true
  }
  for (let t = 0; t < shares.length; t++) {
    if (t === largest) continue
    // Shares are at most 2^30, so the product is below 2^46 and the floor of the quotient exact.
    const share = floor(((shares[t] as number) * POSTERIOR_ONE) / sum)
    left -= share
    put(t, share)
  }
  put(largest, left)
  return changed
}

function voteShares({ items, classes, itemStart, labelOf }: LabelIndex): Int32Array {
  const posterior = new Int32Array(items.length * classes.length)
  const votes = new Float64Array(classes.length)
  for (let item = 0; item < items.length; item++) {
    votes.fill(0)
    for (let j = itemStart[item] as number; j < (itemStart[item + 1] as number); j++) {
      const label = labelOf[j] as number
      votes[label] = (votes[label] as number) + 1
    }
    normalise(votes, posterior, item * classes.length)
  }
  return posterior
}

function countClasses({ posterior, logPrior }: Fit): void {
  const classes = logPrior.length
  const counts = new Float64Array(classes).fill(POSTERIOR_ONE)
  for (let at = 0; at < posterior.length; at += classes) {
    for (let t = 0; t < classes; t++) counts[t] = (counts[t] as number) + (posterior[at + t] as number)
  }
  for (let t = 0; t < classes; t++) logPrior[t] = log2Q20(counts[t] as number)
}

function countColumns({ items, classes, itemStart, columnOf }: LabelIndex, { posterior, counts }: Fit): void {
  const width = classes.length
  counts.fill(0)
  for (let item = 0; item < items.length; item++) {
    const from = item * width
    for (let j = itemStart[item] as number; j < (itemStart[item + 1] as number); j++) {
      const column = (columnOf[j] as number) * width
      for (let t = 0; t < width; t++) {
        counts[column + t] = (counts[column + t] as number) + (posterior[from + t] as number)
      }
    }
  }
}

function describeConfusion(index: LabelIndex, fit: Fit, worker: number, priors: Priors): void {
  const classes = index.classes.length
  const first = index.columnStart[worker] as number
  const end = index.columnStart[worker + 1] as number
  for (let t = 0; t < classes; t++) {
    let row = 0
    for (let column = first; column < end; column++) row += fit.counts[column * classes + t] as number
    const logRow = log2Q20(row * priors.scale + priors.row)
    for (let column = first; column < end; column++) {
      const prior = index.columnLabel[column] === t ? priors.diagonal : priors.offDiagonal
      const count = (fit.counts[column * classes + t] as number) * priors.scale + prior
      fit.logGiven[column * classes + t] = log2Q20(count) - logRow
    }
  }
}

/** Right with one probability whatever the class, and otherwise any other label alike. */
function describeOneCoin(index: LabelIndex, fit: Fit, worker: number, priors: Priors): void {
  const classes = index.classes.length
  const first = index.columnStart[worker] as number
  const end = index.columnStart[worker + 1] as number
  let right = priors.diagonal
  for (let column = first; column < end; column++) {
    const label = index.columnLabel[column] as number
    right += (fit.counts[column * classes + label] as number) * priors.scale
  }
  const total = (index.labelled[worker] as number) * POSTERIOR_ONE * priors.scale + priors.row
  const logRight = log2Q20(right) - log2Q20(total)
  const logWrong = classes > 1 ? log2Q20(total - right) - log2Q20(total) - log2Q20(classes - 1) : 0
  for (let column = first; column < end; column++) {
    for (let t = 0; t < classes; t++) {
      fit.logGiven[column * classes + t] = index.columnLabel[column] === t ? logRight : logWrong
    }
  }
}

function updatePosteriors(index: LabelIndex, fit: Fit): boolean {
  const classes = index.classes.length
  const shares = new Float64Array(classes)
  let changed = false
  for (let item = 0; item < index.items.length; item++) {
    likelihoods(index, fit, item, -1, shares)
    if (normalise(shares, fit.posterior, item * classes)) changed = true
  }
  return changed
}

/** Fills `shares` with the item's likelihoods relative to the largest, 2^-30, leaving out judgement `without`. */
function likelihoods(index: LabelIndex, fit: Fit, item: number, without: number, shares: Float64Array): void {
  const classes = shares.length
  for (let t = 0; t < classes; t++) shares[t] = fit.logPrior[t] as number
  for (let j = index.itemStart[item] as number; j < (index.itemStart[item + 1] as number); j++) {
    if (j === without) continue
    const column = (index.columnOf[j] as number) * classes
    for (let t = 0; t < classes; t++) {
      shares[t] = (shares[t] as number) + (fit.logGiven[column + t] as number)
    }
  }
  let largest = shares[0] as number
  for (let t = 1; t < classes; t++) if ((shares[t] as number) > largest) largest = shares[t] as number
  for (let t = 0; t < classes; t++) shares[t] = exp2Q30(largest - (shares[t] as number))
}

/** The posterior of `item` as if judgement `without` had not been made, 2^-16. */
export function posteriorWithout(index: LabelIndex, fit: Fit, item: number, without: number): Int32Array {
  const shares = new Float64Array(index.classes.length)
  const posterior = new Int32Array(index.classes.length)
  likelihoods(index, fit, item, without, shares)
  normalise(shares, posterior, 0)
  return posterior
}
