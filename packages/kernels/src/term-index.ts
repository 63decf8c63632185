/**
 * Which points have a term, and with what weight: posting lists, and for frequent terms whole columns of bytes. Four fifths
 * of the work on real text is terms that every eighth point has, and SIMD adds a column in a quarter of the time (measured on banking77).
 */
import type { KnnKernel } from './knn-kernel.ts'
import type { SparseVector } from './sparse.ts'

/** A posting is position << 7 | weight. */
const WEIGHT_BITS = 7
const POSTING_BYTES = 4
/** Columns for terms that at least one in so many points has. */
const FREQUENT = 8
const LANES = 16
/** Columns to one pass over the sums. */
const TOGETHER = 4
/** Terms are buckets of a hash (2^18 in docs/spec/learning.md), so a plain table finds their slots. */
const MAX_TERMS = 1 << 24

export type IndexPlan = {
  /** What the index takes of memory. */
  readonly bytes: number
  /** Points, rounded up to whole SIMD lanes: the length of the column of sums. */
  readonly stride: number
  /** Builds it at `at`. @returns what writes the inner products of all points with a query to `dots`. */
  readonly build: (
    kernel: KnnKernel,
    buffer: ArrayBuffer,
    at: number,
    dots: number,
  ) => (query: SparseVector) => void
}

type Places = {
  readonly slots: Slots
  /** 1 for a slot that has a column. */
  readonly isColumn: Uint8Array
  /** Where each slot's column or list starts, and where its list ends, in bytes from the start of the index. */
  readonly starts: Uint32Array
  readonly ends: Uint32Array
}

const NONE = -1

/** Numbers the terms of the queries in order of first appearance; `table[term]` is the number, -1 or absent for others. */
type Slots = { readonly size: number; readonly table: Int32Array }

function slotsOf(queries: readonly SparseVector[]): Slots {
  let largest = -1
  for (const { ids } of queries) {
    const last = ids[ids.length - 1] ?? -1
    if (last > largest) largest = last
  }
  if (largest >= MAX_TERMS) throw new Error(`terms are numbers below ${MAX_TERMS}`)
  const table = new Int32Array(largest + 1).fill(NONE)
  let size = 0
  for (const { ids } of queries) {
    for (let i = 0; i < ids.length; i++) {
      if (table[ids[i] as number] === NONE) table[ids[i] as number] = size++
    }
  }
  return { size, table }
}

/** @param queries - all that will be asked: only their terms are kept. */
export function planIndex(points: readonly SparseVector[], queries: readonly SparseVector[]): IndexPlan {
  const slots = slotsOf(queries)
  const { size, table } = slots
  const counts = new Uint32Array(size)
  for (const { ids } of points) {
    for (let i = 0; i < ids.length; i++) {
      const term = table[ids[i] as number] ?? NONE
      if (term >= 0) counts[term] = (counts[term] as number) + 1
    }
  }
  const stride = points.length + ((LANES - (points.length % LANES)) % LANES)
  const isColumn = Uint8Array.from(counts, (count) => (count * FREQUENT >= points.length ? 1 : 0))
  const starts = new Uint32Array(size)
  const ends = new Uint32Array(size)
  let bytes = 0
  // Columns first: they have to be aligned.
  for (const kind of [1, 0]) {
    for (let term = 0; term < size; term++) {
      if (isColumn[term] !== kind) continue
      starts[term] = bytes
      bytes += kind === 1 ? stride : POSTING_BYTES * (counts[term] as number)
      ends[term] = bytes
    }
  }
  const places = { slots, isColumn, starts, ends }
  return {
    bytes,
    stride,
    build: (kernel, buffer, at, dots) => {
      fill(buffer, at, bytes, points, places)
      return summing(kernel, buffer, at, dots, stride, places)
    },
  }
}

function fill(
  buffer: ArrayBuffer,
  at: number,
  bytes: number,
  points: readonly SparseVector[],
  { slots: { table }, isColumn, starts }: Places,
): void {
  const columns = new Uint8Array(buffer, at, bytes)
  const postings = new Uint32Array(buffer, at, (bytes - (bytes % POSTING_BYTES)) / POSTING_BYTES)
  const next = starts.map((start, term) => (isColumn[term] === 1 ? start : start / POSTING_BYTES))
  points.forEach(({ ids, weights }, position) => {
    for (let i = 0; i < ids.length; i++) {
      const term = table[ids[i] as number] ?? NONE
      if (term < 0) continue
      const to = next[term] as number
      if (isColumn[term] === 1) columns[to + position] = weights[i] as number
      else {
        postings[to] = (position << WEIGHT_BITS) | (weights[i] as number)
        next[term] = to + 1
      }
    }
  })
}

function summing(
  kernel: KnnKernel,
  buffer: ArrayBuffer,
  at: number,
  dots: number,
  stride: number,
  { slots: { table }, isColumn, starts, ends }: Places,
): (query: SparseVector) => void {
  const sums = new Uint32Array(buffer, dots, stride)
  return ({ ids, weights }) => {
    sums.fill(0)
    const columns: number[] = []
    const factors: number[] = []
    for (let i = 0; i < ids.length; i++) {
      const term = table[ids[i] as number] ?? NONE
      if (term < 0) throw new Error('a query that was not announced')
      const from = at + (starts[term] as number)
      if (isColumn[term] === 1) {
        columns.push(from)
        factors.push(weights[i] as number)
      } else kernel.addPostings(from, at + (ends[term] as number), weights[i] as number, dots)
    }
    for (let i = 0; i < columns.length; i += TOGETHER) {
      // Beyond the last column any column will do, with factor 0.
      const column = (j: number): number => columns[i + j] ?? (columns[i] as number)
      const pair = (j: number): number => (factors[i + j] ?? 0) | ((factors[i + j + 1] ?? 0) << 16)
      kernel.addColumns4(stride, column(0), column(1), column(2), column(3), pair(0), pair(2), dots)
    }
  }
}
