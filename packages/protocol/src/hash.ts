import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { type Bytes, concatBytes, toHex, uint32, utf8 } from './bytes.ts'
import { type Digest, digest } from './units.ts'

export const sha256 = (bytes: Uint8Array): Bytes => nobleSha256(bytes) as Bytes

export const sha256Hex = (bytes: Uint8Array): Digest => digest(toHex(sha256(bytes)))

/**
 * SHA-256 with a purpose and unambiguous parts (docs/spec/encoding.md, 2): `"commonhold-" purpose "/v1\n"`, then each part
 * as a 32-bit big-endian length and its bytes (text as UTF-8). Two purposes, or two splits of the same bytes into
 * parts, never hash the same input.
 */
export function taggedHash(purpose: string, ...parts: readonly (Uint8Array | string)[]): Digest {
  const chunks: Uint8Array[] = [utf8(`commonhold-${purpose}/v1\n`)]
  for (const part of parts) {
    const bytes = typeof part === 'string' ? utf8(part) : part
    chunks.push(uint32(bytes.length), bytes)
  }
  return sha256Hex(concatBytes(...chunks))
}
