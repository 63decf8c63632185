import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { explain, knnShapley } from '../src/index.ts'
import { anySeed, points } from './support/random-points.ts'

test('an explanation lists the credits that make up the value, largest first', () => {
  fc.assert(
    fc.property(
      points(20).filter(({ length }) => length > 0),
      points(8),
      fc.nat(),
      (train, holdOut, pick) => {
        const index = pick % train.length
        const options = { k: 3, seed: anySeed }
        const { value, earned, lost } = explain(train, holdOut, { ...options, top: 100 }, index)
        assert.equal(value, knnShapley(train, holdOut, options).values[index])
        let sum = 0n
        for (const { holdOut: source, credit, sameLabel } of [...earned, ...lost]) {
          const alone = holdOut.slice(source, source + 1)
          assert.equal(credit, knnShapley(train, alone, options).values[index])
          assert.equal(sameLabel, alone[0]?.label === train[index]?.label)
          sum += credit
        }
        assert.equal(sum, value)
        const falling = earned.map(({ credit }) => credit)
        assert.deepEqual(
          falling,
          falling.toSorted((a, b) => (a > b ? -1 : a < b ? 1 : 0)),
        )
        assert.ok(falling.every((credit) => credit > 0n))
        const rising = lost.map(({ credit }) => credit)
        assert.deepEqual(
          rising,
          rising.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)),
        )
        assert.ok(rising.every((credit) => credit < 0n))
      },
    ),
    { numRuns: 60 },
  )
})

test('an explanation keeps the strongest sources and names equal ones in hold-out order', () => {
  const [point] =
    fc.sample(
      points(5).filter(({ length }) => length > 0),
      { numRuns: 1, seed: 4 },
    )[0] ?? []
  assert.ok(point)
  const apart = (): boolean => false
  const { earned } = explain(
    [point],
    [point, point, point],
    { k: 1, seed: anySeed, conflict: apart, top: 2 },
    0,
  )
  assert.deepEqual(
    earned.map(({ holdOut }) => holdOut),
    [0, 1],
  )
  const stranger = { ...point, label: 9 }
  const twin = [point, { ...stranger, id: anySeed }]
  const { lost } = explain(twin, [point, point], { k: 2, seed: anySeed, conflict: apart }, 0)
  assert.deepEqual(lost, [])
})

test('an explanation of nobody is refused', () => {
  assert.throws(() => explain([], [], { k: 1, seed: anySeed }, 0), /no train point 0/)
})
