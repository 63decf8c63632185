import { ProtocolError } from './errors.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export type Bytes = Uint8Array<ArrayBuffer>

export const utf8 = (text: string): Bytes => encoder.encode(text)

/** @throws {ProtocolError} `encoding.invalid` for bytes that are not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new ProtocolError('encoding.invalid', 'the bytes are not UTF-8')
  }
}

export function concatBytes(...parts: readonly Uint8Array[]): Bytes {
  let length = 0
  for (const part of parts) length += part.length
  const joined = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}

/** 32-bit big-endian, for an integer in [0, 2^32). */
export const uint32 = (value: number): Bytes => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i++) text += HEX[bytes[i] as number]
  return text
}

/** @throws {ProtocolError} `encoding.invalid` unless `text` is lower-case hex of whole bytes. */
export function fromHex(text: string): Bytes {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) throw new ProtocolError('encoding.invalid', 'not lower-case hex')
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16)
  return bytes
}

type Alphabet = { readonly characters: string; readonly values: Int16Array; readonly padded: boolean }

function alphabet(characters: string, padded: boolean): Alphabet {
  const values = new Int16Array(128).fill(-1)
  for (let i = 0; i < 64; i++) values[characters.charCodeAt(i)] = i
  return { characters, values, padded }
}

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const STANDARD = alphabet(`${ALPHANUMERIC}+/`, true)
const URL_SAFE = alphabet(`${ALPHANUMERIC}-_`, false)

function encode64(bytes: Uint8Array, { characters, padded }: Alphabet): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i
    const group =
      ((bytes[i] as number) << 16) |
      ((left > 1 ? (bytes[i + 1] as number) : 0) << 8) |
      (left > 2 ? (bytes[i + 2] as number) : 0)
    text += characters.charAt(group >> 18) + characters.charAt((group >> 12) & 63)
    if (left > 1) text += characters.charAt((group >> 6) & 63)
    else if (padded) text += '='
    if (left > 2) text += characters.charAt(group & 63)
    else if (padded) text += '='
  }
  return text
}

function decode64(text: string, of: Alphabet): Bytes {
  const end = of.padded ? text.length - (text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0) : text.length
  const bytes = new Uint8Array(Math.floor((end * 3) / 4))
  let bits = 0
  let group = 0
  let offset = 0
  for (let i = 0; i < end; i++) {
    const code = text.charCodeAt(i)
    const value = code < 128 ? (of.values[code] as number) : -1
    if (value < 0) throw new ProtocolError('encoding.invalid', 'not base64')
    group = (group << 6) | value
    bits += 6
    if (bits >= 8) {
      bits -= 8
      bytes[offset++] = (group >> bits) & 255
    }
  }
  // Only one text stands for given bytes: refuses loose padding and set spare bits.
  if (encode64(bytes, of) !== text) throw new ProtocolError('encoding.invalid', 'not canonical base64')
  return bytes
}

/** Standard base64 with padding (checkpoints, notes). */
export const toBase64 = (bytes: Uint8Array): string => encode64(bytes, STANDARD)
/** @throws {ProtocolError} `encoding.invalid` unless `text` is canonical, padded base64. */
export const fromBase64 = (text: string): Bytes => decode64(text, STANDARD)
/** URL-safe base64 without padding (keys and signatures in events). */
export const toBase64Url = (bytes: Uint8Array): string => encode64(bytes, URL_SAFE)
/** @throws {ProtocolError} `encoding.invalid` unless `text` is canonical, unpadded base64url. */
export const fromBase64Url = (text: string): Bytes => decode64(text, URL_SAFE)
