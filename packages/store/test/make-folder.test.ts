import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ProtocolError } from '@commonhold/protocol'
import { makeFolder } from '../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'commonhold-folder-'))
after(() => rmSync(folder, { recursive: true }))

const isUnusable = (error: unknown): boolean =>
  error instanceof ProtocolError && error.code === 'home.unusable'

test('a folder is made with its parents, and a second time nothing happens', () => {
  const deep = join(folder, 'a/b/c')
  makeFolder(deep)
  makeFolder(deep)
  assert.ok(existsSync(deep))
})

test('below a file, and below /proc, it is refused at once', () => {
  writeFileSync(join(folder, 'file'), '')
  assert.throws(() => makeFolder(join(folder, 'file/x')), isUnusable)
  if (existsSync('/proc/self')) assert.throws(() => makeFolder('/proc/commonhold/x'), isUnusable)
})
