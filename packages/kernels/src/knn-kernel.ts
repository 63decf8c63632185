import { knnWasm } from './knn.gen.ts'
import { wasmModule } from './wasm.ts'

/** The functions of assembly/knn.ts, which says what they do; pointers are byte offsets into `memory`. */
export type KnnKernel = {
  readonly addPostings: (from: number, to: number, weight: number, dots: number) => void
  readonly addColumns4: (
    count: number,
    c0: number,
    c1: number,
    c2: number,
    c3: number,
    pair01: number,
    pair23: number,
    dots: number,
  ) => void
  readonly ratioKeys: (
    count: number,
    dots: number,
    norms: number,
    ratios: number,
    keys: number,
    range: number,
  ) => number
  readonly distances4: (
    count: number,
    width: number,
    points: number,
    squares: number,
    queries: number,
    querySquares: number,
    keys: number,
    range: number,
  ) => void
  readonly sortNear: (
    count: number,
    keys: number,
    labels: number,
    label: number,
    lowest: number,
    shift: number,
    fine: number,
    lowBits: number,
    positionBits: number,
    tallies: number,
    scratch: number,
    order: number,
  ) => void
  readonly settle: (
    size: number,
    dots: number,
    norms: number,
    ratios: number,
    positionBits: number,
    lowest: number,
    shift: number,
    scratch: number,
    order: number,
  ) => void
  readonly addCredits: (
    count: number,
    size: number,
    order: number,
    positionBits: number,
    dots: number,
    labels: number,
    label: number,
    weights: number,
    values: number,
  ) => void
}

export const knnKernel = wasmModule<KnnKernel>(knnWasm)

const TALLIES = 3 * 2048 * 4

/** What ranking and crediting need, whatever the distance. */
export type KnnRegions = {
  readonly tallies: number
  readonly range: number
  readonly labels: number
  readonly scratch: number
  readonly order: number
  readonly weights: number
  readonly values: number
}

export const placeRegions = (place: (bytes: number) => number, count: number): KnnRegions => ({
  tallies: place(TALLIES),
  range: place(32),
  labels: place(4 * count),
  scratch: place(4 * count),
  order: place(4 * count),
  weights: place(8 * (count + 1)),
  values: place(8 * count),
})

const DIGIT = 11

/** How a key is cut into two digits so that the upper one, a match bit and a position fit in 32 bits. */
export function digitsFor(
  count: number,
  span: number,
): { readonly positionBits: number; readonly shift: number } {
  const positionBits = bitLength(count - 1)
  const digits = DIGIT + (31 - positionBits < DIGIT ? 31 - positionBits : DIGIT)
  const needed = bitLength(span)
  return { positionBits, shift: needed > digits ? needed - digits : 0 }
}

export const LOW_BITS = DIGIT

function bitLength(value: number): number {
  let bits = 0
  for (let left = value; left >= 1; left /= 2) bits++
  return bits
}
