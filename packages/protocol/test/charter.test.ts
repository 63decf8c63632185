import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  addendumText,
  type Charter,
  charterProblem,
  DEFAULT_CHARTER,
  isLabelId,
  labelId,
  labelText,
  MAX_ADDENDUM_BYTES,
  ProtocolError,
  sha256Hex,
  textAddendum,
} from '@commonhold/protocol'
import fc from 'fast-check'
import { CHARTER, foundingEvent } from './support/community.ts'
import { refuses } from './support/failures.ts'

test('a label’s id is ASCII, reads back as the label, and no other label has it', () => {
  const text = fc.string({ unit: 'grapheme' })
  fc.assert(
    fc.property(text, text, (a, b) => {
      assert.match(labelId(a), /^[\x20-\x7e]*$/)
      assert.equal(labelText(labelId(a)), a)
      assert.equal(labelId(a) === labelId(b), a === b)
    }),
  )
})

test('half a surrogate pair is no text, in a label or an addendum', () => {
  for (const text of ['\ud800', 'a\udfff', '\udc00\ud800']) {
    refuses(() => labelId(text), 'encoding.invalid')
    refuses(() => textAddendum(new Uint8Array(16), text), 'encoding.invalid')
  }
})

test('what is no label id reads as it is', () => {
  for (const id of ['100%', '%', '%zz', '%C3']) assert.equal(labelText(id), id)
  for (const id of ['', ' a', 'a ', 'é', 'x'.repeat(101), 'a\n']) assert.ok(!isLabelId(id))
  for (const id of ['a', 'a b', 'x'.repeat(100)]) assert.ok(isLabelId(id))
})

test('a charter’s labels differ, ascend, and are the ids of what they read as', () => {
  const problem = (change: Partial<Charter>) => charterProblem({ ...CHARTER, ...change })
  assert.equal(problem({}), undefined)
  assert.equal(problem({ labels: ['A', 'a', 'calefacci%C3%B3n'] }), undefined)
  for (const labels of [
    ['a', 'a'],
    ['b', 'a'],
    ['a', 'B'],
  ])
    assert.match(problem({ labels }) ?? '', /ascending/)
  for (const id of ['%41', '%c3%b3', '100%', '%C3', 'a%20b'])
    assert.match(problem({ labels: [id, 'z'] }) ?? '', /id of its text/)
})

test('a charter’s parts sum to the whole and its reviews have an order', () => {
  const problem = (change: Partial<Charter>) => charterProblem({ ...CHARTER, ...change })
  assert.match(problem({ sponsors: { ...CHARTER.sponsors, base: 3_499 } }) ?? '', /10,000/)
  assert.match(problem({ reviews: { first: 3, most: 2, acceptPpm: 800_000 } }) ?? '', /reviews.most/)
  assert.equal(problem({ reviews: { first: 2, most: 2, acceptPpm: 800_000 } }), undefined)
  assert.equal(charterProblem({ ...DEFAULT_CHARTER, labels: ['a', 'b'], recipe: {} }), undefined)
})

test('a charter outside its bounds is no founding event', () => {
  const bounds: readonly Partial<Record<keyof Charter, unknown>>[] = [
    { kind: 'answer' },
    { labels: ['only'] },
    { labels: 'a,b' },
    { labels: Array.from({ length: 257 }, (_, i) => `label${String(i).padStart(3, '0')}`) },
    { join: 'closed' },
    { imported: true },
    { reviews: { first: 0, most: 5, acceptPpm: 800_000 } },
    { reviews: { first: 2, most: 5, acceptPpm: 499_999 } },
    { reviews: { first: 2, most: 5 } },
    { reviews: [] },
    { recipe: [] },
    { recipe: null },
    { neighbours: 0 },
    { holdOut: { shareBasisPoints: 5_001, most: 10 } },
    { payToDelayMs: -1 },
    { activationDelaySeconds: 0.5 },
    { more: 1 } as never,
  ]
  for (const change of bounds)
    refuses(() => foundingEvent(change as Partial<Charter>), 'event.invalid', /charter/)
})

test('an addendum is a salt and a text, up to 64 KB', () => {
  const salt = new Uint8Array(16).fill(7)
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const { digest, bytes } = textAddendum(salt, text)
      assert.equal(addendumText(bytes), text)
      assert.equal(digest, sha256Hex(bytes))
      assert.deepEqual(bytes.subarray(0, 16), salt)
    }),
  )
  assert.equal(textAddendum(salt, 'x'.repeat(MAX_ADDENDUM_BYTES - 16)).bytes.length, MAX_ADDENDUM_BYTES)
  refuses(
    () => textAddendum(salt, 'x'.repeat(MAX_ADDENDUM_BYTES - 15)),
    'data.too_large',
    /65521 bytes; at most 65520/,
  )
  assert.throws(() => textAddendum(new Uint8Array(15), 'x'), /a salt is 16 bytes/)
  refuses(() => addendumText(new Uint8Array(15)), 'encoding.invalid', /16 bytes of salt/)
  refuses(() => addendumText(new Uint8Array(17).fill(255)), 'encoding.invalid', /not UTF-8/)
})

test('an expected failure has a code, a line for people and details, and may have a cause', () => {
  const error = new ProtocolError('data.too_large', 'too large', { bytes: 7 }, { cause: 'x' })
  assert.deepEqual(
    [error.name, error.code, error.message, error.details, error.cause],
    ['ProtocolError', 'data.too_large', 'too large', { bytes: 7 }, 'x'],
  )
  assert.deepEqual(new ProtocolError('log.fork', 'a fork').details, {})
})
