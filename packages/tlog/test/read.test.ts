import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  edgeRoot,
  inclusionProof,
  readLog,
  rootFromTiles,
  type TreeHead,
  verifiedTiles,
} from '@commonhold/tlog'
import fc from 'fast-check'
import { type Files, hex, onlyFails, readerOf, withCode, writeLog } from './support/logs.ts'
import { naiveFiles, naiveLeaf, naivePath, naiveRoot, testEntries } from './support/reference.ts'

const headOf = (entries: readonly Uint8Array[]): TreeHead => ({
  size: entries.length,
  logRoot: naiveRoot(entries.map(naiveLeaf)),
})

async function readAll(files: Files, head: TreeHead, from = 0): Promise<string[]> {
  const entries: string[] = []
  for await (const segment of readLog(readerOf(files), head, from)) {
    entries.push(...segment.entries.map(hex))
  }
  return entries
}

test('a log reads back as what was appended, from any entry on', async () => {
  for (const size of [0, 1, 256, 300, 1_025]) {
    const entries = testEntries(size)
    const { files } = writeLog([entries])
    assert.deepEqual(await readAll(files, headOf(entries)), entries.map(hex))
    assert.deepEqual(await readAll(files, headOf(entries), 600), entries.slice(512).map(hex))
  }
})

test('a reader with only an earlier checkpoint reads exactly the earlier log', async () => {
  const entries = testEntries(700)
  const { files } = writeLog([entries.slice(0, 300), entries.slice(300)])
  assert.deepEqual(await readAll(files, headOf(entries.slice(0, 300))), entries.slice(0, 300).map(hex))
})

test('flipping any one bit of any file of the log makes reading fail', async () => {
  // Only the files of this size: earlier partial tiles are not read.
  const entries = testEntries(66_000)
  const { files, edge } = writeLog([entries])
  const small = testEntries(700)
  const logs = [
    { files: writeLog([small]).files, head: headOf(small), runs: 120 },
    // Three levels: a byte of an upper tile counts as well. Read from near the end to keep it short.
    { files, head: { size: entries.length, logRoot: edgeRoot(edge) }, runs: 12 },
  ]
  assert.equal(hex(edgeRoot(edge)), hex(naiveRoot(entries.map(naiveLeaf))))
  for (const { files: good, head, runs } of logs) {
    const paths = [...good.keys()]
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.nat(), fc.nat({ max: 7 }), async (path, at, bit) => {
        const bytes = Buffer.from(good.get(path)!)
        bytes[at % bytes.length]! ^= 1 << bit
        await assert.rejects(readAll(new Map(good).set(path, bytes), head), withCode('log.bad_tile'))
      }),
      { numRuns: runs },
    )
  }
})

test('every byte of every file of a small log counts', async () => {
  const entries = testEntries(258)
  const { files } = writeLog([entries])
  const head = headOf(entries)
  assert.deepEqual([...files.keys()].sort(), [...naiveFiles(entries).keys()].sort())
  await readAll(files, head)
  for (const path of ['tile/0/001.p/2', 'tile/1/000.p/1', 'tile/entries/001.p/2']) {
    const good = files.get(path)!
    for (let at = 0; at < good.length; at++) {
      const bytes = Buffer.from(good)
      bytes[at]! ^= 0x80
      await assert.rejects(
        readAll(new Map(files).set(path, bytes), head, 256),
        withCode('log.bad_tile'),
        path,
      )
    }
  }
})

test('a missing, longer or shorter file makes reading fail', async () => {
  const entries = testEntries(600)
  const { files } = writeLog([entries])
  const head = headOf(entries)
  for (const [path, bytes] of files) {
    const missing = new Map(files)
    missing.delete(path)
    await assert.rejects(readAll(missing, head), withCode('log.missing'))
    const longer = new Map(files).set(path, Buffer.concat([bytes, Buffer.of(0)]))
    await assert.rejects(readAll(longer, head), withCode('log.bad_tile'))
    await assert.rejects(readAll(new Map(files).set(path, bytes.subarray(1)), head), withCode('log.bad_tile'))
  }
})

test('verified tiles give proofs that hold, and refuse what lies beyond the tree', async () => {
  const entries = testEntries(1_000)
  const tiles = await verifiedTiles(readerOf(writeLog([entries]).files), headOf(entries))
  const leaves = entries.map(naiveLeaf)
  assert.deepEqual((await inclusionProof(tiles, 300, 1_000)).map(hex), naivePath(300, leaves).map(hex))
  assert.equal(hex(await rootFromTiles(tiles, 700)), hex(naiveRoot(leaves.slice(0, 700))))
  for (const [level, index, width] of [
    [0, 3, 233],
    [0, 4, 1],
    [1, 0, 4],
    [2, 0, 1],
    [0, 0, 0],
  ] as const) {
    await assert.rejects(async () => tiles.readTile(level, index, width), withCode('log.missing'))
  }
})

test('a reader that gives arbitrary bytes is refused', async () => {
  const head = headOf(testEntries(300))
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 9_000 }), async (bytes) => {
      const reader = { readTile: () => bytes, readEntries: () => bytes }
      assert.ok(
        await onlyFails(['log.bad_tile'], async () => {
          for await (const _ of readLog(reader, head)) assert.fail('gave entries')
        }),
      )
    }),
    { numRuns: 50 },
  )
})
