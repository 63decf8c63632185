/** A sparse integer vector: `ids` strictly ascending, `weights` beside them in [1, 127]. */
export type SparseVector = { readonly ids: Uint32Array; readonly weights: Int8Array }

/** Exact inner product: an integer far below 2^53 for vectors of any practical length. */
export function sparseDot(a: SparseVector, b: SparseVector): number {
  let sum = 0
  let i = 0
  let j = 0
  while (i < a.ids.length && j < b.ids.length) {
    const left = a.ids[i] as number
    const right = b.ids[j] as number
    if (left === right) sum += (a.weights[i++] as number) * (b.weights[j++] as number)
    else if (left < right) i++
    else j++
  }
  return sum
}
