/** The Verifier port on WebCrypto: for browsers, and the same in Node. */
import {
  type Bytes,
  isEd25519Key,
  isLowS,
  P256_SIGNATURE_BYTES,
  type SignatureCheck,
  type Verifier,
} from '@commonhold/protocol'
import { p256 } from '@noble/curves/nist.js'

export const webVerifier: Verifier = {
  verify: (checks) => Promise.all(checks.map(verifyOne)),
}

async function verifyOne({ algorithm, publicKey, message, signature }: SignatureCheck): Promise<boolean> {
  if (signature.length !== P256_SIGNATURE_BYTES) return false
  try {
    if (algorithm === 'ed25519') {
      if (!isEd25519Key(publicKey)) return false
      const key = await crypto.subtle.importKey('raw', publicKey as Bytes, 'Ed25519', false, ['verify'])
      return await crypto.subtle.verify('Ed25519', key, signature as Bytes, message as Bytes)
    }
    if (publicKey.length !== 33 || !isLowS(signature)) return false
    // Engines differ in taking compressed points, so the point is opened here.
    const point = p256.Point.fromBytes(publicKey).toBytes(false) as Bytes
    const curve = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
    const key = await crypto.subtle.importKey('raw', point, curve, false, ['verify'])
    return await crypto.subtle.verify(curve, key, signature as Bytes, message as Bytes)
  } catch {
    return false
  }
}
