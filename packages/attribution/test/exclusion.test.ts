import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inviteConflict } from '../src/index.ts'

//     0        4
//    / \
//   1   2
//   |
//   3
const conflict = inviteConflict([-1, 0, 0, 1, -1])

test('a member conflicts with themselves, with those they invited over any steps, and with their inviters', () => {
  const conflicting = [0, 1, 2, 3, 4].map((a) => [0, 1, 2, 3, 4].filter((b) => conflict(a, b)))
  assert.deepEqual(conflicting, [[0, 1, 2, 3], [0, 1, 3], [0, 2], [0, 1, 3], [4]])
})

test('a member without a known inviter conflicts with themselves only', () => {
  assert.equal(conflict(9, 9), true)
  assert.equal(conflict(9, 0), false)
})

test('invitations that form a ring are a bug', () => {
  assert.throws(() => inviteConflict([1, 0])(0, 2), /ring/)
})
