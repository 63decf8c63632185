/**
 * A round's state as bytes: the node's working copy between rounds, so that it need not run them all again. Never part
 * of an export and never trusted by an audit, which recomputes it.
 */
import { decodeModel, encodeModel, modelHash } from '@commonhold/learning'
import {
  type Bytes,
  concatBytes,
  type Digest,
  equalBytes,
  fromUtf8,
  ProtocolError,
  sha256,
  uint32,
  utf8,
} from '@commonhold/protocol'
import { NO_REWARDS } from '@commonhold/rewards'
import type { RoundState } from './state.ts'

export const NO_ROUND: RoundState = {
  round: 0,
  clusters: new Map(),
  accepted: new Map(),
  answered: new Map(),
  values: [],
  live: undefined,
  rewards: NO_REWARDS,
}

/** JSON with maps as {"m": entries} and bigints as {"n": decimal}; other objects as {"o": members}. */
type Packed = string | number | boolean | null | readonly Packed[] | { readonly [key: string]: Packed }

/** SHA-256 of the JSON, its length, the JSON, then the live model, whose hash the JSON names. */
const DIGEST_BYTES = 32
const HEADER_BYTES = DIGEST_BYTES + 4

type Head = Omit<RoundState, 'live'> & {
  readonly liveModel: { readonly hash: Digest; readonly round: number } | null
}

export function encodeState({ live, ...rest }: RoundState): Bytes {
  const head: Head = {
    ...rest,
    liveModel: live === undefined ? null : { hash: live.hash, round: live.round },
  }
  const json = utf8(JSON.stringify(pack(head)))
  const model = live === undefined ? new Uint8Array() : encodeModel(live.model)
  return concatBytes(sha256(json), uint32(json.length), json, model)
}

/** @throws {ProtocolError} `data.malformed` for bytes that `encodeState` did not make. */
export function decodeState(bytes: Uint8Array): RoundState {
  try {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(DIGEST_BYTES)
    const end = HEADER_BYTES + (a * 0x1000000 + ((b << 16) | (c << 8) | d))
    const json = bytes.subarray(HEADER_BYTES, end)
    if (!equalBytes(sha256(json), bytes.subarray(0, DIGEST_BYTES))) throw new Error('another digest')
    const { liveModel, ...rest } = unpack(JSON.parse(fromUtf8(json)) as Packed) as Head
    if (liveModel === null) {
      if (bytes.length !== end) throw new Error('bytes after the end')
      return { ...rest, live: undefined }
    }
    const model = decodeModel(bytes.subarray(end))
    if (modelHash(model) !== liveModel.hash) throw new Error('another model')
    return { ...rest, live: { model, ...liveModel } }
  } catch (cause) {
    throw new ProtocolError(
      'data.malformed',
      'the stored state of a round is damaged: restore the home from a backup',
      {},
      { cause },
    )
  }
}

function pack(value: unknown): Packed {
  if (typeof value === 'bigint') return { n: value.toString() }
  if (value instanceof Map) return { m: Array.from(value, ([key, member]) => [pack(key), pack(member)]) }
  if (Array.isArray(value)) return value.map(pack)
  if (typeof value === 'object' && value !== null) {
    const members: Record<string, Packed> = {}
    for (const [key, member] of Object.entries(value)) if (member !== undefined) members[key] = pack(member)
    return { o: members }
  }
  return value as Packed
}

function unpack(value: Packed): unknown {
  if (Array.isArray(value)) return value.map(unpack)
  if (typeof value !== 'object' || value === null) return value
  const { n, m, o } = value as {
    readonly n?: string
    readonly m?: readonly [Packed, Packed][]
    readonly o?: Readonly<Record<string, Packed>>
  }
  if (n !== undefined) return BigInt(n)
  if (m !== undefined) return new Map(m.map(([key, member]) => [unpack(key), unpack(member)]))
  const members: Record<string, unknown> = {}
  for (const [key, member] of Object.entries(o ?? {})) members[key] = unpack(member)
  return members
}
