/**
 * Canonical encoding (docs/spec/encoding.md, 1): RFC 8785 (JCS) restricted to ASCII keys and strings and integers within
 * +-(2^53-1). A value has one encoding, and bytes are admitted only if they are that encoding of what they decode to.
 */
import { type Bytes, fromUtf8, utf8 } from './bytes.ts'
import { ProtocolError } from './errors.ts'
import { compareText } from './units.ts'

export type Canonical =
  | string
  | number
  | boolean
  | null
  | readonly Canonical[]
  | { readonly [key: string]: Canonical | undefined }

/** Deeper values are refused: no event needs them, and a hostile one must not exhaust the stack. */
const MAX_DEPTH = 16
const ASCII = /^[\x20-\x7e]*$/

/** @throws {ProtocolError} `encoding.invalid` for a float, a large number, non-ASCII text or too deep nesting. */
export const encodeCanonical = (value: Canonical): Bytes => utf8(canonicalText(value))

export const canonicalText = (value: Canonical): string => encodeValue(value, 0)

/** @throws {ProtocolError} `encoding.invalid` unless `bytes` are the canonical encoding of the value returned. */
export function decodeCanonical(bytes: Uint8Array): Canonical {
  const text = fromUtf8(bytes)
  let value: Canonical
  try {
    value = JSON.parse(text) as Canonical
  } catch {
    throw invalid('the bytes are not JSON')
  }
  // Encoding again refuses duplicate keys, 1.0, 2^53+1, reordered keys, escapes and white space in one stroke.
  if (canonicalText(value) !== text) throw invalid('the bytes are not the canonical encoding of their value')
  return value
}

function encodeValue(value: Canonical, depth: number): string {
  if (depth > MAX_DEPTH) throw invalid(`nested deeper than ${MAX_DEPTH}`)
  switch (typeof value) {
    case 'string':
      return encodeText(value)
    case 'number':
      if (!Number.isSafeInteger(value) || Object.is(value, -0))
        throw invalid('numbers are integers within 2^53-1')
      return String(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      if (value === null) return 'null'
      return Array.isArray(value)
        ? // Array.from, unlike map, does not pass over the holes of a sparse array: they are refused as undefined.
          `[${Array.from(value, (element: Canonical) => encodeValue(element, depth + 1)).join(',')}]`
        : encodeObject(value as { readonly [key: string]: Canonical | undefined }, depth)
    default:
      throw invalid(`a ${typeof value} has no canonical encoding`)
  }
}

function encodeObject(value: { readonly [key: string]: Canonical | undefined }, depth: number): string {
  const members: string[] = []
  for (const key of Object.keys(value).sort(compareText)) {
    const member = value[key]
    if (member !== undefined) members.push(`${encodeText(key)}:${encodeValue(member, depth + 1)}`)
  }
  return `{${members.join(',')}}`
}

function encodeText(text: string): string {
  if (!ASCII.test(text)) throw invalid('text in entries is printable ASCII; human text belongs in addenda')
  return JSON.stringify(text)
}

const invalid = (reason: string): ProtocolError => new ProtocolError('encoding.invalid', reason)
