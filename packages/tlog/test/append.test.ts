import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appendEntries, decodeBundle, EMPTY_EDGE, edgeRoot, encodeBundle, readEdge } from '@commonhold/tlog'
import fc from 'fast-check'
import { hex, onlyFails, readerOf, withCode, writeLog } from './support/logs.ts'
import { naiveFiles, naiveLeaf, naiveRoot, testEntries } from './support/reference.ts'

const batchesOf = (entries: readonly Uint8Array[], sizes: readonly number[]): Uint8Array[][] => {
  const batches: Uint8Array[][] = []
  let from = 0
  for (const size of sizes) {
    batches.push(entries.slice(from, from + size))
    from += size
  }
  return batches
}

test('one append writes exactly the files that the specification names', () => {
  for (const size of [0, 1, 2, 255, 256, 257, 1_000, 66_000]) {
    const entries = testEntries(size)
    const { files, edge } = writeLog([entries])
    const written = new Map([...files].map(([path, bytes]) => [path, hex(bytes)]))
    assert.deepEqual(
      [...written].sort(([a], [b]) => (a < b ? -1 : 1)),
      [...naiveFiles(entries)].sort(([a], [b]) => (a < b ? -1 : 1)),
    )
    assert.equal(hex(edgeRoot(edge)), hex(naiveRoot(entries.map(naiveLeaf))))
  }
})

test('after any batches the files of the size are there, none has changed, and the edge is the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 600 }), { maxLength: 6 }), async (sizes) => {
      const entries = testEntries(sizes.reduce((sum, size) => sum + size, 0))
      const { files, edge } = writeLog(batchesOf(entries, sizes))
      for (const [path, expected] of naiveFiles(entries)) {
        assert.equal(hex(files.get(path) ?? new Uint8Array(0)), expected, path)
      }
      const whole = appendEntries(EMPTY_EDGE, entries).edge
      assert.deepEqual(edge, whole)
      assert.deepEqual(await readEdge(readerOf(files), entries.length), whole)
    }),
    { numRuns: 25 },
  )
})

test('an edge read from altered files is refused', async () => {
  const { files } = writeLog([testEntries(300)])
  for (const path of ['tile/0/001.p/44', 'tile/entries/001.p/44', 'tile/1/000.p/1']) {
    const cut = new Map(files).set(path, files.get(path)!.subarray(1))
    await assert.rejects(readEdge(readerOf(cut), 300), withCode('log.bad_tile'))
  }
  const flipped = Buffer.from(files.get('tile/0/001.p/44')!)
  flipped[40]! ^= 1
  await assert.rejects(
    readEdge(readerOf(new Map(files).set('tile/0/001.p/44', flipped)), 300),
    withCode('log.bad_tile'),
  )
})

test('bundles carry entries of every length and nothing else', () => {
  const entries = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 })
  fc.assert(
    fc.property(entries, (list) => {
      const bundle = encodeBundle(list)
      assert.deepEqual(decodeBundle(bundle, list.length).map(hex), list.map(hex))
      assert.throws(() => decodeBundle(bundle, list.length + 1), withCode('log.bad_tile'))
      assert.throws(
        () => decodeBundle(Buffer.concat([bundle, Buffer.of(0)]), list.length),
        withCode('log.bad_tile'),
      )
    }),
  )
  const longest = new Uint8Array(65_535).fill(7)
  assert.equal(decodeBundle(encodeBundle([longest, longest]), 2)[1]?.length, 65_535)
  assert.throws(() => encodeBundle([new Uint8Array(65_536)]), withCode('entry.too_large'))
  assert.throws(() => appendEntries(EMPTY_EDGE, [new Uint8Array(65_536)]), withCode('entry.too_large'))
})

test('arbitrary bytes as a bundle are entries or a bad tile', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 600 }),
      fc.integer({ min: 1, max: 256 }),
      async (bytes, width) => {
        const failed = await onlyFails(['log.bad_tile'], () => decodeBundle(bytes, width))
        if (!failed) assert.equal(hex(encodeBundle(decodeBundle(bytes, width))), hex(bytes))
      },
    ),
  )
})
