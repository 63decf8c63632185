/** Checking proofs (RFC 9162, sections 2.1.3.2 and 2.1.4.2). */
import { type Bytes, equalBytes, floor, ProtocolError } from '@commonhold/protocol'
import { HASH_BYTES } from './layout.ts'
import { emptyRoot, nodeHash } from './merkle.ts'
import { isCount } from './ranges.ts'
import type { TreeHead } from './tiles.ts'

/**
 * Root that an inclusion proof claims for a leaf.
 *
 * @throws {ProtocolError} `log.bad_proof` if the proof has the wrong shape for `index` and `size`.
 */
export function rootFromInclusionProof(
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
): Bytes {
  if (!isCount(index) || !isCount(size) || index >= size) throw badProof('the index is outside the tree')
  mustBeHashes([leaf, ...proof])
  let root = new Uint8Array(leaf)
  climb(index, size - 1, proof, (sibling, side) => {
    root = side === 'left' ? nodeHash(sibling, root) : nodeHash(root, sibling)
  })
  return root
}

/**
 * The way of a proof from a node to the root: tells of each sibling on which side it stands.
 *
 * @param last - number of the last node on the level of `node`.
 */
function climb(
  node: number,
  last: number,
  proof: readonly Uint8Array[],
  meet: (sibling: Uint8Array, side: 'left' | 'right') => void,
): void {
  let [at, end] = [node, last]
  const rise = (): void => {
    at = floor(at / 2)
    end = floor(end / 2)
  }
  for (const sibling of proof) {
    if (end === 0) throw badProof('the proof is too long')
    const isRight = at % 2 === 1 || at === end
    meet(sibling, isRight ? 'left' : 'right')
    // A last node without a partner has risen as it is.
    if (isRight) while (at % 2 === 0 && at !== 0) rise()
    rise()
  }
  if (end !== 0) throw badProof('the proof is too short')
}

/** @throws {ProtocolError} `log.bad_proof` unless `proof` shows that `leaf` is leaf `index` of the tree `head`. */
export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  head: TreeHead,
  proof: readonly Uint8Array[],
): void {
  if (!equalBytes(rootFromInclusionProof(leaf, index, head.size, proof), head.logRoot)) {
    throw badProof(`entry ${index} is not in the tree of size ${head.size}`)
  }
}

/**
 * An empty `proof` serves for equal sizes, whose roots must be equal, and for the tree without entries.
 *
 * @throws {ProtocolError} `log.bad_proof` unless `proof` shows that the tree `old` is a prefix of the tree `head`.
 */
export function verifyConsistency(old: TreeHead, head: TreeHead, proof: readonly Uint8Array[]): void {
  if (!isCount(old.size) || !isCount(head.size) || old.size > head.size) throw badProof('the tree has shrunk')
  mustBeHashes([old.logRoot, head.logRoot, ...proof])
  if (old.size === 0 || old.size === head.size) {
    if (proof.length > 0) throw badProof('the proof is too long')
    if (!equalBytes(old.logRoot, old.size === 0 ? emptyRoot() : head.logRoot)) {
      throw badProof(`there are two roots for size ${old.size}`)
    }
    return
  }
  const { oldRoot, root } = rootsFromConsistencyProof(old, head.size, proof)
  if (!equalBytes(oldRoot, old.logRoot) || !equalBytes(root, head.logRoot)) {
    throw badProof(`the tree of size ${head.size} does not continue the tree of size ${old.size}`)
  }
}

function rootsFromConsistencyProof(
  old: TreeHead,
  size: number,
  proof: readonly Uint8Array[],
): { readonly oldRoot: Uint8Array; readonly root: Uint8Array } {
  let node = old.size - 1
  let last = size - 1
  while (node % 2 === 1) {
    node = floor(node / 2)
    last = floor(last / 2)
  }
  // The old tree is one whole subtree: then its root is where the path starts.
  const [start, rest] = node === 0 ? [old.logRoot, proof] : [proof[0], proof.slice(1)]
  if (start === undefined) throw badProof('the proof is too short')
  let oldRoot = start
  let root = start
  climb(node, last, rest, (sibling, side) => {
    if (side === 'left') oldRoot = nodeHash(sibling, oldRoot)
    root = side === 'left' ? nodeHash(sibling, root) : nodeHash(root, sibling)
  })
  return { oldRoot, root }
}

function mustBeHashes(hashes: readonly Uint8Array[]): void {
  for (const hash of hashes) if (hash.length !== HASH_BYTES) throw badProof('a hash has 32 bytes')
}

const badProof = (reason: string): ProtocolError => new ProtocolError('log.bad_proof', `bad proof: ${reason}`)
