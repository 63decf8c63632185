import { type SparseVector, sparseDot } from '@commonhold/kernels'
import { floor } from '@commonhold/protocol'

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
  // shared / (a + b - shared) >= 4/5 means shared >= 4 (a + b) / 9: so many ids of each may be missing in the other.
  const wanted = floor((4 * (a.length + b.length) + 8) / 9)
  if (wanted === 0) return false
  let missingInB = a.length - wanted
  let missingInA = b.length - wanted
  let i = 0
  let j = 0
  while (missingInA >= 0 && missingInB >= 0 && i < a.length && j < b.length) {
    const left = a[i] as number
    const right = b[j] as number
    if (left <= right) i++
    if (right <= left) j++
    if (left < right) missingInB--
    if (right < left) missingInA--
  }
  return missingInA >= b.length - j && missingInB >= a.length - i
}
