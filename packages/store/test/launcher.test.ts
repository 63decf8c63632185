import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, readdir, readFile, rename, rm, stat, watch, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, suite, test } from 'node:test'
import { ProtocolError } from '@commonhold/protocol'
import pg from 'pg'
import { openPostgres, type PostgresServer, removePostgres } from '../src/index.ts'
import { isAlive, newHome, processesOf, suiteScope } from './homes.ts'

const CHILD = new URL('child.ts', import.meta.url).pathname

async function query<T extends object>(server: PostgresServer, sql: string): Promise<readonly T[]> {
  const client = new pg.Client({ ...server.connectionConfig })
  await client.connect()
  try {
    return (await client.query<T>(sql)).rows
  } finally {
    await client.end()
  }
}

function sockets({ connectionConfig }: PostgresServer): string {
  assert.ok('host' in connectionConfig)
  return connectionConfig.host
}

/** Starts a child that holds the home; resolves with it and its server's process id. */
async function holder(home: string): Promise<{ readonly child: ChildProcess; readonly postmaster: number }> {
  const child = spawn(process.execPath, [CHILD, home, 'hold'], { stdio: ['ignore', 'pipe', 'inherit'] })
  return { child, postmaster: await opened(child) }
}

async function opened(child: ChildProcess): Promise<number> {
  assert.ok(child.stdout)
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  return Number(line.split(' ')[1])
}

