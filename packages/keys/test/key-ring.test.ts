import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { promisify } from 'node:util'
import { openKeyRing } from '@commonhold/keys'
import { type ErrorCode, ProtocolError, toHex } from '@commonhold/protocol'

let home = ''
let folder = ''
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'commonhold-keys-'))
  folder = join(home, 'deep/keys')
})
afterEach(() => rmSync(home, { recursive: true }))

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8)
const refuses = (act: () => unknown, code: ErrorCode): void =>
  assert.throws(act, (error) => error instanceof ProtocolError && error.code === code)

test('a secret is made once and stays', () => {
  const ring = openKeyRing(folder)
  assert.equal(ring.has('node'), false)
  refuses(() => ring.get('node'), 'key.unknown')
  const secret = ring.ensure('node')
  assert.equal(secret.length, 32)
  assert.deepEqual(ring.ensure('node'), secret)
  assert.deepEqual(openKeyRing(folder).get('node'), secret)
  assert.notDeepEqual(ring.ensure('other'), secret)
  assert.equal(readFileSync(join(folder, 'node.key'), 'utf8'), `${toHex(secret)}\n`)
})

test('nobody else may read the folder or a key in it', () => {
  const before = process.umask(0)
  try {
    openKeyRing(folder).ensure('node')
  } finally {
    process.umask(before)
  }
  assert.equal(mode(folder), '700')
  assert.equal(mode(join(folder, 'node.key')), '600')
})

test('a folder that was open to others is closed before a key is written', () => {
  mkdirSync(folder, { recursive: true })
  chmodSync(folder, 0o755)
  openKeyRing(folder).ensure('node')
  assert.equal(mode(folder), '700')
})

test('the names are those of the keys, in order, and nothing else', () => {
  const ring = openKeyRing(folder)
  assert.deepEqual(ring.names(), [])
  for (const name of ['node', 'member.ana', 'log-p256', 'a']) ring.ensure(name)
  writeFileSync(join(folder, 'node.key.0123.new'), 'torn')
  writeFileSync(join(folder, 'README'), 'note')
  assert.deepEqual(ring.names(), ['a', 'log-p256', 'member.ana', 'node'])
})

test('a name cannot leave the folder or hide in it', () => {
  const ring = openKeyRing(folder)
  for (const name of [
    '',
    '.',
    '..',
    '../x',
    'a/b',
    'a\\b',
    '.hidden',
    'A',
    'é',
    'a b',
    'a\0',
    '-a',
    'x'.repeat(122),
  ]) {
    for (const act of [() => ring.get(name), () => ring.has(name), () => ring.ensure(name)])
      refuses(act, 'usage.invalid')
  }
  assert.equal(ring.ensure('x'.repeat(121)).length, 32)
})

test('a damaged file is refused, never replaced', () => {
  const ring = openKeyRing(folder)
  const whole = toHex(ring.ensure('node'))
  for (const content of [
    '',
    whole,
    `${whole.slice(1)}\n`,
    `${whole.toUpperCase()}A\n`,
    `${whole}00\n`,
    `${whole}\r\n`,
  ]) {
    writeFileSync(join(folder, 'node.key'), content)
    for (const act of [() => ring.get('node'), () => ring.has('node'), () => ring.ensure('node')])
      refuses(act, 'key.invalid')
    assert.equal(readFileSync(join(folder, 'node.key'), 'utf8'), content)
  }
})

test('what cannot be read is told as it is', () => {
  const ring = openKeyRing(folder)
  mkdirSync(join(folder, 'node.key'), { recursive: true })
  assert.throws(() => ring.get('node'), { code: 'EISDIR' })
  writeFileSync(join(home, 'file'), '')
  assert.throws(() => openKeyRing(join(home, 'file')).names(), { code: 'ENOTDIR' })
})

test('a secret follows from its name where the ring is told how, and is 32 bytes', () => {
  const ring = openKeyRing(folder, (name) => new Uint8Array(32).fill(name.length))
  assert.deepEqual(ring.ensure('four'), new Uint8Array(32).fill(4))
  const bad = openKeyRing(folder, () => new Uint8Array(31))
  assert.throws(() => bad.ensure('short'), /32 bytes/)
  assert.deepEqual(readdirSync(folder), ['four.key'])
})

test('what is left of a crash hinders nothing', () => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'node.key.new'), 'torn', { mode: 0o644 })
  const secret = openKeyRing(folder).ensure('node')
  assert.deepEqual(openKeyRing(folder).get('node'), secret)
  assert.equal(mode(join(folder, 'node.key')), '600')
})

test('where another process writes the key in between, its secret is the one', () => {
  const theirs = 'ab'.repeat(32)
  const ring = openKeyRing(folder, () => {
    writeFileSync(join(folder, 'node.key'), `${theirs}\n`, { mode: 0o600 })
    return new Uint8Array(32)
  })
  assert.equal(toHex(ring.ensure('node')), theirs)
  assert.deepEqual(readdirSync(folder), ['node.key'])
})

test('processes that start together have one secret', async () => {
  const script = `import { openKeyRing } from ${JSON.stringify(import.meta.resolve('@commonhold/keys'))}
    const ring = openKeyRing(process.argv[1])
    console.log(Array.from({ length: 20 }, (_, i) => Buffer.from(ring.ensure('key' + i)).toString('hex')).join())`
  const run = promisify(execFile)
  const outputs = await Promise.all(
    Array.from({ length: 3 }, () => run(process.execPath, ['--input-type=module', '-e', script, folder])),
  )
  const ring = openKeyRing(folder)
  const stored = Array.from({ length: 20 }, (_, i) => toHex(ring.get(`key${i}`))).join()
  for (const { stdout } of outputs) assert.equal(stdout.trim(), stored)
})
