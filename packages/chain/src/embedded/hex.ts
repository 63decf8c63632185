import { fromHex, ProtocolError, toHex } from '@commonhold/protocol'
import type { Hex } from 'viem'

export const bytesToHex = (bytes: Uint8Array): Hex => `0x${toHex(bytes)}`

/** @throws {ProtocolError} `encoding.invalid` unless `text` is `0x` and whole bytes in hex of either case. */
export function hexToBytes(text: string): Uint8Array<ArrayBuffer> {
  if (!/^0x[0-9a-fA-F]*$/.test(text)) throw new ProtocolError('encoding.invalid', 'expected 0x and hex')
  return fromHex(text.slice(2).toLowerCase())
}

/** JSON-RPC's QUANTITY: no leading zeros, `0x0` for zero. */
export const quantity = (value: bigint | number): Hex => `0x${value.toString(16)}`
