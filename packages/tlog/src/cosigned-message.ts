/** What a witness signs (c2sp.org/tlog-cosignature, "Ed25519 signed message"). */
import { type Bytes, floor, ProtocolError, utf8 } from '@commonhold/protocol'

const TIME_BYTES = 8
const ED25519_BYTES = 64

/** @param time - Unix seconds. */
export const cosignedMessage = (text: string, time: number): Bytes =>
  utf8(`cosignature/v1\ntime ${time}\n${text}`)

/** uint64 big-endian time, then the Ed25519 signature. */
export function joinCosignature(time: number, ed25519: Uint8Array): Bytes {
  if (!Number.isSafeInteger(time) || time < 0) throw new Error(`a cosignature at ${time}`)
  const bytes = new Uint8Array(TIME_BYTES + ED25519_BYTES)
  let rest = time
  for (let i = TIME_BYTES - 1; i >= 0; i--) {
    bytes[i] = rest % 256
    rest = floor(rest / 256)
  }
  bytes.set(ed25519, TIME_BYTES)
  return bytes
}

/** @throws {ProtocolError} `log.bad_checkpoint` for another length, or a time beyond 2^53-1 seconds. */
export function splitCosignature(bytes: Uint8Array): { readonly time: number; readonly ed25519: Bytes } {
  let time = 0
  for (const byte of bytes.subarray(0, TIME_BYTES)) time = time * 256 + byte
  if (bytes.length !== TIME_BYTES + ED25519_BYTES || !Number.isSafeInteger(time)) {
    throw new ProtocolError('log.bad_checkpoint', 'a cosignature is malformed')
  }
  return { time, ed25519: new Uint8Array(bytes.subarray(TIME_BYTES)) }
}
