import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProtocolError } from '@commonhold/protocol'
import fc from 'fast-check'
import { decodeState, encodeState, NO_ROUND, type RoundState } from '../src/index.ts'
import { TestCommunity } from './support/community.ts'
import { items, joinAll, reviewAll } from './support/round.ts'
import { LABELS } from './support/texts.ts'

function someState(): RoundState {
  const community = new TestCommunity({ labels: LABELS })
  joinAll(community)
  community.openRound({ heat: 4 })
  for (const item of items(45)) community.submit(item, 'en')
  const never = community.submit({ author: 'bea', text: 'something else entirely', label: 'heat' })
  reviewAll(community, NO_ROUND, (id) =>
    id === never ? undefined : community.view.contributions.get(id)?.label,
  )
  community.closeReviews()
  return community.run().state
}

const state = someState()
const bytes = encodeState(state)

const malformed = (error: unknown): boolean =>
  error instanceof ProtocolError && error.code === 'data.malformed'

test('a state comes back as it was, with everything that a next round reads', () => {
  assert.deepEqual(decodeState(bytes), state)
  assert.equal(state.answered.size, 1)
  assert.ok(state.live !== undefined)
  assert.ok(state.rewards.accounts.size > 0 && state.values.length > 0)
  assert.deepEqual(encodeState(decodeState(bytes)), bytes)
})

test('the state before the first round comes back too', () => {
  assert.deepEqual(decodeState(encodeState(NO_ROUND)), NO_ROUND)
})

test('any damaged byte is noticed', () => {
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
      const damaged = Uint8Array.from(bytes)
      damaged[at] = (damaged[at] as number) ^ mask
      assert.throws(() => decodeState(damaged), malformed)
    }),
    { numRuns: 200 },
  )
})

test('a cut or lengthened state and foreign bytes are refused', () => {
  const none = encodeState(NO_ROUND)
  for (const length of [0, 3, 31, 35, 36, 100, bytes.length - 1])
    assert.throws(() => decodeState(bytes.subarray(0, length)), malformed)
  assert.throws(() => decodeState(Uint8Array.from([...none, 0])), malformed)
  assert.throws(() => decodeState(Uint8Array.from([...bytes, 0])), malformed)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (any) => assert.throws(() => decodeState(any), malformed)),
  )
})
