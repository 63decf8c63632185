/**
 * Addenda (docs/spec/encoding.md, 8): what may have to be erased, beside the entry that names its digest. 16 bytes of
 * salt, then the content.
 */
import { type Bytes, concatBytes, fromUtf8, utf8 } from './bytes.ts'
import { ProtocolError } from './errors.ts'
import { sha256Hex } from './hash.ts'
import type { Digest } from './units.ts'

export type Addendum = { readonly digest: Digest; readonly bytes: Bytes }

const SALT_BYTES = 16
/** Larger content is a blob, stored before its event. */
export const MAX_ADDENDUM_BYTES = 65_536

/** @throws {ProtocolError} `data.too_large` above 64 KB; `encoding.invalid` for half a surrogate pair. */
export function textAddendum(salt: Uint8Array, content: string): Addendum {
  if (salt.length !== SALT_BYTES) throw new Error('a salt is 16 bytes')
  if (!content.isWellFormed())
    throw new ProtocolError('encoding.invalid', 'the text has half a surrogate pair')
  const bytes = concatBytes(salt, utf8(content))
  if (bytes.length > MAX_ADDENDUM_BYTES) {
    throw new ProtocolError(
      'data.too_large',
      `the text has ${bytes.length - SALT_BYTES} bytes; at most ${MAX_ADDENDUM_BYTES - SALT_BYTES} fit`,
    )
  }
  return { digest: sha256Hex(bytes), bytes }
}

/** @throws {ProtocolError} `encoding.invalid` unless `bytes` are a salt and UTF-8 text. */
export function addendumText(bytes: Uint8Array): string {
  if (bytes.length < SALT_BYTES)
    throw new ProtocolError('encoding.invalid', 'an addendum has at least 16 bytes of salt')
  return fromUtf8(bytes.subarray(SALT_BYTES))
}
