import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Canonical,
  canonicalText,
  decodeCanonical,
  encodeCanonical,
  fromUtf8,
  utf8,
} from '@commonhold/protocol'
import canonicalize from 'canonicalize'
import fc from 'fast-check'
import { outcome, refuses } from './support/failures.ts'

const ascii = fc.string({ unit: 'grapheme-ascii', maxLength: 12 })
const { value: restricted } = fc.letrec<{ value: Canonical }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    fc.constantFrom(null, true, false, 0, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
    fc.maxSafeInteger(),
    ascii,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.oneof(ascii, fc.constantFrom('__proto__', 'toString', '10', '9', 'a', 'A')),
      tie('value'),
      {
        maxKeys: 5,
      },
    ),
  ),
}))

test('the encoding is that of RFC 8785', () => {
  fc.assert(
    fc.property(restricted, (value) => {
      assert.equal(canonicalText(value), canonicalize(value))
    }),
    { numRuns: 500 },
  )
})

test('what is encoded is read back the same', () => {
  fc.assert(
    fc.property(restricted, (value) => {
      const bytes = encodeCanonical(value)
      assert.deepEqual(encodeCanonical(decodeCanonical(bytes)), bytes)
      assert.deepEqual(decodeCanonical(bytes), JSON.parse(fromUtf8(bytes)))
    }),
    { numRuns: 300 },
  )
})

test('any text is either canonical or refused', () => {
  const text = fc.oneof(
    fc.json({ depthSize: 'small' }),
    restricted.map((value) => JSON.stringify(value)),
    restricted.map((value) => JSON.stringify(value, null, 1)),
    fc.string({ unit: 'binary' }),
  )
  fc.assert(
    fc.property(text, (some) => {
      const result = outcome(() => decodeCanonical(utf8(some)))
      if (result instanceof Error) assert.equal((result as { code?: string }).code, 'encoding.invalid')
      else assert.equal(canonicalize(result), some)
    }),
    { numRuns: 500 },
  )
})

test('numbers are written as the integers that they are', () => {
  for (const text of ['0', '-1', '9007199254740991', '-9007199254740991'])
    assert.equal(canonicalText(decodeCanonical(utf8(text))), text)
  for (const text of [
    '1.0',
    '1e3',
    '1E3',
    '9007199254740992',
    '9007199254740993',
    '-0',
    '0.5',
    '01',
    '+1',
    '1e999',
  ])
    refuses(() => decodeCanonical(utf8(text)), 'encoding.invalid')
})

test('keys stand in order and once', () => {
  assert.deepEqual(decodeCanonical(utf8('{"A":1,"a":2}')), { A: 1, a: 2 })
  for (const text of [
    '{"a":1,"A":2}',
    '{"a":1,"a":1}',
    '{"a":1,"a":2}',
    '{"9":1,"10":2}',
    '{"b":{"d":1,"c":1}}',
  ])
    refuses(() => decodeCanonical(utf8(text)), 'encoding.invalid')
})

test('a text has one spelling', () => {
  assert.equal(decodeCanonical(utf8('"a \\"b\\" \\\\ /"')), 'a "b" \\ /')
  for (const text of [
    '"\\u0061"',
    '"\\/"',
    '"\\n"',
    '"\\u00e9"',
    '"é"',
    '"\x7f"',
    ' 1',
    '1 ',
    '[1, 2]',
    '1\n',
    '\ufeff1',
  ])
    refuses(() => decodeCanonical(utf8(text)), 'encoding.invalid')
})

test('nesting ends at sixteen, however deep the bytes go', () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
  assert.equal(canonicalText(decodeCanonical(utf8(nested(17)))), nested(17))
  for (const depth of [18, 1_000, 30_000])
    refuses(() => decodeCanonical(utf8(nested(depth))), 'encoding.invalid')
  refuses(() => decodeCanonical(utf8('['.repeat(60_000))), 'encoding.invalid')
  refuses(() => decodeCanonical(utf8(`${'{"a":'.repeat(12_000)}1${'}'.repeat(12_000)}`)), 'encoding.invalid')
})

test('values that have no encoding are refused, not written as something else', () => {
  const sparse: Canonical[] = []
  sparse[1] = 1
  for (const value of [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    0.5,
    -0,
    2 ** 53,
    'é',
    sparse,
    [undefined],
    1n,
    Symbol('x'),
  ])
    refuses(() => canonicalText(value as Canonical), 'encoding.invalid')
  assert.equal(canonicalText({ a: undefined, b: 1 }), '{"b":1}')
})
