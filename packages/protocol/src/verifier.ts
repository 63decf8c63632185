/**
 * The port through which pure code checks signatures, and its reference implementation. Node and browsers bring faster
 * ones; all run one contract suite (packages/protocol/test/verifier-suite.ts).
 */
import { ed25519 } from '@noble/curves/ed25519.js'
import { p256 } from '@noble/curves/nist.js'

export const P256_SIGNATURE_BYTES = 64

export type SignatureCheck = {
  readonly algorithm: 'p256' | 'ed25519'
  /** P-256: 33 bytes compressed; Ed25519: 32 bytes. */
  readonly publicKey: Uint8Array
  readonly message: Uint8Array
  /** P-256: r || s with low s, over SHA-256 of the message; Ed25519: RFC 8032. 64 bytes each. */
  readonly signature: Uint8Array
}

export interface Verifier {
  /** @returns for each check whether the signature holds; malformed keys and signatures are simply false. */
  verify(checks: readonly SignatureCheck[]): Promise<readonly boolean[]>
}

// Half of the order of P-256, big-endian: a signature with a larger s has a twin and is refused.
const HALF_ORDER = p256.Point.Fn.ORDER / 2n

/** True when `s` of an r || s signature is in the lower half of the group order. */
export function isLowS(signature: Uint8Array): boolean {
  let s = 0n
  for (let i = 32; i < P256_SIGNATURE_BYTES; i++) s = (s << 8n) | BigInt(signature[i] as number)
  return s <= HALF_ORDER
}

/** Replaces s by order - s where needed: WebCrypto and node:crypto yield the high one half of the time. */
export function normalizeS(signature: Uint8Array): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(signature)
  if (isLowS(signature)) return result
  let s = 0n
  for (let i = 32; i < P256_SIGNATURE_BYTES; i++) s = (s << 8n) | BigInt(signature[i] as number)
  s = p256.Point.Fn.ORDER - s
  for (let i = P256_SIGNATURE_BYTES - 1; i >= 32; i--) {
    result[i] = Number(s & 255n)
    s >>= 8n
  }
  return result
}

function checkOne({ algorithm, publicKey, message, signature }: SignatureCheck): boolean {
  if (signature.length !== P256_SIGNATURE_BYTES) return false
  try {
    return algorithm === 'p256'
      ? publicKey.length === 33 && p256.verify(signature, message, publicKey, { lowS: true })
      : publicKey.length === 32 && ed25519.verify(signature, message, publicKey, { zip215: false })
  } catch {
    // noble throws on points off the curve; for the port a bad key is a signature that does not hold.
    return false
  }
}

/** Pure JavaScript: slow (0.35 k P-256 checks a second) and the reference for the others. */
export const nobleVerifier: Verifier = {
  verify: (checks) => Promise.resolve(checks.map(checkOne)),
}
