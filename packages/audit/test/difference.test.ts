import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { firstDifference, show } from '../src/difference.ts'

test('equal values have no difference', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.equal(firstDifference(value, structuredClone(value), 'x'), undefined)
    }),
  )
})

test('two JSON values differ exactly when their texts, with sorted keys, differ', () => {
  const sorted = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(sorted)
      : typeof value === 'object' && value !== null
        ? Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, member]) => [key, sorted(member)])
        : value
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      // JSON has no negative zero.
      const [left, right] = [
        JSON.parse(JSON.stringify(a)) as unknown,
        JSON.parse(JSON.stringify(b)) as unknown,
      ]
      const same = JSON.stringify(sorted(left)) === JSON.stringify(sorted(right))
      assert.equal(firstDifference(left, right, 'x') === undefined, same)
    }),
  )
})

test('the place names fields and positions from the outside in', () => {
  const expected = {
    members: [
      { id: 'a', lines: [] },
      { id: 'b', lines: [{ amount: '5' }] },
    ],
  }
  const found = {
    members: [
      { id: 'a', lines: [] },
      { id: 'b', lines: [{ amount: '6' }] },
    ],
  }
  assert.deepEqual(firstDifference(expected, found, 'statement'), {
    where: 'statement.members[1].lines[0].amount',
    expected: '5',
    found: '6',
  })
})

test('a list that is too long, a missing field and a field too many are named', () => {
  assert.deepEqual(firstDifference([1], [1, 2], 'x'), { where: 'x.length', expected: '1', found: '2' })
  assert.deepEqual(firstDifference({ a: 1 }, {}, 'x'), { where: 'x.a', expected: '1', found: 'nothing' })
  assert.deepEqual(firstDifference({}, { b: null }, 'x'), {
    where: 'x.b',
    expected: 'no such field',
    found: 'null',
  })
})

test('an inherited name is no field', () => {
  assert.deepEqual(firstDifference({ toString: 1 }, {}, 'x'), {
    where: 'x.toString',
    expected: '1',
    found: 'nothing',
  })
})

test('long values are cut, and say how long they were', () => {
  const text = show('a'.repeat(1_000))
  assert.equal(text, `${'a'.repeat(200)}... (1000 characters)`)
  assert.equal(show(12n), '12')
  assert.equal(show({ a: [1] }), '{"a":[1]}')
})
