import { ProtocolError } from '@commonhold/protocol'

/** "12.5" -> 12500000n: dollars with at most six decimals. @throws {ProtocolError} `usage.invalid`. */
export function parseMoney(text: string, option: string): bigint {
  const match = /^(\d{1,12})(?:\.(\d{1,6}))?$/.exec(text)
  if (match === null)
    throw new ProtocolError('usage.invalid', `${option} takes an amount such as 500 or 12.50`)
  return BigInt((match[1] ?? '') + (match[2] ?? '').padEnd(6, '0'))
}
