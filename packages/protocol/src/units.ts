declare const unit: unique symbol
type Branded<T, U extends string> = T & { readonly [unit]: U }

/** Lower-case hex of a SHA-256 digest (64 characters). */
export type Digest = Branded<string, 'Digest'>
/** Digest of an event's payload: the event's identity, never covering a signature. */
export type EventId = Digest
/** Digest that names a member: a person's seat, kept through every change of keys. */
export type MemberId = Branded<string, 'MemberId'>
/** Compressed P-256 public key, base64url without padding (44 characters). */
export type KeyId = Branded<string, 'KeyId'>
/** Milliseconds since the Unix epoch, as stamped by the sequencer. */
export type UnixMillis = Branded<number, 'UnixMillis'>

const HEX_32 = /^[0-9a-f]{64}$/

export const isDigest = (value: string): value is Digest => HEX_32.test(value)
export const digest = (hex: string): Digest => hex as Digest
export const memberId = (hex: string): MemberId => hex as MemberId
export const keyId = (base64url: string): KeyId => base64url as KeyId
export const unixMillis = (value: number): UnixMillis => value as UnixMillis

/** Total order by code unit; ids are ASCII, so it is byte order too. Never localeCompare. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
