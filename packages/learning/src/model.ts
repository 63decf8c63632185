/**
 * A trained classifier as bytes (docs/spec/learning.md, Model encoding): what is hashed, measured and served. One model
 * has one encoding; numbers are big-endian.
 */
import {
  type Bytes,
  concatBytes,
  type Digest,
  decodeCanonical,
  encodeCanonical,
  equalBytes,
  fromUtf8,
  ProtocolError,
  taggedHash,
  uint32,
  utf8,
} from '@commonhold/protocol'
import { areSorted } from './labels.ts'
import { type ClassifyRecipe, parseRecipe } from './recipe.ts'
import { TERM_BUCKETS } from './terms.ts'

export type ClassifierModel = {
  readonly recipe: ClassifyRecipe
  /** In the order of compareText. */
  readonly labels: readonly string[]
  /** Training examples of each label. */
  readonly labelCounts: Uint32Array
  /** Training examples in all, with the number that have each term: rarity is computed from these. */
  readonly texts: number
  /** Scores are multiplied by this / 1024 before the softmax. */
  readonly sharpness: number
  /** Confidence from which the model answers, in millionths. */
  readonly threshold: number
  /** Score of label c = bias[c] + scales[c] x sum of value x weights[row, c]. */
  readonly scales: Float32Array
  readonly bias: Float32Array
  /** Strictly ascending: the terms of the training examples. */
  readonly ids: Uint32Array
  readonly frequencies: Uint32Array
  /** Rows of labels.length, in [-127, 127]. */
  readonly weights: Int8Array
}

const MAGIC = utf8('commonhold-classifier/v1\n')
const MAX_LABELS = 10_000
const MAX_HEADER = 65_536

export const modelHash = (model: ClassifierModel): Digest => taggedHash('model', encodeModel(model))

export function encodeModel(model: ClassifierModel): Bytes {
  const { labels, ids, frequencies, scales, bias } = model
  const numbers = new DataView(new ArrayBuffer(4 * (4 + 3 * labels.length + 2 * ids.length)))
  let at = 0
  const integer = (value: number): void => {
    numbers.setUint32(at, value)
    at += 4
  }
  integer(model.texts)
  integer(model.sharpness)
  integer(model.threshold)
  for (let c = 0; c < labels.length; c++) {
    integer(model.labelCounts[c] as number)
    numbers.setFloat32(at, scales[c] as number)
    numbers.setFloat32(at + 4, bias[c] as number)
    at += 8
  }
  integer(ids.length)
  for (let r = 0; r < ids.length; r++) {
    integer(ids[r] as number)
    integer(frequencies[r] as number)
  }
  return concatBytes(
    MAGIC,
    sized(encodeCanonical(model.recipe)),
    uint32(labels.length),
    ...labels.map((label) => sized(utf8(label))),
    new Uint8Array(numbers.buffer),
    new Uint8Array(model.weights.buffer, model.weights.byteOffset, model.weights.byteLength),
  )
}

const sized = (bytes: Bytes): Bytes => concatBytes(uint32(bytes.length), bytes)

/** @throws {ProtocolError} `data.malformed` unless `bytes` are exactly what encodeModel gives for the model returned. */
export function decodeModel(bytes: Uint8Array): ClassifierModel {
  const reader = new Reader(bytes)
  if (!equalBytes(reader.take(MAGIC.length), MAGIC)) throw malformed('not a classifier of version 1')
  const recipe = reader.parsed((part) => parseRecipe(decodeCanonical(part)))
  const size = reader.integer(1, MAX_LABELS)
  const labels = Array.from({ length: size }, () => reader.parsed(fromUtf8))
  if (!areSorted(labels)) throw malformed('labels not ascending')
  const texts = reader.integer(0, 0x7ffffffe)
  const sharpness = reader.integer(1, 1 << 20)
  const threshold = reader.integer(0, 1_000_000)
  const labelCounts = new Uint32Array(size)
  const scales = new Float32Array(size)
  const bias = new Float32Array(size)
  let counted = 0
  for (let c = 0; c < size; c++) {
    labelCounts[c] = reader.integer(0, texts)
    counted += labelCounts[c] as number
    scales[c] = reader.float()
    bias[c] = reader.float()
    if ((scales[c] as number) < 0) throw malformed('a negative scale')
  }
  if (counted !== texts) throw malformed('label counts do not add up')
  const { ids, frequencies } = readTerms(reader, texts)
  const weights = Int8Array.from(reader.take(ids.length * size))
  if (weights.includes(-128)) throw malformed('a weight of -128')
  reader.end()
  return { recipe, labels, labelCounts, texts, sharpness, threshold, scales, bias, ids, frequencies, weights }
}

function readTerms(
  reader: Reader,
  texts: number,
): { readonly ids: Uint32Array; readonly frequencies: Uint32Array } {
  const size = reader.integer(0, TERM_BUCKETS)
  const ids = new Uint32Array(size)
  const frequencies = new Uint32Array(size)
  let next = 0
  for (let r = 0; r < size; r++) {
    ids[r] = reader.integer(next, TERM_BUCKETS - 1)
    frequencies[r] = reader.integer(1, texts)
    next = (ids[r] as number) + 1
  }
  return { ids, frequencies }
}

/** Takes bytes from the front; every shortage and every value out of range is `data.malformed`. */
class Reader {
  private readonly bytes: Uint8Array
  private readonly view: DataView
  private at = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  take(size: number): Uint8Array {
    if (size > this.bytes.length - this.at) throw malformed('cut short')
    this.at += size
    return this.bytes.subarray(this.at - size, this.at)
  }

  integer(lowest: number, highest: number): number {
    this.take(4)
    const value = this.view.getUint32(this.at - 4)
    if (value < lowest || value > highest) throw malformed(`${value} at byte ${this.at - 4}`)
    return value
  }

  float(): number {
    this.take(4)
    const value = this.view.getFloat32(this.at - 4)
    if (!Number.isFinite(value)) throw malformed(`no finite number at byte ${this.at - 4}`)
    return value
  }

  parsed<T>(parse: (bytes: Uint8Array) => T): T {
    const part = this.take(this.integer(0, MAX_HEADER))
    try {
      return parse(part)
    } catch (error) {
      if (error instanceof ProtocolError) throw malformed(error.message)
      throw error
    }
  }

  end(): void {
    if (this.at !== this.bytes.length) throw malformed('bytes after the end')
  }
}

const malformed = (reason: string): ProtocolError => new ProtocolError('data.malformed', `model: ${reason}`)
