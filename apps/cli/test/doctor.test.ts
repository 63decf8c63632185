import assert from 'node:assert/strict'
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { examine, type Finding } from '../src/commands/doctor.ts'
import { commonhold, scratch } from './support/run.ts'

const files = scratch()
after(() => files[Symbol.dispose]())

const check = (home: string, name: string): Finding => {
  const found = examine(home).find((finding) => finding.check === name)
  assert.ok(found !== undefined, name)
  return found
}

test('a machine that runs these tests is well, and says so check by check', () => {
  const home = join(files.folder, 'yet', 'to', 'come')
  const { code, stdout, stderr } = commonhold('doctor', '--home', home, '--json')
  const { ok, findings } = JSON.parse(stdout) as {
    readonly ok: boolean
    readonly findings: readonly Finding[]
  }
  assert.deepEqual([code, stderr, ok], [0, '', true])
  assert.deepEqual(
    findings.map(({ check: name }) => name),
    ['Node', 'PostgreSQL', 'folder', 'disk', 'memory', 'user', 'socket'],
  )
  for (const { detail } of findings) assert.ok(detail.length > 0 && !detail.includes('\n'))
})

test('a folder where nothing can be written is found, with a remedy, and the exit code says so', () => {
  const { code, stdout } = commonhold('doctor', '--home', '/proc/commonhold')
  assert.equal(code, 1)
  assert.match(stdout, /^FAIL {2}folder: .+\n {6}choose another folder with --home/m)
  assert.match(stdout, /^ok {4}Node: /m)
})

test('a home whose path is too long for a socket is no problem', () => {
  const home = join(files.folder, 'x'.repeat(120))
  const { ok, detail } = check(home, 'socket')
  assert.ok(ok)
  assert.match(detail, /temporary folder/)
  assert.doesNotMatch(check('/srv/co-op', 'socket').detail, /temporary/)
})

test('root is told where the database lies when a folder above is closed to others', (t) => {
  if (process.getuid?.() !== 0) {
    t.skip('only root starts the database as another user')
    return
  }
  const closed = join(files.folder, 'closed')
  mkdirSync(closed)
  chmodSync(closed, 0o700)
  const { ok, detail, remedy } = check(join(closed, 'home'), 'user')
  assert.ok(ok)
  assert.match(detail, /closed to others/)
  assert.match(remedy ?? '', /ordinary user/)
  assert.doesNotMatch(check(join(files.folder, 'home'), 'user').detail, /closed/)
})
