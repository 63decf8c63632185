import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import { type Digest, digest, fromUtf8, utf8 } from '@commonhold/protocol'
import pg from 'pg'
import {
  type AppendEntry,
  type ConnectionConfig,
  openStore,
  type PostgresServer,
  type Store,
} from '../src/index.ts'
import { newServer, suiteScope } from './homes.ts'

const sha256 = (bytes: Uint8Array): Digest => digest(createHash('sha256').update(bytes).digest('hex'))

function entry(text: string, ...contents: readonly string[]): AppendEntry {
  const addenda = contents.map((content) => ({ digest: sha256(utf8(content)), bytes: utf8(content) }))
  return { bytes: utf8(text), addenda }
}

async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

suite('a store', () => {
  let server: PostgresServer
  let databases = 0

  const scope = suiteScope(after)
  before(async () => {
    server = await newServer(scope)
  })

  async function sql(text: string): Promise<void> {
    const client = new pg.Client({ ...server.connectionConfig })
    await client.connect()
    try {
      await client.query(text)
    } finally {
      await client.end()
    }
  }

  type Named = Extract<ConnectionConfig, { readonly database: string }>

  /** A database of its own: costly. */
  async function newDatabase(): Promise<Named> {
    const database = `test_${databases++}`
    await sql(`create database ${database}`)
    assert.ok('host' in server.connectionConfig)
    return { ...server.connectionConfig, database }
  }

  /** The store on the common database, emptied. */
  async function freshStore(): Promise<Store> {
    const store = await openStore(server.connectionConfig)
    await sql(`
      truncate entries, addenda, artifacts, chain_kv, chain_head, outbox;
      update log_state set size = 0, checkpoint_size = 0, checkpoint_note = null`)
    return store
  }

  test('opened by four processes at once brings the schema up to date once', async () => {
    const connection = await newDatabase()
    const stores = await Promise.all(Array.from({ length: 4 }, () => openStore(connection)))
    const sizes = await Promise.all(stores.map((store) => store.log.size()))
    assert.deepEqual(sizes, [0, 0, 0, 0])
    await Promise.all(stores.map((store) => store.close()))
  })

  test('that may lose what it confirms is refused', async () => {
    const connection = await newDatabase()
    await sql(`alter database ${connection.database} set synchronous_commit = off`)
    await assert.rejects(openStore(connection), {
      code: 'store.unavailable',
      message: /synchronous_commit is off/,
    })
  })

  test('that is not there is unavailable, not a bug', async () => {
    const nowhere = { host: '/nonexistent', port: 5432, user: 'x', database: 'x', ssl: false } as const
    await assert.rejects(openStore(nowhere), { code: 'store.unavailable' })
  })

  test('reads back entries in order, across batches, from and to any index', async () => {
    await using store = await freshStore()
    const lease = await store.log.lease()
    const texts = Array.from({ length: 1200 }, (_, i) => `entry ${i}`)
    await lease.append(
      0,
      texts.map((text) => entry(text)),
    )
    assert.equal(await store.log.size(), 1200)
    const all = await collect(store.log.read(0))
    assert.deepEqual(
      all.map(({ index, bytes }) => `${index}=${fromUtf8(bytes)}`),
      texts.map((text, i) => `${i}=${text}`),
    )
    const some = await collect(store.log.read(510, 515))
    assert.deepEqual(
      some.map(({ index }) => index),
      [510, 511, 512, 513, 514],
    )
    assert.deepEqual(await collect(store.log.read(1200)), [])
    await assert.rejects(collect(store.log.read(1190, 1201)), { code: 'log.missing' })
  })

  test('notices an entry that is missing', async () => {
    await using store = await freshStore()
    const lease = await store.log.lease()
    await lease.append(
      0,
      ['a', 'b', 'c'].map((text) => entry(text)),
    )
    await sql('delete from entries where index = 1')
    await assert.rejects(collect(store.log.read(0)), { code: 'log.missing', details: { index: 1 } })
  })

  test('keeps bytes of every value and empty ones', async () => {
    await using store = await freshStore()
    const lease = await store.log.lease()
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
    await lease.append(0, [
      { bytes, addenda: [] },
      { bytes: new Uint8Array(), addenda: [] },
    ])
    const read = await collect(store.log.read(0))
    assert.deepEqual(read, [
      { index: 0, bytes },
      { index: 1, bytes: new Uint8Array() },
    ])
  })

  test('appends entries, addenda, artifacts and calls together or not at all', async () => {
    await using store = await freshStore()
    const lease = await store.log.lease()
    const call = { to: 'pool', args: [1, '2'] }
    const also = { artifacts: [{ name: 'round/1', bytes: utf8('result') }], outbox: [{ id: 'root-1', call }] }
    await lease.append(0, [entry('closed', 'salted')], also)
    assert.deepEqual(await store.artifacts.get('round/1'), utf8('result'))
    assert.partialDeepStrictEqual(await store.outbox.pending(), [{ id: 'root-1', call, done: false }])
    // The same call twice is a bug of the caller's: nothing of that append may stay.
    const twice = { artifacts: [{ name: 'round/2', bytes: utf8('other') }], outbox: also.outbox }
    await assert.rejects(lease.append(1, [entry('again', 'pepper')], twice))
    assert.equal(await store.log.size(), 1)
    assert.equal(await store.artifacts.get('round/2'), undefined)
    assert.equal((await store.addenda.get([sha256(utf8('pepper'))])).size, 0)
    await lease.append(1, [entry('other')])
    assert.equal(await store.log.size(), 2)
  })

  test('refuses to append anywhere but at the end', async () => {
    await using store = await freshStore()
    const lease = await store.log.lease()
    await lease.append(0, [entry('a'), entry('b')])
    for (const index of [0, 1, 3])
      await assert.rejects(lease.append(index, [entry('c')]), /the log holds 2 entries/)
    assert.equal(await store.log.size(), 2)
  })

  test('gives one lease at a time', async () => {
    await using store = await freshStore()
    const lease = await store.log.lease()
    await assert.rejects(store.log.lease(), { code: 'home.busy' })
    await lease.release()
    await lease.release()
    await assert.rejects(lease.append(0, [entry('late')]), { code: 'home.busy' })
    const next = await store.log.lease()
    assert.equal(next.fence, lease.fence + 1)
    await next.append(0, [entry('first')])
  })

  test('fences a lease that another has overtaken', async () => {
    await using store = await freshStore()
    const lease = await store.log.lease()
    await lease.append(0, [entry('a')])
    // As when a pooler between us and the server drops the session that holds the lock.
    await sql('update log_state set fence = fence + 1')
    await assert.rejects(lease.append(1, [entry('stale', 'content')]), { code: 'home.busy' })
    assert.equal(await store.log.size(), 1)
    assert.equal((await store.addenda.get([sha256(utf8('content'))])).size, 0)
  })

  test('fails the appends of a lease whose connection is gone, and never writes', async () => {
    await using store = await freshStore()
    const lease = await store.log.lease()
    await sql(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = 'commonhold-log' `,
    )
    await assert.rejects(lease.append(0, [entry('a')]), { code: 'store.unavailable' })
    await assert.rejects(lease.append(0, [entry('a')]), { code: 'store.unavailable' })
    assert.equal(await store.log.size(), 0)
    const next = await store.log.lease()
    await next.append(0, [entry('b')])
    assert.equal(await store.log.size(), 1)
  })

  test('outlives the end of its sessions in the middle of transactions', async () => {
    await using store = await freshStore()
    const puts = Array.from({ length: 500 }, (_, i) => ({ key: `${i}`, value: new Uint8Array(200) }))
    const commits = Array.from({ length: 24 }, (_, i) =>
      store.chain.commit({ puts, head: `${i}`, outboxDone: [] }),
    )
    const outcomes = Promise.allSettled(commits)
    await store.chain.head()
    for (let i = 0; i < 3; i++) {
      await sql(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'commonhold'`,
      )
    }
    for (const outcome of await outcomes) {
      if (outcome.status === 'rejected') assert.equal(outcome.reason.code, 'store.unavailable')
    }
    await store.chain.commit({ puts: [], head: 'last', outboxDone: [] })
    assert.equal(await store.chain.head(), 'last')
  })

  test('swaps a signed checkpoint only for a later one of the same log', async () => {
    await using store = await freshStore()
    const { log } = store
    const lease = await log.lease()
    await lease.append(
      0,
      Array.from({ length: 10 }, (_, i) => entry(`${i}`)),
    )
    const note = (size: number, root: string, signatures = 'one'): { size: number; note: string } => ({
      size,
      note: `example.org/log\n${size}\n${root}\n\n${signatures}\n`,
    })
    assert.equal(await log.checkpoint(), undefined)
    await log.swapCheckpoint(0, note(4, 'R4'))
    assert.deepEqual(await log.checkpoint(), note(4, 'R4'))
    const forks = [
      [0, note(5, 'R5'), 'the stored one is not 0'],
      [4, note(3, 'R3'), 'smaller'],
      [4, note(4, 'R4x'), 'the same size says something else'],
      [4, note(11, 'R11'), 'beyond the log'],
    ] as const
    for (const [previous, next, why] of forks) {
      await assert.rejects(log.swapCheckpoint(previous, next), { code: 'log.fork' }, why)
    }
    await log.swapCheckpoint(4, note(4, 'R4', 'one\ntwo'))
    await log.swapCheckpoint(4, note(10, 'R10'))
    assert.deepEqual(await log.checkpoint(), note(10, 'R10'))
    const both = await Promise.allSettled([
      log.swapCheckpoint(10, note(10, 'R10', 'a')),
      lease.append(10, [entry('10')]).then(() => log.swapCheckpoint(10, note(11, 'R11'))),
    ])
    assert.ok(both.some(({ status }) => status === 'fulfilled'))
  })

  test('lets exactly one of two signers move the checkpoint', async () => {
    await using store = await freshStore()
    const lease = await store.log.lease()
    await lease.append(0, [entry('a'), entry('b')])
    const outcomes = await Promise.allSettled(
      ['x', 'y'].map((root) => store.log.swapCheckpoint(0, { size: 2, note: `o\n2\n${root}\n\ns\n` })),
    )
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  })

  test('serves addenda by digest and by entry until they are erased, and then never again', async () => {
    await using store = await freshStore()
    const lease = await store.log.lease()
    await lease.append(0, [entry('a', 'one', 'two'), entry('b'), entry('c', 'three')])
    const [one, two, three] = ['one', 'two', 'three'].map((text) => sha256(utf8(text))) as [
      Digest,
      Digest,
      Digest,
    ]
    const unknown = sha256(utf8('unknown'))
    assert.deepEqual(
      await store.addenda.get([one, unknown, three]),
      new Map([
        [one, utf8('one')],
        [three, utf8('three')],
      ]),
    )
    const expected = [one, two].sort((a, b) => (a < b ? -1 : 1)).map((name) => ({ entry: 0, digest: name }))
    const listed = await collect(store.addenda.ofEntries(0, 3))
    assert.partialDeepStrictEqual(listed, [...expected, { entry: 2, digest: three, bytes: utf8('three') }])
    await store.addenda.erase(one)
    await store.addenda.erase(unknown)
    assert.deepEqual([...(await store.addenda.get([one, two])).keys()], [two])
    await lease.append(3, [entry('d', 'one')])
    assert.equal((await store.addenda.get([one])).size, 0)
    const erased = (await collect(store.addenda.ofEntries(0, 4))).find((addendum) => addendum.digest === one)
    assert.deepEqual(erased, { entry: 0, digest: one, bytes: undefined })
  })

  test('lists artifacts by prefix in byte order and replaces them', async () => {
    await using store = await freshStore()
    for (const name of ['round/b', 'round/B', 'round/10', 'round/2', 'round_x', 'other']) {
      await store.artifacts.put(name, utf8(name))
    }
    assert.deepEqual(await store.artifacts.names('round/'), ['round/10', 'round/2', 'round/B', 'round/b'])
    await store.artifacts.put('round/2', utf8('new'))
    assert.deepEqual(await store.artifacts.get('round/2'), utf8('new'))
    assert.equal(await store.artifacts.get('round'), undefined)
  })

  test('commits a block with its state and the calls that it settles', async () => {
    await using store = await freshStore()
    const lease = await store.log.lease()
    const outbox = ['a', 'b', 'c'].map((id) => ({ id, call: [id] }))
    await lease.append(0, [entry('x')], { outbox })
    await store.outbox.saveRaw('a', '0xraw', '0xhash')
    assert.equal(await store.chain.head(), undefined)
    await store.chain.commit({
      puts: [
        { key: 'k1', value: utf8('old') },
        { key: 'k2', value: new Uint8Array([0, 255]) },
        { key: 'k1', value: utf8('new') },
      ],
      head: '0x01',
      outboxDone: ['a'],
    })
    await store.chain.commit({ puts: [{ key: 'k3', value: new Uint8Array() }], head: '0x02', outboxDone: [] })
    assert.equal(await store.chain.head(), '0x02')
    assert.deepEqual(await store.chain.get('k1'), utf8('new'))
    assert.equal(await store.chain.get('k9'), undefined)
    assert.deepEqual(await store.chain.get('k2'), new Uint8Array([0, 255]))
    assert.deepEqual(await store.chain.get('k3'), new Uint8Array())
    assert.deepEqual(
      (await store.outbox.pending()).map(({ id }) => id),
      ['b', 'c'],
    )
    await store.outbox.done('b', 'receipt')
    assert.partialDeepStrictEqual(await store.outbox.get('a'), { raw: '0xraw', hash: '0xhash', done: true })
    assert.partialDeepStrictEqual(await store.outbox.get('b'), {
      call: ['b'],
      done: true,
      receipt: 'receipt',
    })
    assert.equal(await store.outbox.get('z'), undefined)
    await assert.rejects(store.outbox.saveRaw('z', '0x', '0x'), /no call z/)
    await store.outbox.add([
      { id: 'c', call: 'other' },
      { id: 'd', call: ['d'] },
    ])
    assert.partialDeepStrictEqual(await store.outbox.pending(), [
      { id: 'c', call: ['c'] },
      { id: 'd', call: ['d'] },
    ])
  })
})
