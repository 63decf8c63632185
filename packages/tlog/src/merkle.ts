/** Hashes of the Merkle tree (RFC 6962, section 2.1): leaf = sha256(00 || entry), node = sha256(01 || left || right). */
import { hashLeaves, hashNodes } from '@commonhold/kernels'
import { type Bytes, concatBytes, sha256 } from '@commonhold/protocol'
import { HASH_BYTES, TILE_WIDTH } from './layout.ts'

export const leafHash = (entry: Uint8Array): Bytes => hashLeaves([entry])[0] as Bytes

export const nodeHash = (left: Uint8Array, right: Uint8Array): Bytes => hashNodes(concatBytes(left, right))

/** Root of the tree without entries: the hash of nothing. */
export const emptyRoot = (): Bytes => sha256(new Uint8Array(0))

/**
 * Root over `hashes` (n x 32 bytes, n >= 1), taken as complete subtrees of one height, of which the last may be
 * smaller. A last one without a partner rises as it is, which is RFC 6962's split at the largest power of two.
 */
export function foldRoot(hashes: Uint8Array): Bytes {
  let level = hashes
  while (level.length > HASH_BYTES) {
    const paired = level.length - (level.length % (2 * HASH_BYTES))
    const above = hashNodes(level.subarray(0, paired))
    level = paired === level.length ? above : concatBytes(above, level.subarray(paired))
  }
  return new Uint8Array(level)
}

/** Roots of whole tiles: n x 256 x 32 bytes give n x 32 bytes, all tiles in one pass of the kernel per height. */
export function tileRoots(tiles: Uint8Array): Bytes {
  let level = new Uint8Array(tiles)
  for (let width = TILE_WIDTH; width > 1; width /= 2) level = hashNodes(level)
  return level
}
