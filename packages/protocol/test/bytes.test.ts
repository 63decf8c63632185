import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  concatBytes,
  equalBytes,
  fromBase64,
  fromBase64Url,
  fromHex,
  fromUtf8,
  toBase64,
  toBase64Url,
  toHex,
  utf8,
} from '@commonhold/protocol'
import fc from 'fast-check'
import { outcome, refuses } from './support/failures.ts'

const bytes = fc.uint8Array({ maxLength: 100 })

test('hex and both kinds of base64 are those of Node, and read back', () => {
  fc.assert(
    fc.property(bytes, (some) => {
      const node = Buffer.from(some)
      assert.equal(toHex(some), node.toString('hex'))
      assert.equal(toBase64(some), node.toString('base64'))
      assert.equal(toBase64Url(some), node.toString('base64url'))
      for (const [write, read] of [
        [toHex, fromHex],
        [toBase64, fromBase64],
        [toBase64Url, fromBase64Url],
      ] as const) {
        assert.deepEqual(read(write(some)), new Uint8Array(some))
      }
    }),
  )
})

test('a text that is read is the one text of its bytes', () => {
  const text = fc.oneof(fc.base64String(), fc.string(), fc.string({ unit: fc.constantFrom(...'Aa0+/-_=9f') }))
  fc.assert(
    fc.property(text, (some) => {
      for (const [write, read] of [
        [toHex, fromHex],
        [toBase64, fromBase64],
        [toBase64Url, fromBase64Url],
      ] as const) {
        const result = outcome(() => read(some))
        if (result instanceof Uint8Array) assert.equal(write(result), some)
        else assert.equal(result.code, 'encoding.invalid')
      }
    }),
    { numRuns: 500 },
  )
})

test('loose forms of hex and base64 are refused', () => {
  for (const text of ['0', 'AB', '0g', ' 00', '00\n']) refuses(() => fromHex(text), 'encoding.invalid')
  for (const text of ['AA', 'AA=', 'AB==', 'AA==\n', 'A', '=', '==', 'AA-_', 'AAé=', 'AA==AA=='])
    refuses(() => fromBase64(text), 'encoding.invalid')
  for (const text of ['AA==', 'AB', 'A', 'AA+/', 'AAA=', 'AA A'])
    refuses(() => fromBase64Url(text), 'encoding.invalid')
})

test('UTF-8 is read strictly and keeps a byte order mark', () => {
  assert.equal(fromUtf8(utf8('żółw 🔧')), 'żółw 🔧')
  assert.equal(fromUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41)), '\ufeffA')
  for (const bad of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xe2, 0x82]])
    refuses(() => fromUtf8(Uint8Array.from(bad)), 'encoding.invalid')
})

test('bytes are joined, compared and ordered as Node does it', () => {
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      assert.deepEqual(concatBytes(a, b), new Uint8Array(Buffer.concat([a, b])))
      assert.equal(equalBytes(a, b), Buffer.compare(a, b) === 0)
      assert.ok(equalBytes(a, a.slice()))
    }),
  )
})
