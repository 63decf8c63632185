import { hashLeavesJoined } from '@commonhold/kernels'
import { type Canonical, type Digest, digest, encodeCanonical, toHex } from '@commonhold/protocol'
import { Tree } from '@commonhold/tlog'

/** Merkle tree hash (RFC 6962, section 2.1) over canonical encodings: a leaf is proved by the same proofs as an entry. */
export function merkleRootOf(leaves: readonly Canonical[]): Digest {
  const tree = new Tree()
  tree.append(hashLeavesJoined(leaves.map(encodeCanonical)))
  return digest(toHex(tree.root()))
}
