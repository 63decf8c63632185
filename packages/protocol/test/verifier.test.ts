import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isEd25519Key, isLowS, nobleVerifier, normalizeS } from '@commonhold/protocol'
import { p256 } from '@noble/curves/nist.js'
import fc from 'fast-check'
import { verifierSuite } from './verifier-suite.ts'

verifierSuite('the reference', nobleVerifier)

test('s is brought into the lower half, once and for all', () => {
  const order = p256.Point.Fn.ORDER
  const signatureOf = (s: bigint): Uint8Array =>
    new Uint8Array(Buffer.from('11'.repeat(32) + s.toString(16).padStart(64, '0'), 'hex'))
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: order - 1n }), (s) => {
      const normal = normalizeS(signatureOf(s))
      assert.equal(isLowS(signatureOf(s)), s <= order / 2n)
      assert.deepEqual(normal, signatureOf(s <= order / 2n ? s : order - s))
      assert.deepEqual(normalizeS(normal), normal)
    }),
  )
  assert.ok(isLowS(signatureOf(order / 2n)))
  assert.ok(!isLowS(signatureOf(order / 2n + 1n)))
})

test('an Ed25519 key is 32 bytes, canonical and of no small order', () => {
  assert.ok(isEd25519Key(new Uint8Array(32).fill(3)))
  assert.ok(!isEd25519Key(new Uint8Array(31).fill(3)))
  const large = (low: number): Uint8Array => Uint8Array.of(low, ...new Uint8Array(30).fill(255), 127)
  assert.ok(isEd25519Key(large(0xeb)))
  assert.ok(!isEd25519Key(large(0xed)))
  assert.ok(!isEd25519Key(large(0xff)))
})