async function killed(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

// One database for all of them, because making one is most of the time: each leaves it stopped.
suite('the database of a home', () => {
  const scope = suiteScope(after)
  let home: string
  before(async () => {
    home = await newHome(scope)
  })

  test('is durable, private and gone after close', async () => {
    const server = await openPostgres({ home })
    const settings = await query<{ name: string; setting: string }>(
      server,
      `select name, setting from pg_settings
       where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'listen_addresses', 'data_checksums')
       order by name collate "C"`,
    )
    assert.deepEqual(
      settings.map(({ name, setting }) => `${name}=${setting}`),
      ['data_checksums=on', 'fsync=on', 'full_page_writes=on', 'listen_addresses=', 'synchronous_commit=on'],
    )
    const [collation] = await query(server, `select 'B' < 'a' and 'Z' < U&'\\00E4' as ordered`)
    assert.deepEqual(collation, { ordered: true })
    const folder = sockets(server)
    assert.equal((await stat(folder)).mode & 0o777, 0o700)
    await server.close()
    await server.close()
    assert.equal(isAlive(server.pid ?? 0), false)
    assert.deepEqual(await processesOf(home), [])
  })

  test('is held by one command: a second is told by whom, or waits', async () => {
    const { child } = await holder(home)
    await assert.rejects(openPostgres({ home }), (error) => {
      assert.ok(error instanceof ProtocolError)
      assert.equal(error.code, 'home.busy')
      assert.match(error.message, new RegExp(`held by process ${child.pid} \\(test hold\\) since 2\\d{3}-`))
      return true
    })
    const waiting = openPostgres({ home, waitMs: 60_000 })
    child.kill('SIGTERM')
    await (await waiting).close()
    assert.deepEqual(await processesOf(home), [])
  })

  test('is adopted with the server that a killed command left, and stopped', async () => {
    const { child, postmaster } = await holder(home)
    await killed(child)
    assert.ok(isAlive(postmaster))
    const server = await openPostgres({ home })
    assert.equal(server.pid, postmaster)
    assert.deepEqual(await query(server, 'select 1 as one'), [{ one: 1 }])
    await server.close()
    assert.equal(isAlive(postmaster), false)
  })

  test('is stopped when a command dies of a bug', async () => {
    const child = spawn(process.execPath, [CHILD, home, 'crash'], { stdio: ['ignore', 'pipe', 'ignore'] })
    const ended = once(child, 'exit')
    const postmaster = await opened(child)
    assert.deepEqual(await ended, [1, null])
    await using server = await openPostgres({ home })
    assert.notEqual(server.pid, postmaster)
  })

  test('recovers after its server was killed', async () => {
    const { child, postmaster } = await holder(home)
    process.kill(postmaster, 'SIGKILL')
    await killed(child)
    await using server = await openPostgres({ home })
    assert.notEqual(server.pid, postmaster)
    assert.deepEqual(await query(server, 'select 1 as one'), [{ one: 1 }])
    assert.match(await readFile(join(home, 'postgres.log'), 'utf8'), /was not properly shut down/)
  })

  test('is not confused by a process id that belongs to something else now', async (t) => {
    const other = await newHome(t)
    const first = await openPostgres({ home })
    const file = await readFile(join(home, 'pg/postmaster.pid'), 'utf8')
    await first.close()
    await cp(home, other, { recursive: true })
    await using stranger = await openPostgres({ home: other })
    for (const pid of [process.pid, stranger.pid]) {
      await writeFile(join(home, 'pg/postmaster.pid'), file.replace(/^\d+/, `${pid}`))
      const second = await openPostgres({ home })
      assert.notEqual(second.pid, pid)
      await second.close()
    }
  })

  test('is refused when the home is moved under the running server', async () => {
    const moved = `${home}-moved`
    const { child, postmaster } = await holder(home)
    await killed(child)
    await rename(home, moved)
    await assert.rejects(openPostgres({ home: moved }), { code: 'home.unusable' })
    await rename(moved, home)
    const server = await openPostgres({ home })
    assert.equal(server.pid, postmaster)
    await server.close()
  })

  test('moves with the home, also to a path that is too long for a socket', async () => {
    const far = join(dirname(home), 'a'.repeat(60), 'b'.repeat(60))
    await mkdir(dirname(far))
    await rename(home, far)
    const server = await openPostgres({ home: far })
    const folder = sockets(server)
    assert.ok(Buffer.byteLength(`${folder}/.s.PGSQL.5432`) <= 107)
    assert.equal((await stat(folder)).mode & 0o777, 0o700)
    assert.deepEqual(await query(server, 'select 1 as one'), [{ one: 1 }])
    await server.close()
    await assert.rejects(stat(folder), { code: 'ENOENT' })
    await rename(far, home)
  })

  test('is reached from a home with an awkward name, and after its socket was cleared away', async () => {
    const awkward = join(dirname(home), `Büro, "co-op" 'x' 1`)
    await rename(home, awkward)
    const { child, postmaster } = await holder(awkward)
    await killed(child)
    await rm(join(awkward, 'run'), { recursive: true })
    const server = await openPostgres({ home: awkward })
    assert.notEqual(server.pid, postmaster)
    assert.deepEqual(await query(server, 'select 1 as one'), [{ one: 1 }])
    await server.close()
    await rename(awkward, home)
  })

  test('is removed with the server that a killed command left', async () => {
    const { child, postmaster } = await holder(home)
    await killed(child)
    await removePostgres({ home })
    assert.equal(isAlive(postmaster), false)
    assert.ok(!(await readdir(home)).includes('pg'))
  })
})

test('a database address starts nothing and still holds the home', async (t) => {
  const home = await newHome(t)
  const databaseUrl = 'postgres://somewhere.invalid/commonhold'
  await using server = await openPostgres({ home, databaseUrl, command: 'first' })
  assert.deepEqual(server.connectionConfig, { connectionString: databaseUrl })
  assert.deepEqual(await readdir(home), ['lock', 'lock.json'])
  await assert.rejects(openPostgres({ home, databaseUrl }), { code: 'home.busy' })
})

test('a command killed while it made the database leaves a home that works', async (t) => {
  const home = await newHome(t)
  await mkdir(home)
  const changes = watch(home, { recursive: true })
  const child = spawn(process.execPath, [CHILD, home, 'hold'], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  for await (const { filename } of changes) {
    // initdb has begun to write.
    if (/^pg\.new-[^/]+\/./.test(filename ?? '')) break
  }
  child.kill('SIGKILL')
  await ended
  assert.ok(!(await readdir(home)).includes('pg'))
  const server = await openPostgres({ home })
  assert.equal((await query(server, 'select 1')).length, 1)
  await server.close()
})

test('a foreign folder or version in the database’s place is refused and left alone', async (t) => {
  const home = await newHome(t)
  await mkdir(join(home, 'pg'), { recursive: true })
  await writeFile(join(home, 'pg/thesis.txt'), 'years of work')
  await assert.rejects(openPostgres({ home }), { code: 'home.unusable' })
  await writeFile(join(home, 'pg/PG_VERSION'), '9\n')
  await assert.rejects(openPostgres({ home }), { code: 'home.unusable', message: /made by PostgreSQL 9/ })
  assert.equal(await readFile(join(home, 'pg/thesis.txt'), 'utf8'), 'years of work')
})
