import assert from 'node:assert/strict'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ProtocolError } from '@commonhold/protocol'
import { lockHome } from '../src/home-lock.ts'
import { newFolder } from './homes.ts'

const isUnusable = (error: unknown): boolean =>
  error instanceof ProtocolError && error.code === 'home.unusable'

test('a home whose lock can be taken but not written beside is refused, and let go of', async (t) => {
  const home = await newFolder(t)
  // The kernel refuses a write here whoever asks; a read-only file system answers at the same place.
  mkdirSync(join(home, 'lock.json'))
  await assert.rejects(lockHome({ home }), isUnusable)
  rmSync(join(home, 'lock.json'), { recursive: true })
  const lock = await lockHome({ home })
  lock.release()
})
