/** Signing keys of the command line and the node. */
import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { type Bytes, type KeyId, keyId, normalizeS, toBase64Url } from '@commonhold/protocol'
import { ed25519 } from '@noble/curves/ed25519.js'
import { p256 } from '@noble/curves/nist.js'

export interface Signer {
  /** P-256: 33 bytes compressed; Ed25519: 32 bytes. */
  readonly publicKey: Bytes
  sign(message: Uint8Array): Bytes
}

export type P256Signer = Signer & {
  readonly key: KeyId
  /** Affine coordinates of the public key, 32 bytes each. */
  readonly point: { readonly x: Bytes; readonly y: Bytes }
}

/**
 * @param secret 32 bytes.
 * @param deterministic RFC 6979 signatures, so that a demonstration repeats to the bit; otherwise OpenSSL signs, about
 * ten times as fast.
 */
export function p256Signer(secret: Uint8Array, deterministic = false): P256Signer {
  const publicKey = p256.getPublicKey(secret, true) as Bytes
  const key = keyId(toBase64Url(publicKey))
  const open = p256.getPublicKey(secret, false)
  const point = { x: open.slice(1, 33) as Bytes, y: open.slice(33) as Bytes }
  if (deterministic) {
    return { publicKey, key, point, sign: (message) => p256.sign(message, secret, { lowS: true }) as Bytes }
  }
  const privateKey: KeyObject = createPrivateKey({
    key: {
      kty: 'EC',
      crv: 'P-256',
      d: toBase64Url(secret),
      x: toBase64Url(point.x),
      y: toBase64Url(point.y),
    },
    format: 'jwk',
  })
  return {
    publicKey,
    key,
    point,
    sign: (message) => normalizeS(sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' })),
  }
}

/** Ed25519 is deterministic by itself (RFC 8032). */
export const ed25519Signer = (secret: Uint8Array): Signer => ({
  publicKey: ed25519.getPublicKey(secret) as Bytes,
  sign: (message) => ed25519.sign(message, secret) as Bytes,
})
