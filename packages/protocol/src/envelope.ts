/**
 * Envelopes and entries (docs/spec/encoding.md, 4 and 5): one log entry is one envelope is one signature over the digests
 * of its payloads. `at` is set by the sequencer and covered by the leaf, not by the member's signature.
 */
import { type Bytes, concatBytes, fromBase64Url, fromHex, toBase64Url, utf8 } from './bytes.ts'
import { type Canonical, decodeCanonical, encodeCanonical } from './canonical.ts'
import { ProtocolError } from './errors.ts'
import { type CommunityEvent, eventId, keySchema, parseEvent } from './events.ts'
import { type EventId, type KeyId, type UnixMillis, unixMillis } from './units.ts'
import { P256_SIGNATURE_BYTES } from './verifier.ts'

export const MAX_ENTRY_BYTES = 60_000
export const MAX_EVENTS = 256
/** The last time that a Date can hold; far enough below 2^53 that a delay can be added. */
export const MAX_AT = unixMillis(8_640_000_000_000_000)

/** What a client sends: payloads, the key that signed them and the signature. */
export type Envelope = {
  readonly events: readonly CommunityEvent[]
  readonly ids: readonly EventId[]
  readonly key: KeyId
  /** 64 bytes r || s, low-s. */
  readonly signature: Bytes
}

export type Entry = Envelope & { readonly at: UnixMillis }

const ENVELOPE_TAG = utf8('commonhold-envelope/v1\n')

/** The bytes that the key signs (ECDSA P-256 with SHA-256). */
export const signedMessage = (ids: readonly EventId[]): Bytes =>
  concatBytes(ENVELOPE_TAG, ...ids.map(fromHex))

export const encodeEntry = (entry: Envelope & { readonly at: UnixMillis }): Bytes =>
  encodeCanonical({
    at: entry.at,
    events: entry.events as unknown as readonly Canonical[],
    key: entry.key,
    sig: toBase64Url(entry.signature),
  })

/** @throws {ProtocolError} `encoding.invalid`, `event.invalid` or `entry.too_large`; nothing else for any bytes. */
export function decodeEntry(bytes: Uint8Array): Entry {
  if (bytes.length > MAX_ENTRY_BYTES) {
    throw new ProtocolError(
      'entry.too_large',
      `an entry has ${bytes.length} bytes; at most ${MAX_ENTRY_BYTES} are allowed`,
    )
  }
  const value = decodeCanonical(bytes)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('not an object')
  const { at, events, key, sig, ...rest } = value as Readonly<Record<string, Canonical>>
  if (Object.keys(rest).length > 0) throw invalid('unknown fields')
  if (typeof at !== 'number' || at < 0 || at > MAX_AT) throw invalid('at: expected a time in milliseconds')
  return { at: unixMillis(at), ...parseEnvelope(events, key, sig) }
}

/** Checks the shape of an envelope's parts, as a client sent them or as an entry holds them. */
export function parseEnvelope(events: unknown, key: unknown, sig: unknown): Envelope {
  if (!Array.isArray(events) || events.length < 1 || events.length > MAX_EVENTS) {
    throw invalid(`events: expected 1 to ${MAX_EVENTS} payloads`)
  }
  const signature = typeof sig === 'string' ? fromBase64Url(sig) : new Uint8Array()
  if (signature.length !== P256_SIGNATURE_BYTES) throw invalid('sig: expected 64 bytes in base64url')
  const payloads = events.map(parseEvent)
  return { events: payloads, ids: payloads.map(eventId), key: keySchema(key, 'key'), signature }
}

const invalid = (reason: string): ProtocolError => new ProtocolError('event.invalid', `envelope: ${reason}`)
