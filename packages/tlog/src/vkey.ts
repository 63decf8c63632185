/** Verifier keys of signed notes, `name+id+base64(type || key)` (c2sp.org/signed-note; docs/spec/log.md, 3). */
import {
  type Bytes,
  concatBytes,
  equalBytes,
  ProtocolError,
  sha256,
  toBase64,
  toHex,
  utf8,
} from '@commonhold/protocol'
import { decodeBase64 } from './text.ts'

export type NoteKeyType = 'ed25519' | 'p256' | 'cosignature/v1'

export type Vkey = {
  readonly name: string
  readonly type: NoteKeyType
  /** Ed25519: 32 bytes; P-256: 33 bytes, compressed. */
  readonly publicKey: Bytes
  /** First four bytes of sha256(name || 0A || type || key), as 8 hex digits. */
  readonly keyId: string
}

// 01 and 04 are assigned by c2sp.org/signed-note. ff is for types without a number and wants a longer name after it.
const TYPES: Readonly<Record<NoteKeyType, { readonly prefix: Bytes; readonly keyBytes: number }>> = {
  ed25519: { prefix: Uint8Array.of(0x01), keyBytes: 32 },
  'cosignature/v1': { prefix: Uint8Array.of(0x04), keyBytes: 32 },
  p256: { prefix: concatBytes(Uint8Array.of(0xff), utf8('commonhold-p256')), keyBytes: 33 },
}

/** Not empty, no `+`, no control characters, none of Unicode's spaces. */
const NAME = /^[^\0-\x20\x7f+\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/

export const isKeyName = (name: string): boolean => NAME.test(name) && name.isWellFormed()

/** @returns the key ID, 8 hex digits. */
export const noteKeyId = (name: string, type: NoteKeyType, publicKey: Uint8Array): string =>
  toHex(sha256(concatBytes(utf8(name), Uint8Array.of(0x0a), TYPES[type].prefix, publicKey)).subarray(0, 4))

/** @throws {ProtocolError} `key.invalid` for a name or a key that cannot be in a note. */
export function formatVkey({ name, type, publicKey }: Omit<Vkey, 'keyId'>): string {
  const { prefix, keyBytes } = TYPES[type]
  if (!isKeyName(name)) throw invalid('the name has a space, a plus sign or nothing at all')
  if (publicKey.length !== keyBytes) throw invalid(`a ${type} key has ${keyBytes} bytes`)
  return `${name}+${noteKeyId(name, type, publicKey)}+${toBase64(concatBytes(prefix, publicKey))}`
}

/**
 * One trailing newline, as a file has, is allowed.
 *
 * @throws {ProtocolError} `key.invalid` unless `text` is a verifier key of a type known here, with its right key ID.
 */
export function parseVkey(text: string): Vkey {
  const line = text.endsWith('\n') ? text.slice(0, -1) : text
  const [, name = '', keyId = '', material = ''] =
    /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(line) ?? []
  const bytes = material === '' ? new Uint8Array(0) : decodeBase64(material, invalid)
  for (const type of ['ed25519', 'cosignature/v1', 'p256'] as const) {
    const { prefix, keyBytes } = TYPES[type]
    if (bytes.length !== prefix.length + keyBytes) continue
    if (!equalBytes(bytes.subarray(0, prefix.length), prefix)) continue
    const key: Vkey = { name, type, publicKey: bytes.slice(prefix.length), keyId }
    if (formatVkey(key) !== line) throw invalid('its ID is that of another key')
    return key
  }
  throw invalid('it is not name+id+base64 of a known type')
}

const invalid = (reason: string): ProtocolError =>
  new ProtocolError('key.invalid', `not a verifier key: ${reason}`)
