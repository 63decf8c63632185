/** The Verifier port on node:crypto: OpenSSL on the thread pool, about 25 times the pure reference. */
import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import {
  isEd25519Key,
  isLowS,
  P256_SIGNATURE_BYTES,
  type SignatureCheck,
  toBase64,
  type Verifier,
} from '@commonhold/protocol'

// SubjectPublicKeyInfo up to the key itself (RFC 5480 with a compressed point; RFC 8410).
const P256_PREFIX = Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex')
const ED25519_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

/** Parsed keys kept at a time: parsing costs as much as half a verification, and communities reuse their keys. */
const CACHE_SIZE = 4_096

export function createNodeVerifier(): Verifier {
  const cache = new Map<string, KeyObject | undefined>()
  const keyOf = ({ algorithm, publicKey }: SignatureCheck): KeyObject | undefined => {
    const name = `${algorithm}:${toBase64(publicKey)}`
    if (!cache.has(name)) {
      if (cache.size >= CACHE_SIZE) cache.clear()
      cache.set(name, parseKey(algorithm, publicKey))
    }
    return cache.get(name)
  }
  return { verify: (checks) => Promise.all(checks.map((check) => verifyOne(check, keyOf))) }
}

function verifyOne(
  check: SignatureCheck,
  keyOf: (check: SignatureCheck) => KeyObject | undefined,
): Promise<boolean> {
  const { algorithm, message, signature } = check
  if (signature.length !== P256_SIGNATURE_BYTES) return Promise.resolve(false)
  if (algorithm === 'p256' && !isLowS(signature)) return Promise.resolve(false)
  const key = keyOf(check)
  if (key === undefined) return Promise.resolve(false)
  return new Promise((resolve) => {
    const done = (error: Error | null, holds: boolean): void => resolve(error === null && holds)
    if (algorithm === 'p256') verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature, done)
    else verify(null, message, key, signature, done)
  })
}

function parseKey(algorithm: SignatureCheck['algorithm'], publicKey: Uint8Array): KeyObject | undefined {
  if (algorithm === 'p256' ? publicKey.length !== 33 : !isEd25519Key(publicKey)) return undefined
  const prefix = algorithm === 'p256' ? P256_PREFIX : ED25519_PREFIX
  try {
    return createPublicKey({ key: Buffer.concat([prefix, publicKey]), format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
}
