/** Merkle Patricia tries (Ethereum Yellow Paper, appendices C and D): one key's value under a root. */
import { type Bytes, equalBytes } from '@commonhold/protocol'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { bad, hexOf, list } from './proof-parts.ts'
import { decodeRlp, type Rlp, text } from './rlp.ts'

const HASH_BYTES = 32
/** keccak256(rlp("")): the root of a trie without entries. */
const EMPTY_TRIE = keccak_256(Uint8Array.of(0x80))

export const keccak = (bytes: Uint8Array): Bytes => keccak_256(bytes) as Bytes

/**
 * Walks from `root` along the nibbles of `key`. Each node is the one that its parent names by hash, and none is left over.
 *
 * @returns The value at `key`, or undefined if the trie has none there.
 */
export function verifyTrie(root: Bytes, key: Bytes, proof: unknown, name: string): Bytes | undefined {
  const nodes = list(proof, name).map((node) => hexOf(node, name))
  const path = nibblesOf(key)
  let used = 0
  const resolve = (reference: Rlp, first = false): readonly Rlp[] => {
    // A node shorter than a hash stands in its parent instead of its hash.
    if (Array.isArray(reference)) return reference
    const encoded = nodes[used++]
    if (!encoded) throw bad(name, 'a node is missing')
    if (!first && encoded.length < HASH_BYTES) throw bad(name, 'a short node stands alone')
    if (!equalBytes(keccak(encoded), reference as Bytes)) throw bad(name, `node ${used - 1} has another hash`)
    const node = decodeRlp(encoded, name)
    if (!Array.isArray(node)) throw bad(name, 'a node is a list')
    return node
  }
  const value = equalBytes(root, EMPTY_TRIE) ? undefined : descend(resolve(root, true), path, resolve, name)
  if (used !== nodes.length) throw bad(name, 'a node too many')
  return value
}

function descend(
  start: readonly Rlp[],
  path: readonly number[],
  resolve: (reference: Rlp) => readonly Rlp[],
  name: string,
): Bytes | undefined {
  let node = start
  let at = 0
  for (;;) {
    if (node.length === 17) {
      const child = node[path[at++] as number] as Rlp | undefined
      if (child === undefined) throw bad(name, 'a branch where no key goes on')
      if (isEmpty(child)) return undefined
      node = resolve(reference(child, name))
    } else if (node.length === 2) {
      const { nibbles, leaf } = compactPath(node[0] as Rlp, name)
      const matches = nibbles.every((nibble, index) => path[at + index] === nibble)
      at += nibbles.length
      if (leaf) return matches && at === path.length ? text(node[1], name) : undefined
      if (!matches) return undefined
      node = resolve(reference(node[1] as Rlp, name))
    } else throw bad(name, 'a node has 2 or 17 items')
  }
}

function reference(child: Rlp, name: string): Rlp {
  if (!Array.isArray(child) && child.length !== HASH_BYTES)
    throw bad(name, 'a child is a hash or a short node')
  return child
}

/** Hex-prefix: the first nibble tells leaf from extension and odd from even. */
function compactPath(
  item: Rlp,
  name: string,
): { readonly nibbles: readonly number[]; readonly leaf: boolean } {
  const nibbles = nibblesOf(text(item, name))
  const [flags = 16, padding] = nibbles
  const odd = (flags & 1) === 1
  if (flags > 3 || (!odd && padding !== 0)) throw bad(name, 'a path is badly encoded')
  const leaf = flags >= 2
  if (!leaf && nibbles.length < 3 && !odd) throw bad(name, 'an extension is empty')
  return { nibbles: nibbles.slice(odd ? 1 : 2), leaf }
}

const isEmpty = (item: Rlp): boolean => item.length === 0

const nibblesOf = (bytes: Bytes): readonly number[] =>
  Array.from(bytes, (byte) => [byte >> 4, byte & 15]).flat()
