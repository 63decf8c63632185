// golang.org/x/mod/sumdb, which shares nothing with this project, reads what it writes.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { edgeRoot, signCheckpoint } from '@commonhold/tlog'
import { logEd25519, logP256, ORIGIN } from './support/keys.ts'
import { base64, writeLog } from './support/logs.ts'
import { testEntries } from './support/reference.ts'

const folder = mkdtempSync(join(tmpdir(), 'commonhold-foreign-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const client = join(folder, 'client')

const go = (timeout: number, ...args: readonly string[]) =>
  spawnSync('go', args, {
    cwd: join(import.meta.dirname, 'foreign'),
    env: { ...process.env, GOFLAGS: '-mod=readonly -buildvcs=false', GOTOOLCHAIN: 'local' },
    encoding: 'utf8',
    timeout,
  })

/** @returns why the client cannot be built here, or false. A client that does not compile is a failure instead. */
function unavailable(): string | false {
  if (go(20_000, 'version').status !== 0) return 'SKIPPED: no Go here, so no foreign client checks the log'
  const download = go(20_000, 'mod', 'download')
  if (download.status !== 0) return `SKIPPED: golang.org/x/mod cannot be had: ${download.stderr.trim()}`
  const build = go(120_000, 'build', '-o', client, '.')
  assert.equal(build.status, 0, build.stderr)
  return false
}

const skip = unavailable()
if (skip) console.warn(skip)

async function writeFolder(name: string, size: number): Promise<{ log: string; root: string }> {
  const log = join(folder, name)
  const entries = testEntries(size)
  const { files, edge } = writeLog([entries.slice(0, 200), entries.slice(200)])
  const logRoot = edgeRoot(edge)
  const note = await signCheckpoint({ origin: ORIGIN, size, logRoot }, [logP256.signer, logEd25519.signer])
  const all = [
    ...files,
    ['checkpoint', Buffer.from(note)],
    ['log.vkey', Buffer.from(`${logEd25519.vkey}\n`)],
  ] as const
  for (const [path, bytes] of all) {
    mkdirSync(dirname(join(log, path)), { recursive: true })
    writeFileSync(join(log, path), bytes)
  }
  return { log, root: base64(logRoot) }
}

const run = (log: string) => spawnSync(client, [log], { encoding: 'utf8', timeout: 30_000 })

for (const size of [1, 256, 300, 1_300, 66_000]) {
  test(`a Go client accepts a log of ${size} entries and recomputes its root`, { skip }, async () => {
    const { log, root } = await writeFolder(`accepted-${size}`, size)
    const { status, stdout, stderr } = run(log)
    assert.equal(status, 0, stderr)
    assert.equal(stdout, `ok ${ORIGIN} ${size} ${root}\n`)
  })
}

test('a Go client refuses a log with one altered byte in a bundle, a tile or the checkpoint', {
  skip,
}, async () => {
  const { log } = await writeFolder('altered', 600)
  const { files } = writeLog([testEntries(600)])
  for (const path of ['tile/entries/001', 'tile/0/000', 'tile/0/002.p/88', 'tile/1/000.p/2']) {
    const bytes = Buffer.from(files.get(path)!)
    bytes[bytes.length - 1]! ^= 1
    writeFileSync(join(log, path), bytes)
    assert.equal(run(log).status, 1, path)
    writeFileSync(join(log, path), files.get(path)!)
  }
  assert.equal(run(log).status, 0)
  const other = await signCheckpoint({ origin: ORIGIN, size: 600, logRoot: new Uint8Array(32) }, [
    logEd25519.signer,
  ])
  writeFileSync(join(log, 'checkpoint'), other)
  assert.equal(run(log).status, 1)
  writeFileSync(join(log, 'checkpoint'), other.replace('600', '599'))
  assert.equal(run(log).status, 1)
})
