import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { test } from 'node:test'
import { compileKernel, generatedFile, kernelSources } from '../tools/build.ts'

// The sources that another test compiles already.
const ELSEWHERE = new Set(['sha256.ts'])

test('there are sources to compare', () => assert.ok(kernelSources().length >= 3))

for (const source of kernelSources()) {
  const name = basename(source)
  if (ELSEWHERE.has(name)) continue
  test(`the committed module is what assembly/${name} compiles to`, async () => {
    assert.equal(readFileSync(generatedFile(source), 'utf8'), await compileKernel(source))
  })
}
