import assert from 'node:assert/strict'
import { test } from 'node:test'
import { whatChanged } from '../src/index.ts'

test('what changed lists the items answered differently, with both answers', () => {
  assert.deepEqual(whatChanged([1, 2, 3], [1, 0, 4]), [
    { item: 1, with: 2, without: 0 },
    { item: 2, with: 3, without: 4 },
  ])
  assert.deepEqual(whatChanged([5], [5]), [])
})

test('models that answered different items are not compared', () => {
  assert.throws(() => whatChanged([1], []), /same items/)
})
