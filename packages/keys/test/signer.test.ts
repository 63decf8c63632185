import assert from 'node:assert/strict'
import { createHash, createPublicKey, verify } from 'node:crypto'
import { test } from 'node:test'
import { ed25519Signer, type P256Signer, p256Signer } from '@commonhold/keys'
import { fromBase64Url, isLowS, nobleVerifier, toHex, utf8 } from '@commonhold/protocol'
import fc from 'fast-check'

// RFC 6979, A.2.5: P-256 with SHA-256.
const RFC6979 = {
  secret: Buffer.from('c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721', 'hex'),
  x: '60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6',
  y: '7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299',
  sample: {
    r: 'efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716',
    highS: 'f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8',
  },
}
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

test('deterministic signatures are those of RFC 6979 with low s', () => {
  const signer = p256Signer(RFC6979.secret, true)
  assert.equal(toHex(signer.point.x), RFC6979.x)
  assert.equal(toHex(signer.point.y), RFC6979.y)
  const lowS = (ORDER - BigInt(`0x${RFC6979.sample.highS}`)).toString(16).padStart(64, '0')
  assert.equal(toHex(signer.sign(utf8('sample'))), RFC6979.sample.r + lowS)
})

test('both kinds of P-256 signers have one key, and sign with low s what everybody can verify', async () => {
  const secret = createHash('sha256').update('a signer').digest()
  const signers: readonly P256Signer[] = [p256Signer(secret), p256Signer(secret, true)]
  const { x, y } = (signers[0] as P256Signer).point
  const key = createPublicKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'P-256',
      x: Buffer.from(x).toString('base64url'),
      y: Buffer.from(y).toString('base64url'),
    },
  })
  await fc.assert(
    fc.asyncProperty(fc.uint8Array(), async (message) => {
      for (const signer of signers) {
        const signature = signer.sign(message)
        assert.equal(signature.length, 64)
        assert.ok(isLowS(signature))
        assert.ok(verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature))
        assert.deepEqual(signer.publicKey, fromBase64Url((signers[0] as P256Signer).key))
      }
    }),
    { numRuns: 40 },
  )
})

test('Ed25519 signs as in RFC 8032, 7.1, test 2', async () => {
  const signer = ed25519Signer(
    Buffer.from('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb', 'hex'),
  )
  const message = Uint8Array.of(0x72)
  const signature = signer.sign(message)
  assert.equal(toHex(signer.publicKey), '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c')
  assert.equal(
    toHex(signature),
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  )
  const check = { algorithm: 'ed25519', publicKey: signer.publicKey, message, signature } as const
  assert.deepEqual(await nobleVerifier.verify([check]), [true])
})
