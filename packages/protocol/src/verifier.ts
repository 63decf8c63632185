/**
 * The port through which pure code checks signatures, and its reference implementation. Node and browsers bring faster
 * ones; all run one contract suite (packages/protocol/test/verifier-suite.ts).
 */
import { ed25519 } from '@noble/curves/ed25519.js'
import { p256 } from '@noble/curves/nist.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { concatBytes, equalBytes, toHex } from './bytes.ts'

export const P256_SIGNATURE_BYTES = 64

export type SignatureCheck = {
  readonly algorithm: 'p256' | 'ed25519'
  /** P-256: 33 bytes compressed; Ed25519: 32 bytes. */
  readonly publicKey: Uint8Array
  readonly message: Uint8Array
  /**
   * P-256: r || s with low s, over SHA-256 of the message; Ed25519: RFC 8032, cofactorless, by a key that
   * `isEd25519Key` takes (docs/spec/encoding.md, 7). 64 bytes each.
   */
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

/**
 * The y of every point of small order: with such a key one signature can hold for every message. After Chalkias,
 * Garillot and Nikolaenko, "Taming the many EdDSAs" (2020), table 5; the sign bit is taken off.
 */
const SMALL_ORDER_Y: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
])

/** True for 32 bytes that are the one encoding of their y, and no point of small order; they may still be no point. */
export function isEd25519Key(publicKey: Uint8Array): boolean {
  if (publicKey.length !== 32) return false
  const y = new Uint8Array(publicKey)
  y[31] = (y[31] as number) & 127
  // y >= 2^255 - 19 has a second encoding: engines differ in taking it.
  if (y[31] === 127 && (y[0] as number) >= 0xed && y.subarray(1, 31).every((byte) => byte === 255))
    return false
  return !SMALL_ORDER_Y.has(toHex(y))
}

const littleEndian = (bytes: Uint8Array): bigint => {
  let value = 0n
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] as number)
  return value
}

/**
 * S B = R + k A, without the cofactor, as OpenSSL, BoringSSL and Go check it. noble's own `verify` multiplies by the
 * cofactor: a signer can make signatures that hold there and nowhere else.
 */
function checkEd25519({ publicKey, message, signature }: SignatureCheck): boolean {
  if (!isEd25519Key(publicKey)) return false
  const { Point } = ed25519
  const encodedR = signature.subarray(0, 32)
  const s = littleEndian(signature.subarray(32))
  if (s >= Point.Fn.ORDER) return false
  const k = littleEndian(sha512(concatBytes(encodedR, publicKey, message))) % Point.Fn.ORDER
  const r = Point.BASE.multiplyUnsafe(s).subtract(Point.fromBytes(publicKey).multiplyUnsafe(k))
  return equalBytes(r.toBytes(), encodedR)
}

function checkOne(check: SignatureCheck): boolean {
  const { algorithm, publicKey, message, signature } = check
  if (signature.length !== P256_SIGNATURE_BYTES) return false
  try {
    return algorithm === 'p256'
      ? publicKey.length === 33 && p256.verify(signature, message, publicKey, { lowS: true })
      : checkEd25519(check)
  } catch {
    // noble throws on points off the curve; for the port a bad key is a signature that does not hold.
    return false
  }
}

/** Pure JavaScript: slow (0.35 k P-256 checks a second) and the reference for the others. */
export const nobleVerifier: Verifier = {
  verify: (checks) => Promise.resolve(checks.map(checkOne)),
}
