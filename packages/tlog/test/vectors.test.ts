import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leafHash, nodeHash } from '@commonhold/tlog'
import { hex, ownVectors, writeLog } from './support/logs.ts'
import { sha256, testEntries } from './support/reference.ts'

test('a written log has exactly the files of the vectors', () => {
  type Vectors = { logs: { size: number; files: Record<string, string> }[] }
  for (const { size, files } of ownVectors<Vectors>('tlog/files.json').logs) {
    const written = writeLog([testEntries(size)]).files
    assert.deepEqual(
      Object.fromEntries([...written].map(([path, bytes]) => [path, hex(sha256(bytes))])),
      files,
    )
  }
})

test('leaf and node hashes of the vectors come out', () => {
  const { leaf0, node01 } = ownVectors<{ leaf0: string; node01: string }>('tlog/tree.json')
  const [first, second] = testEntries(2).map(leafHash) as [Uint8Array, Uint8Array]
  assert.equal(hex(first), leaf0)
  assert.equal(hex(nodeHash(first, second)), node01)
})
