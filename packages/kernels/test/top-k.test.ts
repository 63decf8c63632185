import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rowIndex, topK } from '@commonhold/kernels'
import fc from 'fast-check'

const byte = fc.integer({ min: -128, max: 127 })

/** Every product by the definition, then sorted. */
function naive(
  query: readonly number[],
  corpus: readonly (readonly number[])[],
  k: number,
): [number, number][] {
  return corpus
    .map((row, number): [number, number] => [
      number,
      row.reduce((sum, x, i) => sum + x * (query[i] as number), 0),
    ])
    .sort(([a, x], [b, y]) => y - x || a - b)
    .slice(0, k)
}

test('the nearest rows are those of the definition, ties to the smaller row', () => {
  const sizes = fc.record({
    dimensions: fc.integer({ min: 1, max: 40 }),
    rows: fc.integer({ min: 0, max: 30 }),
    queries: fc.integer({ min: 1, max: 6 }),
    k: fc.integer({ min: 0, max: 12 }),
    coarse: fc.boolean(),
  })
  const property = fc.property(
    sizes,
    fc.infiniteStream(byte),
    ({ dimensions, rows, queries, k, coarse }, bytes) => {
      // Coarse rows take few values, so that many products are equal.
      const row = (): number[] =>
        Array.from({ length: dimensions }, () => (bytes.next().value as number) >> (coarse ? 7 : 0))
      const corpus = Array.from({ length: rows }, row)
      const asked = Array.from({ length: queries }, row)
      const nearest = topK(Int8Array.from(asked.flat()), Int8Array.from(corpus.flat()), dimensions, k)
      assert.equal(nearest.k, Math.min(k, rows))
      asked.forEach((query, q) => {
        const from = q * nearest.k
        const found = [...nearest.rows.subarray(from, from + nearest.k)].map((number, i) => [
          number,
          nearest.products[from + i],
        ])
        assert.deepEqual(found, naive(query, corpus, k))
      })
    },
  )
  fc.assert(property, { numRuns: 150 })
})

test('extreme bytes do not overflow, and rows beyond one block are found', () => {
  const dimensions = 384
  const rows = 9000
  const corpus = new Int8Array(rows * dimensions)
  corpus.fill(-128, 8999 * dimensions)
  corpus.fill(-127, 4096 * dimensions, 4097 * dimensions)
  const query = new Int8Array(dimensions).fill(-128)
  const { rows: found, products } = topK(query, corpus, dimensions, 3)
  assert.deepEqual([...found], [8999, 4096, 0])
  assert.deepEqual([...products], [384 * 128 * 128, 384 * 127 * 128, 0])
})

test('an index answers many searches', () => {
  const index = rowIndex(Int8Array.of(1, 0, 0, 1, -1, 0), 2)
  assert.deepEqual([...index.search(Int8Array.of(5, 1), 3).rows], [0, 1, 2])
  assert.deepEqual([...index.search(Int8Array.of(-5, 1), 1).rows], [2])
  assert.throws(() => rowIndex(Int8Array.of(1, 2, 3), 2), /whole rows/)
  assert.throws(() => index.search(Int8Array.of(1), 1), /whole rows/)
  assert.throws(() => rowIndex(new Int8Array(70_000), 70_000), { code: 'data.too_large' })
})
