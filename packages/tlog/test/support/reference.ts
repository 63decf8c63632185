// RFC 6962, section 2.1, as it is written: recursive, slow, with node:crypto, sharing nothing with the code under test.
import { hash } from 'node:crypto'

export const sha256 = (...parts: readonly Uint8Array[]): Buffer =>
  hash('sha256', parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts), 'buffer')

export const naiveLeaf = (entry: Uint8Array): Buffer => sha256(Uint8Array.of(0), entry)
export const naiveNode = (left: Uint8Array, right: Uint8Array): Buffer =>
  sha256(Uint8Array.of(1), left, right)

/** Largest power of two smaller than n. */
const k = (n: number): number => {
  let power = 1
  while (power * 2 < n) power *= 2
  return power
}

/** MTH over leaf hashes. */
export function naiveRoot(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha256()
  if (leaves.length === 1) return leaves[0]!
  const split = k(leaves.length)
  return naiveNode(naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)))
}

/** PATH(m, D[n]). */
export function naivePath(m: number, leaves: readonly Buffer[]): Buffer[] {
  if (leaves.length === 1) return []
  const split = k(leaves.length)
  return m < split
    ? [...naivePath(m, leaves.slice(0, split)), naiveRoot(leaves.slice(split))]
    : [...naivePath(m - split, leaves.slice(split)), naiveRoot(leaves.slice(0, split))]
}

/** SUBPROOF(m, D[n], b). */
function subproof(m: number, leaves: readonly Buffer[], whole: boolean): Buffer[] {
  if (m === leaves.length) return whole ? [] : [naiveRoot(leaves)]
  const split = k(leaves.length)
  return m <= split
    ? [...subproof(m, leaves.slice(0, split), whole), naiveRoot(leaves.slice(split))]
    : [...subproof(m - split, leaves.slice(split), false), naiveRoot(leaves.slice(0, split))]
}

/** PROOF(m, D[n]); empty for m = 0, which the RFC leaves out. */
export const naiveConsistency = (m: number, leaves: readonly Buffer[]): Buffer[] =>
  m === 0 ? [] : subproof(m, leaves, true)

/** c2sp.org/tlog-tiles: every file of a log of these entries, as `path -> hex`, partial tiles of this size only. */
export function naiveFiles(entries: readonly Uint8Array[]): Map<string, string> {
  const files = new Map<string, string>()
  const put = (folder: string, hashes: readonly Uint8Array[]): void => {
    for (let n = 0; n * 256 < hashes.length; n++) {
      const part = hashes.slice(n * 256, n * 256 + 256)
      const digits = String(n).padStart(Math.ceil(String(n).length / 3) * 3, '0')
      const groups = digits.match(/.../g)!.map((group, i, all) => (i < all.length - 1 ? `x${group}` : group))
      const partial = part.length < 256 ? `.p/${part.length}` : ''
      files.set(`tile/${folder}/${groups.join('/')}${partial}`, Buffer.concat(part).toString('hex'))
    }
  }
  put(
    'entries',
    entries.map((entry) => Buffer.concat([Uint8Array.of(entry.length >> 8, entry.length & 255), entry])),
  )
  let hashes = entries.map(naiveLeaf)
  for (let level = 0; hashes.length > 0; level++) {
    put(String(level), hashes)
    const above: Buffer[] = []
    for (let n = 0; (n + 1) * 256 <= hashes.length; n++)
      above.push(naiveRoot(hashes.slice(n * 256, n * 256 + 256)))
    hashes = above
  }
  return files
}

export const testEntries = (count: number): Buffer[] =>
  Array.from({ length: count }, (_, i) => Buffer.from(`entry ${i}`))
