/** Softmax regression by SGD in WebAssembly SIMD (docs/spec/learning.md, Training): one thread, one order, f32. */
import { ceil, ProtocolError } from '@commonhold/protocol'
import { softmaxWasm } from './softmax.gen.ts'
import { layout, MAX_MEMORY_BYTES, wasmModule } from './wasm.ts'

/** f32 to a cache line: a row of weights is padded to a multiple of it. */
const LANES = 16

type Kernel = {
  readonly epoch: (
    order: number,
    count: number,
    offsets: number,
    rows: number,
    values: number,
    labels: number,
    classes: number,
    lanes: number,
    bias: number,
    errors: number,
    rate: number,
    fall: number,
    biasRate: number,
    decay: number,
    margin: number,
    scale: number,
  ) => number
  readonly scores: (
    order: number,
    count: number,
    offsets: number,
    rows: number,
    values: number,
    lanes: number,
    bias: number,
    scale: number,
    out: number,
  ) => void
  readonly expInPlace: (at: number) => void
}

/** Example i has the terms [offsets[i], offsets[i + 1]) of `rows` (row numbers) and `values`, and label labels[i]. */
export type SparseExamples = {
  readonly offsets: Uint32Array
  readonly rows: Uint32Array
  readonly values: Float32Array
  readonly labels: Uint32Array
  readonly rowCount: number
  readonly classes: number
}

export type Step = {
  /** Learning rate of the first step, and how much it falls after each. */
  readonly rate: number
  readonly fall: number
  /** The bias learns at this multiple of the rate. */
  readonly biasRate: number
  /** L2: weights shrink by rate * decay at each step. */
  readonly decay: number
  /** The true label has to win by this much: its score is lowered by it in training. */
  readonly margin: number
}

export type SoftmaxRegression = {
  /** Forgets everything learnt. */
  readonly reset: () => void
  /** One step for each of `order`, numbers of examples. */
  readonly epoch: (order: Uint32Array, step: Step) => void
  /** Scores before softmax of the examples `order`: rows of `classes`. */
  readonly scores: (order: Uint32Array) => Float32Array
  /** Rows of `classes`. */
  readonly weights: () => Float32Array
  readonly bias: () => Float32Array
}

const instantiate = wasmModule<Kernel>(softmaxWasm)

/** @throws {ProtocolError} `data.too_large` where rows x classes would need more than 2 GB. */
export function softmaxRegression(examples: SparseExamples): SoftmaxRegression {
  const { offsets, rows, values, labels, rowCount, classes } = examples
  const lanes = LANES * ceil(classes / LANES)
  const { place, size } = layout()
  // One line more than needed: every row of weights starts at a cache line.
  const room = place(4 * (rowCount * lanes + LANES))
  const at = {
    weights: 4 * LANES * ceil(room / (4 * LANES)),
    bias: place(4 * lanes),
    errors: place(4 * lanes),
    offsets: place(offsets.byteLength),
    rows: place(rows.byteLength),
    values: place(values.byteLength),
    labels: place(labels.byteLength),
    order: place(labels.byteLength),
  }
  if (size() > MAX_MEMORY_BYTES)
    throw new ProtocolError('data.too_large', `${rowCount} terms x ${classes} labels`)
  const { kernel, buffer } = instantiate(size())
  const weights = new Float32Array(buffer, at.weights, rowCount * lanes)
  const bias = new Float32Array(buffer, at.bias, lanes)
  const orders = new Uint32Array(buffer, at.order, labels.length)
  const addresses = new Uint32Array(buffer, at.rows, rows.length)
  for (let i = 0; i < rows.length; i++) addresses[i] = at.weights + 4 * lanes * (rows[i] as number)
  new Uint32Array(buffer, at.offsets, offsets.length).set(offsets)
  new Float32Array(buffer, at.values, values.length).set(values)
  new Uint32Array(buffer, at.labels, labels.length).set(labels)
  let scale = 1

  const reset = (): void => {
    weights.fill(0)
    bias.fill(0)
    scale = 1
  }
  const epoch = (order: Uint32Array, { rate, fall, biasRate, decay, margin }: Step): void => {
    orders.set(order)
    const { order: orderAt, offsets: offsetsAt, rows: rowsAt, values: valuesAt, labels: labelsAt } = at
    scale = kernel.epoch(
      orderAt,
      order.length,
      offsetsAt,
      rowsAt,
      valuesAt,
      labelsAt,
      classes,
      lanes,
      at.bias,
      at.errors,
      rate,
      fall,
      biasRate,
      decay,
      margin,
      scale,
    )
  }
  const scores = (order: Uint32Array): Float32Array => {
    const found = new Float32Array(order.length * classes)
    const line = new Float32Array(buffer, at.errors, lanes)
    for (let i = 0; i < order.length; i++) {
      orders[0] = order[i] as number
      kernel.scores(at.order, 1, at.offsets, at.rows, at.values, lanes, at.bias, scale, at.errors)
      found.set(line.subarray(0, classes), i * classes)
    }
    return found
  }
  const trained = (): Float32Array => {
    const copy = new Float32Array(rowCount * classes)
    for (let r = 0; r < rowCount; r++) {
      for (let q = 0; q < classes; q++) copy[r * classes + q] = (weights[r * lanes + q] as number) * scale
    }
    return copy
  }
  return { reset, epoch, scores, weights: trained, bias: () => bias.slice(0, classes) }
}

/** The kernel's exp of four f32 <= 0, for its test against exact values. */
export function softmaxExp(four: Float32Array): Float32Array {
  const { kernel, buffer } = instantiate(LANES * 64 + 16)
  const lanes = new Float32Array(buffer, LANES * 64, 4)
  lanes.set(four)
  kernel.expInPlace(LANES * 64)
  return lanes.slice()
}
