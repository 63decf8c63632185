// Trees and proofs of RFC 9162, section 2.1, by its recursive definitions, and checkpoints signed by node:crypto.
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { Hex } from 'viem'

/** Order of P-256 (FIPS 186-5). */
export const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

export type Signature = { readonly r: Hex; readonly s: Hex }
export type LogKey = { readonly qx: Hex; readonly qy: Hex; readonly sign: (text: string) => Signature }

const sha256 = (...parts: readonly Buffer[]): Buffer =>
  createHash('sha256').update(Buffer.concat(parts)).digest()
const toHex = (bytes: Buffer): Hex => `0x${bytes.toString('hex')}`
export const word = (value: bigint): Hex => `0x${value.toString(16).padStart(64, '0')}`

/** The log whose entry i is a text that names `name` and i. */
export class NaiveLog {
  readonly #name: string
  readonly #nodes = new Map<string, Buffer>()

  constructor(name = 'log') {
    this.#name = name
  }

  root(size: number): Hex {
    return toHex(this.#tree(0, size))
  }

  /** PROOF(oldSize, D[newSize]) for 0 < oldSize < newSize. */
  consistency(oldSize: number, newSize: number): readonly Hex[] {
    return this.#subproof(oldSize, 0, newSize, true).map(toHex)
  }

  #tree(from: number, to: number): Buffer {
    const key = `${from}-${to}`
    const known = this.#nodes.get(key)
    if (known) return known
    const node = to - from === 1 ? this.#leaf(from) : this.#inner(from, to)
    this.#nodes.set(key, node)
    return node
  }

  #leaf(index: number): Buffer {
    return sha256(Buffer.of(0), Buffer.from(`${this.#name} entry ${index}`))
  }

  #inner(from: number, to: number): Buffer {
    const middle = from + split(to - from)
    return sha256(Buffer.of(1), this.#tree(from, middle), this.#tree(middle, to))
  }

  #subproof(size: number, from: number, to: number, known: boolean): readonly Buffer[] {
    if (size === to - from) return known ? [] : [this.#tree(from, to)]
    const middle = from + split(to - from)
    return size <= middle - from
      ? [...this.#subproof(size, from, middle, known), this.#tree(middle, to)]
      : [...this.#subproof(size - (middle - from), middle, to, false), this.#tree(from, middle)]
  }
}

/** Largest power of two below `size`. */
function split(size: number): number {
  let half = 1
  while (half * 2 < size) half *= 2
  return half
}

export const checkpointText = (origin: string, size: number | bigint, root: Hex): string =>
  `${origin}\n${size}\n${Buffer.from(root.slice(2), 'hex').toString('base64')}\n`

export function generateLogKey(): LogKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const coordinate = (text: string): Hex => toHex(Buffer.from(text, 'base64url'))
  return { qx: coordinate(x), qy: coordinate(y), sign: (text) => signLow(privateKey, text) }
}

function signLow(key: KeyObject, text: string): Signature {
  const bytes = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' })
  const s = BigInt(toHex(bytes.subarray(32)))
  return { r: toHex(bytes.subarray(0, 32)), s: word(s > P256_ORDER / 2n ? P256_ORDER - s : s) }
}

/** The other signature that plain ECDSA accepts for the same text. */
export const highS = ({ r, s }: Signature): Signature => ({ r, s: word(P256_ORDER - BigInt(s)) })
