import assert from 'node:assert/strict'
import { test } from 'node:test'
import { emptyRoot, type TreeHead, verifyConsistency, verifyInclusion } from '@commonhold/tlog'
import fc from 'fast-check'
import { sharedText, withCode, withoutShared } from './support/logs.ts'
import { naiveConsistency, naiveLeaf, naivePath, naiveRoot, testEntries } from './support/reference.ts'

const leaves = testEntries(601).map(naiveLeaf)
const headOf = (size: number): TreeHead => ({ size, logRoot: naiveRoot(leaves.slice(0, size)) })
const badProof = withCode('log.bad_proof')
const sizes = fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 250, max: 600 }))

test('an inclusion proof holds for its leaf, index and tree, and for nothing else', () => {
  fc.assert(
    fc.property(sizes, fc.nat(), fc.nat(), (size, seed, other) => {
      const index = seed % size
      const leaf = leaves[index]!
      const head = headOf(size)
      const proof = naivePath(index, leaves.slice(0, size))
      verifyInclusion(leaf, index, head, proof)
      assert.throws(() => verifyInclusion(naiveLeaf(leaf), index, head, proof), badProof)
      assert.throws(() => verifyInclusion(leaf, index, headOf(size + 1), proof), badProof)
      assert.throws(() => verifyInclusion(leaf, index, head, [...proof, leaf]), badProof)
      assert.throws(() => verifyInclusion(leaf, size, head, proof), badProof)
      if (other % size !== index)
        assert.throws(() => verifyInclusion(leaf, other % size, head, proof), badProof)
      if (proof.length > 0) {
        assert.throws(() => verifyInclusion(leaf, index, head, proof.slice(1)), badProof)
        const flipped = proof.map((hash) => Buffer.from(hash))
        const at = other % (32 * flipped.length)
        flipped[Math.floor(at / 32)]![at % 32]! ^= 1 << (seed % 8)
        assert.throws(() => verifyInclusion(leaf, index, head, flipped), badProof)
      }
    }),
    { numRuns: 60 },
  )
})

test('a consistency proof holds for its two trees and for nothing else', () => {
  fc.assert(
    fc.property(sizes, fc.nat(), fc.nat(), (size, seed, other) => {
      const oldSize = 1 + (seed % size)
      const [old, head] = [headOf(oldSize), headOf(size)]
      const proof = naiveConsistency(oldSize, leaves.slice(0, size))
      verifyConsistency(old, head, proof)
      const wrongRoot = naiveLeaf(head.logRoot)
      assert.throws(() => verifyConsistency({ ...old, logRoot: wrongRoot }, head, proof), badProof)
      assert.throws(() => verifyConsistency(old, { ...head, logRoot: wrongRoot }, proof), badProof)
      assert.throws(() => verifyConsistency(old, head, [...proof, wrongRoot]), badProof)
      assert.throws(() => verifyConsistency(headOf(size + 1), head, proof), badProof)
      if (proof.length > 0) {
        assert.throws(() => verifyConsistency(old, head, proof.slice(1)), badProof)
        assert.throws(() => verifyConsistency(old, head, []), badProof)
        const flipped = proof.map((hash) => Buffer.from(hash))
        const at = other % (32 * flipped.length)
        flipped[Math.floor(at / 32)]![at % 32]! ^= 1 << (seed % 8)
        assert.throws(() => verifyConsistency(old, head, flipped), badProof)
      }
    }),
    { numRuns: 60 },
  )
})

test('the tree without entries is a prefix of every tree', () => {
  verifyConsistency({ size: 0, logRoot: emptyRoot() }, headOf(9), [])
  assert.throws(() => verifyConsistency({ size: 0, logRoot: leaves[0]! }, headOf(9), []), badProof)
  assert.throws(() => verifyConsistency({ size: 0, logRoot: emptyRoot() }, headOf(9), [leaves[0]!]), badProof)
})

test('hashes of another length and sizes that are no counts are bad proofs', () => {
  const [leaf, head] = [leaves[0]!, headOf(2)]
  assert.throws(() => verifyInclusion(leaf, 0, head, [new Uint8Array(31)]), badProof)
  assert.throws(() => verifyInclusion(leaf.subarray(1), 0, head, [leaves[1]!]), badProof)
  for (const bad of [-1, 1.5, Number.NaN, 2 ** 53]) {
    assert.throws(() => verifyInclusion(leaf, bad, head, [leaves[1]!]), badProof)
    assert.throws(() => verifyInclusion(leaf, 0, { ...head, size: bad }, [leaves[1]!]), badProof)
    assert.throws(() => verifyConsistency({ ...head, size: bad }, head, []), badProof)
  }
})

test('the proofs of the shared vectors verify', { skip: withoutShared }, () => {
  type Proofs = { inc: string[]; con: string[]; roots: Record<string, string> }
  const { inc, con, roots } = JSON.parse(sharedText('proofs.json')) as Proofs
  const head = (size: number): TreeHead => ({ size, logRoot: Buffer.from(roots[String(size)]!, 'base64') })
  const bytes = (hashes: readonly string[]): Buffer[] => hashes.map((hash) => Buffer.from(hash, 'base64'))
  verifyInclusion(naiveLeaf(Buffer.from('entry 12345')), 12_345, head(70_000), bytes(inc))
  verifyConsistency(head(65_537), head(70_000), bytes(con))
})

test('proofs work beyond 2^32 entries', () => {
  // A tree of 2^40 equal leaves: one hash for each height.
  const heights = [naiveLeaf(Buffer.from('x'))]
  for (let h = 1; h <= 40; h++) {
    const below = heights[h - 1]!
    heights.push(naiveRoot([below, below]))
  }
  const head = { size: 2 ** 40, logRoot: heights[40]! }
  verifyInclusion(heights[0]!, 2 ** 39 + 12_345, head, heights.slice(0, 40))
  verifyConsistency({ size: 2 ** 33, logRoot: heights[33]! }, head, heights.slice(33, 40))
})
