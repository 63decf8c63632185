/** Reading text from outside: every failure becomes the caller's own error. */
import { type Bytes, fromBase64, fromUtf8, type ProtocolError } from '@commonhold/protocol'

export type Failure = (reason: string) => ProtocolError

export function decodeText(input: string | Uint8Array, failure: Failure): string {
  if (typeof input === 'string') return input
  try {
    return fromUtf8(input)
  } catch {
    throw failure('it is not UTF-8')
  }
}

/** Canonical, padded base64 only. */
export function decodeBase64(text: string, failure: Failure): Bytes {
  try {
    return fromBase64(text)
  } catch {
    throw failure('something in it is not base64')
  }
}

/** True for well-formed Unicode without ASCII control characters other than newline (c2sp.org/signed-note). */
export function isNoteText(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x20 && code !== 0x0a) return false
  }
  return text.isWellFormed()
}
