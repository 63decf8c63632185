import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type DensePoints, denseKnnShapley } from '../src/index.ts'
import { slowCredits } from './support/reference.ts'

const side = (dimensions: number, widest: number, maxLength: number): fc.Arbitrary<DensePoints> =>
  fc
    .array(
      fc.record({
        row: fc.array(fc.integer({ min: -widest, max: widest - 1 }), {
          minLength: dimensions,
          maxLength: dimensions,
        }),
        label: fc.nat({ max: 2 }),
      }),
      { maxLength },
    )
    .map((points) => ({
      rows: Int8Array.from(points.flatMap(({ row }) => row)),
      labels: Int32Array.from(points, ({ label }) => label),
    }))

const row = ({ rows }: DensePoints, index: number, dimensions: number): Int8Array =>
  rows.subarray(index * dimensions, (index + 1) * dimensions)

function slowDense(train: DensePoints, holdOut: DensePoints, k: number, dimensions: number): bigint[] {
  const values = Array.from(train.labels, () => 0n)
  holdOut.labels.forEach((label, index) => {
    const query = row(holdOut, index, dimensions)
    const distances = Array.from(train.labels, (_, point) =>
      row(train, point, dimensions).reduce((sum, x, d) => sum + (x - (query[d] as number)) ** 2, 0),
    )
    const order = Array.from(distances.keys()).sort(
      (a, b) => (distances[a] as number) - (distances[b] as number) || a - b,
    )
    const credits = slowCredits(
      order.map((point) => (train.labels[point] === label ? 1n : 0n)),
      k,
    )
    order.forEach((point, rank) => {
      values[point] = (values[point] as bigint) + (credits[rank] as bigint)
    })
  })
  return values
}

const cases = fc
  .record({ dimensions: fc.integer({ min: 1, max: 40 }), widest: fc.constantFrom(1, 3, 128) })
  .chain(({ dimensions, widest }) =>
    fc.record({
      dimensions: fc.constant(dimensions),
      train: side(dimensions, widest, 40),
      holdOut: side(dimensions, widest, 9),
      k: fc.integer({ min: 1, max: 12 }),
    }),
  )

test('dense values equal a full sort by squared distance, ties to the earlier row', () => {
  fc.assert(
    fc.property(cases, ({ train, holdOut, k, dimensions }) => {
      assert.deepEqual(
        Array.from(denseKnnShapley(train, holdOut, { k, dimensions })),
        slowDense(train, holdOut, k, dimensions),
      )
    }),
    { numRuns: 150 },
  )
})

test('distances that need more than two digits are sorted to the last bit', () => {
  // 2,000 dimensions of extreme bytes: squared distances up to 2^27, many of them a few units apart.
  const dimensions = 2000
  const points = 60
  const rows = Int8Array.from({ length: points * dimensions }, (_, i) => {
    const point = Math.floor(i / dimensions)
    const d = i % dimensions
    if (point < 2) return point === 0 ? 127 : -128
    return d === point % 7 ? 127 - ((point * 37) % 5) : 100
  })
  const labels = Int32Array.from({ length: points }, (_, point) => point % 2)
  const train = { rows, labels }
  const holdOut = { rows: new Int8Array(dimensions).fill(127), labels: Int32Array.of(1) }
  assert.deepEqual(
    Array.from(denseKnnShapley(train, holdOut, { k: 3, dimensions })),
    slowDense(train, holdOut, 3, dimensions),
  )
})
