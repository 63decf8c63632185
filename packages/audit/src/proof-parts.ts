/** Reading a chain proof's JSON: every refusal names the part that does not hold. */
import { type Bytes, fromHex, ProtocolError, toHex } from '@commonhold/protocol'

export const prefixed = (bytes: Uint8Array): string => `0x${toHex(bytes)}`

export function hexOf(value: unknown, name: string): Bytes {
  if (typeof value !== 'string' || !/^0x(?:[0-9a-f]{2})*$/.test(value))
    throw bad(name, 'not 0x and lower-case hex')
  return fromHex(value.slice(2))
}

export function list(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw bad(name, 'not a list')
  return value
}

export function record<const Key extends string>(
  value: unknown,
  name: string,
  keys: readonly Key[],
): Readonly<Record<Key, unknown>> {
  const complete =
    typeof value === 'object' &&
    value !== null &&
    Object.keys(value).length === keys.length &&
    keys.every((key) => Object.hasOwn(value, key))
  if (!complete) throw bad(name, `not an object of ${keys.join(', ')}`)
  return value as Readonly<Record<Key, unknown>>
}

export const bad = (part: string, reason: string): ProtocolError =>
  new ProtocolError('log.bad_proof', `the chain proof does not hold at ${part}: ${reason}`, { part })
