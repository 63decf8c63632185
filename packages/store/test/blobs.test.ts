import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Digest, digest, utf8 } from '@commonhold/protocol'
import fc from 'fast-check'
import { openBlobs } from '../src/index.ts'
import { newFolder } from './homes.ts'

const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'

test('a blob is found by the SHA-256 of its bytes', async (t) => {
  const folder = await newFolder(t)
  const blobs = await openBlobs(join(folder, 'blobs'))
  assert.equal(await blobs.put(utf8('abc')), ABC)
  assert.equal(await blobs.put(utf8('abc')), ABC)
  assert.deepEqual(await blobs.get(digest(ABC)), utf8('abc'))
  assert.deepEqual(await readdir(join(folder, 'blobs')), ['ba'])
  assert.deepEqual(await readdir(join(folder, 'blobs/ba')), [ABC])
  await blobs.remove(digest(ABC))
  await blobs.remove(digest(ABC))
  assert.equal(await blobs.get(digest(ABC)), undefined)
})

test('any bytes come back as they were, also when several are put at once', async (t) => {
  const blobs = await openBlobs(await newFolder(t))
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      const names = await Promise.all([blobs.put(bytes), blobs.put(bytes)])
      const expected = createHash('sha256').update(bytes).digest('hex')
      assert.deepEqual(names, [expected, expected])
      assert.deepEqual(await blobs.get(digest(expected)), Uint8Array.from(bytes))
    }),
    { numRuns: 30 },
  )
})

test('changed content is never served', async (t) => {
  const folder = await newFolder(t)
  const blobs = await openBlobs(folder)
  await blobs.put(utf8('abc'))
  await writeFile(join(folder, 'ba', ABC), 'abd')
  await assert.rejects(blobs.get(digest(ABC)), { code: 'store.corrupt' })
  await blobs.put(utf8('abc'))
  assert.deepEqual(await blobs.get(digest(ABC)), utf8('abc'))
})

test('a name that is not a digest never reaches the file system', async (t) => {
  const blobs = await openBlobs(await newFolder(t))
  for (const name of ['../../etc/passwd', '', ABC.toUpperCase()]) {
    await assert.rejects(blobs.get(name as Digest), { code: 'encoding.invalid' })
  }
})
