/**
 * SHA-256 in WebAssembly SIMD, four messages at a time: what a Merkle log of millions of entries needs. Measured on one
 * core of a server: 4.5 million node hashes and 1 million leaves of 300 bytes a second; node:crypto, paying per call, makes
 * 0.3 to 0.4 million nodes.
 */
import { type Bytes, concatBytes, sha256 } from '@commonhold/protocol'
import { sha256Wasm } from './sha256.gen.ts'
import { wasmModule } from './wasm.ts'

/** Length of a SHA-256 digest in bytes. */
const HASH = 32
const BLOCK = 64
// Beyond the kernel's own scratch (assembly/sha256.ts): jobs of 8 bytes, digests, then messages.
const JOBS = 0x22000
const MAX_JOBS = 4096
const DIGESTS = 0x30000
const INPUT = 0x50100
const INPUT_BYTES = 0x100000
const MEMORY_BYTES = 24 * 65_536

type Exports = {
  readonly prepare: () => void
  readonly nodes: (input: number, output: number, count: number) => void
  readonly many: (jobs: number, count: number, output: number) => void
}
type Kernel = Omit<Exports, 'prepare'> & { readonly bytes: Bytes; readonly words: DataView }

const instantiate = wasmModule<Exports>(sha256Wasm)

let shared: Kernel | undefined

/** One instance for all: what it computes leaves nothing behind. */
function kernel(): Kernel {
  if (shared !== undefined) return shared
  const {
    kernel: { prepare, nodes, many },
    buffer,
  } = instantiate(MEMORY_BYTES)
  prepare()
  shared = { bytes: new Uint8Array(buffer), words: new DataView(buffer), nodes, many }
  return shared
}

/**
 * Merkle node hashes, sha256(01 || left || right) (RFC 6962, section 2.1).
 *
 * @param pairs - n x 64 bytes: left and right, one pair after the other; so a level of a tree gives the next level.
 * @returns n x 32 bytes.
 */
export function hashNodes(pairs: Uint8Array): Bytes {
  if (pairs.length % (2 * HASH) !== 0) throw new Error(`hashNodes: ${pairs.length} bytes are not whole pairs`)
  const { bytes, nodes } = kernel()
  const hashes = new Uint8Array(pairs.length / 2)
  for (let from = 0; from < pairs.length; from += INPUT_BYTES) {
    const part = pairs.subarray(from, from + INPUT_BYTES)
    bytes.set(part, INPUT)
    nodes(INPUT, INPUT, part.length / (2 * HASH))
    hashes.set(bytes.subarray(INPUT, INPUT + part.length / 2), from / 2)
  }
  return hashes
}

/**
 * Merkle leaf hashes, sha256(00 || entry) (RFC 6962, section 2.1), as one run of bytes.
 *
 * @returns n x 32 bytes: the leaves of a tile, ready for `hashNodes`.
 */
export const hashLeavesJoined = (entries: readonly Uint8Array[]): Bytes => hashMany(entries, 0x00)

/** Merkle leaf hashes, sha256(00 || entry); the digests are views of one buffer. */
export const hashLeaves = (entries: readonly Uint8Array[]): Bytes[] => split(hashMany(entries, 0x00))

/** Plain SHA-256 of many messages of any lengths; the digests are views of one buffer. */
export const sha256Many = (messages: readonly Uint8Array[]): Bytes[] => split(hashMany(messages, -1))

/** @param prefix - one byte put before every message, or -1 for none. */
function hashMany(messages: readonly Uint8Array[], prefix: number): Bytes {
  const { bytes, words, many } = kernel()
  const hashes = new Uint8Array(messages.length * HASH)
  const extra = prefix < 0 ? 0 : 1
  let first = 0
  let jobs = 0
  let at = INPUT
  const flush = (): void => {
    many(JOBS, jobs, DIGESTS)
    hashes.set(bytes.subarray(DIGESTS, DIGESTS + jobs * HASH), first * HASH)
    first += jobs
    jobs = 0
    at = INPUT
  }
  for (const message of messages) {
    const length = message.length + extra
    // FIPS 180-4, 5.1.1: a one bit, zeros, and the length in bits as 64-bit big-endian.
    const padded = length + 9 + ((BLOCK - ((length + 9) % BLOCK)) % BLOCK)
    if (jobs === MAX_JOBS || at + padded > INPUT + INPUT_BYTES) flush()
    if (padded > INPUT_BYTES) {
      hashes.set(sha256(extra ? concatBytes(Uint8Array.of(prefix), message) : message), first * HASH)
      first++
      continue
    }
    if (extra) bytes[at] = prefix
    bytes.set(message, at + extra)
    bytes[at + length] = 0x80
    bytes.fill(0, at + length + 1, at + padded - 4)
    words.setUint32(at + padded - 4, length * 8)
    words.setUint32(JOBS + 8 * jobs, at, true)
    words.setUint32(JOBS + 8 * jobs + 4, padded / BLOCK, true)
    jobs++
    at += padded
  }
  flush()
  return hashes
}

function split(hashes: Bytes): Bytes[] {
  const digests: Bytes[] = []
  for (let at = 0; at < hashes.length; at += HASH) digests.push(hashes.subarray(at, at + HASH))
  return digests
}
