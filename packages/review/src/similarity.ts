import { type SparseVector, sparseDot } from '@commonhold/kernels'

/** Sum of the squared weights. */
export function squaredNorm({ weights }: SparseVector): number {
  let sum = 0
  for (const weight of weights) sum += weight * weight
  return sum
}

/** Whether the cosine is at least 9/10: dot^2 x 100 >= 81 x |a|^2 x |b|^2, exactly. An empty vector is like nothing. */
export function nearlySameVectors(a: SparseVector, normA: number, b: SparseVector, normB: number): boolean {
  if (normA === 0 || normB === 0) return false
  const dot = sparseDot(a, b)
  // dot^2 <= |a|^2 |b|^2, so this bounds both sides.
  if (normA * normB < Number.MAX_SAFE_INTEGER / 100) return dot * dot * 100 >= 81 * normA * normB
  return BigInt(dot) * BigInt(dot) * 100n >= 81n * BigInt(normA) * BigInt(normB)
}

/** Whether the Jaccard index of two ascending id lists is at least 4/5, exactly. An empty list is like nothing. */
export function nearlySameTerms(a: Uint32Array, b: Uint32Array): boolean {
  // Both ends of the comparison below need at least 4/5 of the longer list.
  if (5 * a.length < 4 * b.length || 5 * b.length < 4 * a.length) return false
  let shared = 0
  let i = 0
  let j = 0
  while (i < a.length && j < b.length) {
    const left = a[i] as number
    const right = b[j] as number
    if (left === right) {
      shared++
      i++
      j++
    } else if (left < right) i++
    else j++
  }
  return shared > 0 && 5 * shared >= 4 * (a.length + b.length - shared)
}
