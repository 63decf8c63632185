/** Exact nearest rows by inner product over 8-bit vectors, in WebAssembly SIMD. */
import { ProtocolError } from '@commonhold/protocol'
import { vectorsWasm } from './vectors.gen.ts'
import { layout, MAX_MEMORY_BYTES, wasmModule } from './wasm.ts'

const LANES = 16
/** Queries to one pass over the rows, and rows to one call: their products stay in the cache. */
const QUERIES = 4
const ROWS = 4096
/** 127 * 127 * 2^16 < 2^30: no sum overflows. */
const MAX_DIMENSIONS = 65_536

type Kernel = {
  readonly dots4: (
    rows: number,
    count: number,
    width: number,
    queries: number,
    products: number,
    stride: number,
  ) => void
}

/** Row by row of the queries: `k` row numbers, best first, and their products; ties go to the smaller row number. */
export type Nearest = { readonly k: number; readonly rows: Uint32Array; readonly products: Int32Array }

export type RowIndex = {
  /** @param queries - one after the other, `dimensions` bytes each. */
  readonly search: (queries: Int8Array, k: number) => Nearest
}

const instantiate = wasmModule<Kernel>(vectorsWasm)

/**
 * Copies `corpus` (rows of `dimensions` bytes) into a kernel's own memory for many searches.
 *
 * @throws {ProtocolError} `data.too_large` beyond 2 GB or 65,536 dimensions.
 */
export function rowIndex(corpus: Int8Array, dimensions: number): RowIndex {
  const count = corpus.length / dimensions
  const width = dimensions + ((LANES - (dimensions % LANES)) % LANES)
  if (dimensions > MAX_DIMENSIONS || count * width > MAX_MEMORY_BYTES) {
    throw new ProtocolError('data.too_large', `${count} rows of ${dimensions} dimensions`)
  }
  if (count % 1 !== 0) throw new Error('the corpus is not whole rows')
  const { place, size } = layout()
  const at = {
    rows: place(count * width),
    queries: place(2 * QUERIES * width),
    products: place(4 * QUERIES * ROWS),
  }
  const { kernel, buffer } = instantiate(size())
  const bytes = new Int8Array(buffer, at.rows, count * width)
  for (let r = 0; r < count; r++) bytes.set(corpus.subarray(r * dimensions, (r + 1) * dimensions), r * width)
  const wide = new Int16Array(buffer, at.queries, QUERIES * width)
  const products = new Int32Array(buffer, at.products, QUERIES * ROWS)

  const search = (queries: Int8Array, k: number): Nearest => {
    const asked = queries.length / dimensions
    if (asked % 1 !== 0) throw new Error('the queries are not whole rows')
    const kept = k < count ? k : count
    const nearest = {
      k: kept,
      rows: new Uint32Array(asked * kept),
      products: new Int32Array(asked * kept),
    }
    for (let first = 0; first < asked; first += QUERIES) {
      const block = asked - first < QUERIES ? asked - first : QUERIES
      for (let q = 0; q < block; q++) {
        wide.set(queries.subarray((first + q) * dimensions, (first + q + 1) * dimensions), q * width)
      }
      const best = Array.from({ length: block }, (_, q) => places(nearest, first + q))
      for (let row = 0; row < count; row += ROWS) {
        const rows = count - row < ROWS ? count - row : ROWS
        kernel.dots4(at.rows + row * width, rows, width, at.queries, at.products, ROWS)
        for (let q = 0; q < block; q++) {
          best[q]?.(products.subarray(q * ROWS, q * ROWS + rows), row)
        }
      }
    }
    return nearest
  }
  return { search }
}

/** Keeps one query's best in order: rows arrive ascending, so an equal product never displaces an earlier one. */
function places(
  { k, rows, products }: Nearest,
  query: number,
): (found: Int32Array, firstRow: number) => void {
  const from = query * k
  let held = 0
  let worst = Number.NEGATIVE_INFINITY
  return (found, firstRow) => {
    for (let i = 0; i < found.length && k > 0; i++) {
      const product = found[i] as number
      if (held === k && product <= worst) continue
      let place = from + (held < k ? held++ : k - 1)
      for (; place > from && (products[place - 1] as number) < product; place--) {
        products[place] = products[place - 1] as number
        rows[place] = rows[place - 1] as number
      }
      products[place] = product
      rows[place] = firstRow + i
      worst = products[from + held - 1] as number
    }
  }
}

/** One search over a corpus that is not kept: rowIndex(corpus, dimensions).search(queries, k). */
export const topK = (queries: Int8Array, corpus: Int8Array, dimensions: number, k: number): Nearest =>
  rowIndex(corpus, dimensions).search(queries, k)
