import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashLeavesJoined } from '@commonhold/kernels'
import { consistencyProof, inclusionProof, leafHash, nodeHash, rootFromTiles, Tree } from '@commonhold/tlog'
import fc from 'fast-check'
import {
  base64,
  hex,
  ownVectors,
  readerOf,
  sharedText,
  withCode,
  withoutShared,
  writeLog,
} from './support/logs.ts'
import { naiveConsistency, naiveLeaf, naivePath, naiveRoot, testEntries } from './support/reference.ts'

const treeOf = (entries: readonly Uint8Array[]): Tree => {
  const tree = new Tree()
  tree.append(hashLeavesJoined(entries))
  return tree
}

test('the roots and proofs of the shared vectors come out', { skip: withoutShared }, async () => {
  type Proofs = { inc: string[]; con: string[]; roots: Record<string, string> }
  const { inc, con, roots } = JSON.parse(sharedText('proofs.json')) as Proofs
  const entries = testEntries(70_000)
  const tree = treeOf(entries)
  for (const [size, root] of Object.entries(roots)) assert.equal(base64(tree.root(Number(size))), root)
  assert.deepEqual(tree.inclusionProof(12_345, 70_000).map(base64), inc)
  assert.deepEqual(tree.consistencyProof(65_537, 70_000).map(base64), con)
  const reader = readerOf(writeLog([entries]).files)
  assert.equal(base64(await rootFromTiles(reader, 70_000)), roots['70000'])
  assert.deepEqual((await inclusionProof(reader, 12_345, 70_000)).map(base64), inc)
  assert.deepEqual((await consistencyProof(reader, 65_537, 70_000)).map(base64), con)
})

test('the leaf and node hashes that the shared vectors state come out', { skip: withoutShared }, () => {
  const readme = sharedText('README.md')
  const [first, second] = testEntries(2).map(leafHash) as [Uint8Array, Uint8Array]
  assert.ok(readme.includes(`leaf("entry 0") = ${hex(first)}`))
  assert.ok(readme.includes(`node(leaf 0, leaf 1) = ${hex(nodeHash(first, second))}`))
  for (const [, size, root] of readme.matchAll(/^\| (\d+) \| (\S+) \|$/gm)) {
    assert.equal(base64(treeOf(testEntries(Number(size))).root()), root)
  }
})

test('the project vectors of trees and proofs come out', () => {
  type Vectors = {
    roots: { size: number; root: string }[]
    inclusion: { index: number; size: number; proof: string[] }[]
    consistency: { oldSize: number; size: number; proof: string[] }[]
  }
  const { roots, inclusion, consistency } = ownVectors<Vectors>('tlog/tree.json')
  const tree = treeOf(testEntries(1_500))
  for (const { size, root } of roots) assert.equal(hex(tree.root(size)), root)
  for (const { index, size, proof } of inclusion) {
    assert.deepEqual(tree.inclusionProof(index, size).map(hex), proof)
  }
  for (const { oldSize, size, proof } of consistency) {
    assert.deepEqual(tree.consistencyProof(oldSize, size).map(hex), proof)
  }
})

test('every proof of every size up to 40 agrees with the recursive definition', () => {
  const entries = testEntries(40)
  const leaves = entries.map(naiveLeaf)
  const tree = treeOf(entries)
  for (let size = 1; size <= 40; size++) {
    const part = leaves.slice(0, size)
    assert.equal(hex(tree.root(size)), hex(naiveRoot(part)))
    for (let i = 0; i < size; i++) {
      assert.deepEqual(tree.inclusionProof(i, size).map(hex), naivePath(i, part).map(hex))
      assert.deepEqual(tree.consistencyProof(i, size).map(hex), naiveConsistency(i, part).map(hex))
    }
  }
})

test('proofs across tiles agree with the recursive definition, in memory and from tiles', async () => {
  const entries = testEntries(66_500)
  const leaves = entries.map(naiveLeaf)
  const tree = treeOf(entries)
  const sizes = fc.oneof(
    fc.integer({ min: 1, max: 1_300 }),
    fc.constantFrom(255, 256, 257, 511, 512, 513, 65_536, 65_537, 65_792),
  )
  await fc.assert(
    fc.asyncProperty(
      sizes,
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      async (size, part) => {
        const index = Math.floor(part * size)
        const some = leaves.slice(0, size)
        const path = naivePath(index, some).map(hex)
        const continued = naiveConsistency(index, some).map(hex)
        assert.deepEqual(tree.inclusionProof(index, size).map(hex), path)
        assert.deepEqual(tree.consistencyProof(index, size).map(hex), continued)
        // The tree is a reader too: it gives tiles as they were at any earlier size.
        assert.deepEqual((await inclusionProof(tree, index, size)).map(hex), path)
        assert.deepEqual((await consistencyProof(tree, index, size)).map(hex), continued)
        assert.equal(hex(await rootFromTiles(tree, size)), hex(naiveRoot(some)))
      },
    ),
    { numRuns: 12 },
  )
})

test('it does not matter in which batches leaves arrive', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 6 }), (batches) => {
      const tree = new Tree()
      const entries = testEntries(batches.reduce((sum, batch) => sum + batch, 0))
      let from = 0
      for (const batch of batches) {
        tree.append(hashLeavesJoined(entries.slice(from, from + batch)))
        from += batch
      }
      assert.equal(tree.size, entries.length)
      assert.equal(hex(tree.root()), hex(naiveRoot(entries.map(naiveLeaf))))
    }),
    { numRuns: 30 },
  )
})

test('what a tree hands out is a copy', () => {
  const tree = treeOf(testEntries(300))
  const before = hex(tree.root())
  for (const bytes of [tree.root(1), tree.root(), tree.readTile(0, 0, 256), ...tree.inclusionProof(0)])
    bytes.fill(0)
  assert.equal(hex(tree.root()), before)
})

test('sizes and indices outside the tree are expected failures', () => {
  const tree = treeOf(testEntries(10))
  for (const outside of [-1, 0.5, 11, Number.NaN, 2 ** 60]) {
    assert.throws(() => tree.root(outside), withCode('log.missing'))
    assert.throws(() => tree.inclusionProof(outside), withCode('log.missing'))
    assert.throws(() => tree.inclusionProof(0, outside), withCode('log.missing'))
    assert.throws(() => tree.consistencyProof(outside), withCode('log.missing'))
  }
  assert.throws(() => tree.inclusionProof(10), withCode('log.missing'))
  assert.throws(() => tree.readTile(0, 0, 11), withCode('log.missing'))
  assert.throws(() => tree.readTile(3, 0, 1), withCode('log.missing'))
})
