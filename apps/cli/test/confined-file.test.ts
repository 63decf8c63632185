import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { ProtocolError } from '@commonhold/protocol'
import { readConfined } from '../src/confined-file.ts'
import { commonhold, scratch } from './support/run.ts'

const refusal =
  (code: string, message: RegExp) =>
  (error: unknown): boolean =>
    error instanceof ProtocolError && error.code === code && message.test(error.message)

suite('a file of a folder that somebody else made', () => {
  test('is read, and what is not there or is a folder is absent', () => {
    using files = scratch()
    files.file('manifest.json', 'abc')
    mkdirSync(join(files.folder, 'log'))
    assert.equal(Buffer.from(readConfined(files.folder, 'manifest.json') ?? []).toString(), 'abc')
    for (const path of ['log', 'no/such/file', 'manifest.json/below'])
      assert.equal(readConfined(files.folder, path), undefined, path)
  })

  test('is read where the folder itself was given as a link', () => {
    using files = scratch()
    using links = scratch()
    files.file('manifest.json', 'abc')
    symlinkSync(files.folder, join(links.folder, 'export'))
    assert.equal(readConfined(join(links.folder, 'export'), 'manifest.json')?.length, 3)
  })

  test('is refused behind a link, to a file or of a folder above it', () => {
    using files = scratch()
    using outside = scratch()
    outside.file('log.vkey', 'a secret of the auditor')
    symlinkSync(join(outside.folder, 'log.vkey'), join(files.folder, 'log.vkey'))
    symlinkSync(outside.folder, join(files.folder, 'log'))
    for (const path of ['log.vkey', 'log/log.vkey'])
      assert.throws(() => readConfined(files.folder, path), refusal('data.malformed', /symbolic link/), path)
  })

  test('is refused where it is a device or a pipe, at once', () => {
    using files = scratch()
    execFileSync('mkfifo', [join(files.folder, 'manifest.json')])
    assert.throws(
      () => readConfined(files.folder, 'manifest.json'),
      refusal('data.malformed', /not a regular file/),
    )
    assert.throws(() => readConfined('/dev', 'zero'), refusal('data.malformed', /not a regular file/))
  })

  test('is refused where it is larger than anything of an export', () => {
    using files = scratch()
    files.file('manifest.json', 'abcd')
    assert.throws(() => readConfined(files.folder, 'manifest.json', 3), refusal('data.too_large', /4 bytes/))
    assert.equal(readConfined(files.folder, 'manifest.json', 4)?.length, 4)
  })
})

test("the audit of an export with links says so and nothing of the auditor's own files", () => {
  using files = scratch()
  using outside = scratch()
  symlinkSync(
    outside.file('secret', '{"format":"a secret of the auditor"}'),
    join(files.folder, 'manifest.json'),
  )
  const { code, stdout } = commonhold('audit', files.folder, '--json')
  assert.equal(code, 1)
  assert.match(stdout, /symbolic link/)
  assert.doesNotMatch(stdout, /secret of the auditor/)
})
