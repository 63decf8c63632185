import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { logPath, MANIFEST_PATH } from '@commonhold/audit'
import { ProtocolError } from '@commonhold/protocol'
import { entriesPath } from '@commonhold/tlog'
import { exportHome } from '../src/index.ts'
import { draft, found, newHome, type Opened, openHome, removeHome, send } from './small-community.ts'

let home: string
let opened: Opened
let scratch: string

before(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'commonhold-export-'))
  home = newHome()
  opened = await openHome(home)
  await found(opened)
})

after(async () => {
  await opened.community.close()
  removeHome(home)
  rmSync(scratch, { recursive: true, force: true })
})

const filesOf = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort()

const write = (folder: string) => exportHome(opened.community, opened.chain, folder)
const withCode = (code: string) => (error: unknown) => error instanceof ProtocolError && error.code === code

suite('an export', () => {
  test('holds the files of the log at its size, keys, proof and manifest, and nothing else', async () => {
    const folder = join(scratch, 'new')
    const manifest = await write(folder)
    const { size } = manifest.log
    assert.equal(size, opened.community.view.size)
    assert.deepEqual(
      filesOf(folder),
      [
        'chain/proof.json',
        'log/checkpoint',
        'log/log-p256.vkey',
        'log/log.vkey',
        `log/tile/0/000.p/${size}`,
        `log/tile/addenda/000.p/${size}`,
        `log/tile/entries/000.p/${size}`,
        'manifest.json',
      ].sort(),
    )
    const bundle = logPath(entriesPath(0, size))
    assert.deepEqual(readFileSync(join(folder, bundle)), readFileSync(join(home, bundle)))
  })

  test('goes into an empty folder', async () => {
    const folder = join(scratch, 'empty')
    mkdirSync(folder)
    await write(folder)
    assert.ok(filesOf(folder).includes(MANIFEST_PATH))
  })

  test('is refused by a folder that holds something else, which stays as it was', async () => {
    const folder = join(scratch, 'occupied')
    mkdirSync(folder)
    writeFileSync(join(folder, 'thesis.txt'), 'the only copy')
    await assert.rejects(write(folder), withCode('home.exists'))
    assert.deepEqual(filesOf(folder), ['thesis.txt'])
  })

  test("is refused by another community's export", async () => {
    const folder = join(scratch, 'foreign')
    mkdirSync(folder)
    writeFileSync(join(folder, MANIFEST_PATH), JSON.stringify({ community: 'f'.repeat(64) }))
    await assert.rejects(write(folder), withCode('community.foreign'))
  })

  test('that was interrupted has no manifest, and the next one finishes it', async () => {
    const folder = join(scratch, 'interrupted')
    const interrupted = exportHome(opened.community, opened.chain, folder, (done) => {
      if (done === 2) throw new Error('the cable was pulled')
    })
    await assert.rejects(interrupted, /cable/)
    assert.ok(!filesOf(folder).includes(MANIFEST_PATH))
    await write(folder)
    const whole = join(scratch, 'whole')
    await write(whole)
    assert.deepEqual(filesOf(folder), filesOf(whole))
    for (const file of filesOf(whole))
      assert.deepEqual(readFileSync(join(folder, file)), readFileSync(join(whole, file)), file)
  })

  test('mends a file that was damaged since, and leaves the others alone', async () => {
    const folder = join(scratch, 'mended')
    await write(folder)
    const [tile, key] = [join(folder, logPath('checkpoint')), join(folder, logPath('log.vkey'))]
    const [whole, before] = [readFileSync(tile), statSync(key).ino]
    writeFileSync(tile, 'something else')
    await write(folder)
    assert.deepEqual(readFileSync(tile), whole)
    assert.equal(statSync(key).ino, before)
  })

  test('follows the log when it has grown', async () => {
    const folder = join(scratch, 'grown')
    const { log: older } = await write(folder)
    const event = draft(opened.community, 'bea', 'member.payout.set', 'ab'.repeat(16), {
      address: `0x${'9'.repeat(40)}`,
    })
    await send(opened.community, 'bea', [event])
    const { log: newer } = await write(folder)
    assert.equal(newer.size, older.size + 1)
    assert.match(
      readFileSync(join(folder, logPath('checkpoint')), 'utf8'),
      new RegExp(`^${newer.size}$`, 'm'),
    )
  })
})
