import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Digest } from '@commonhold/protocol'
import { attributionRoot, knnShapley, movingValues, roundValues } from '../src/index.ts'
import { sparse } from './support/random-points.ts'
import { knnVectors, roundVectors } from './support/vectors.ts'

const folder = join(import.meta.dirname, '../../../vectors/attribution')
const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'))

type Point = {
  readonly id: Digest
  readonly terms: Readonly<Record<number, number>>
  readonly label: number
  readonly owner: number
}
type KnnFile = {
  readonly seed: Digest
  readonly cases: readonly {
    readonly name: string
    readonly k: number
    readonly train: readonly Point[]
    readonly holdOut: readonly Point[]
    readonly conflicts: readonly (readonly [number, number])[]
    readonly values: readonly string[]
  }[]
}
type Rows = readonly (readonly [Digest, string])[]
type RoundFile = {
  readonly rounds: readonly {
    readonly values: Rows
    readonly holdOut: readonly Digest[]
    readonly roundValues: Rows
  }[]
  readonly moving: Rows
  readonly attributionRoot: Digest
}

const { seed, cases } = read('knn-shapley.json') as KnnFile
for (const { name, k, train, holdOut, conflicts, values } of cases) {
  test(`vector: ${name}`, () => {
    const withVector = (point: Point) => ({ ...point, vector: sparse(point.terms) })
    const conflict = (a: number, b: number): boolean => conflicts.some(([t, h]) => t === a && h === b)
    const options = { k, seed, conflict }
    const result = knnShapley(train.map(withVector), holdOut.map(withVector), options)
    assert.deepEqual(result.values.map(String), values)
  })
}

test('vectors: round values, moving values and the attribution root', () => {
  const file = read('round-values.json') as RoundFile
  const numbers = (rows: Rows) => new Map(rows.map(([id, value]) => [id, BigInt(value)]))
  const rounds = file.rounds.map(({ values, holdOut }) =>
    roundValues({
      train: values.map(([id]) => id),
      values: values.map(([, value]) => BigInt(value)),
      holdOut,
    }),
  )
  assert.deepEqual(
    rounds,
    file.rounds.map((round) => numbers(round.roundValues)),
  )
  assert.deepEqual(movingValues(rounds.slice(-4)), numbers(file.moving))
  assert.equal(attributionRoot(movingValues(rounds.slice(-4))), file.attributionRoot)
})

test('the committed vectors are what the slow references give', () => {
  assert.deepEqual(read('knn-shapley.json'), JSON.parse(JSON.stringify(knnVectors())))
  assert.deepEqual(read('round-values.json'), JSON.parse(JSON.stringify(roundVectors())))
})
