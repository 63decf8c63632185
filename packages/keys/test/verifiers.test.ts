import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createNodeVerifier, p256Signer, webVerifier } from '@commonhold/keys'
import { verifierSuite } from '../../protocol/test/verifier-suite.ts'

verifierSuite('node:crypto', createNodeVerifier())
verifierSuite('WebCrypto', webVerifier)

test('the cache of keys may overflow', async () => {
  const verifier = createNodeVerifier()
  const { publicKey, sign } = p256Signer(new Uint8Array(32).fill(5))
  const message = Uint8Array.of(1, 2, 3)
  const good = { algorithm: 'p256', publicKey, message, signature: sign(message) } as const
  const strangers = Array.from({ length: 4_200 }, (_, i) => ({
    ...good,
    publicKey: Uint8Array.of(9, i >> 8, i & 255, ...publicKey.slice(3)),
  }))
  const answers = await verifier.verify([good, ...strangers, good])
  assert.deepEqual([answers[0], answers.at(-1)], [true, true])
  assert.ok(answers.slice(1, -1).every((holds) => !holds))
})
