/**
 * Durable append, end to end: signed events through Community.submit (signature, rules, one transaction with fsync), 64
 * callers at a time that each wait for their receipt. Wall-clock, because the disk is part of it.
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { P256Signer } from '@commonhold/keys'
import { type Community, type Submission, sealEnvelope } from '@commonhold/node'
import { encodeEntry } from '@commonhold/protocol'
import { openPostgres } from '@commonhold/store'
import { contribution, foundIn, joinMembers, LABELS } from './community.ts'
import { seeded, syntheticTexts } from './data.ts'
import { alternate, cpuSeconds } from './measure.ts'
import { type Benchmark, median, type Peer, type Row, row } from './report.ts'
import { inScratch } from './scratch.ts'

const CALLERS = 64
const EVENTS = 6_400
const PER_ENVELOPE = 10
const REPETITIONS = 5
/** Of the embedded server's 20: the community's own need some. */
const CONNECTIONS = 15

export const append: Benchmark = {
  name: 'append',
  summary: 'durable append of signed events end to end, 64 callers, 1 and 10 events to a signature',
  run,
}

async function* run(): AsyncGenerator<Row> {
  yield* inScratch(async function* (folder) {
    // A server of its own, so that the community and the peer share it.
    await using server = await openPostgres({ home: join(folder, 'server'), command: 'benchmark' })
    const url = urlOf(server.connectionConfig)
    await using founded = await foundIn(folder, url)
    await using plain = await openPlain(url)
    const signers = await joinMembers(founded, CALLERS)
    const single = prepare(signAll(founded.community, signers, 1))
    const tens = prepare(signAll(founded.community, signers, PER_ENVELOPE))
    const entry = encodeEntry({ ...(single.all[0] as Submission).envelope, at: founded.community.now() })
    const cpu: number[] = []
    const ours = async (prepared: Prepared): Promise<number> => {
      const before = cpuSeconds()
      const rate = await perSecond(prepared.take(), (submission) => founded.community.submit([submission]))
      cpu.push((1e6 * (cpuSeconds() - before)) / EVENTS)
      return rate
    }
    const [ones = [], batches = [], rows = []] = await alternate(
      REPETITIONS,
      () => ours(single),
      () => ours(tens),
      () => insertAll(plain, entry),
    )
    const peer: Peer = {
      name: `plain insert of ${entry.length} bytes a row, awaited, ${CALLERS} callers on ${CONNECTIONS} connections, no signatures`,
      version: `PostgreSQL ${plain.version}`,
      value: median(rows),
    }
    const common = { unit: 'events a second (wall)', better: 'larger' } as const
    const spent = (first: number): string =>
      `our process: ${Math.round(median(cpu.filter((_, i) => i % 2 === first)))} CPU us an event, all threads, without PostgreSQL's`
    yield row({ ...common, name: 'append, 1 event to a signature', values: ones, note: spent(0) }, peer)
    yield row({ ...common, name: 'append, 10 events to a signature', values: batches, note: spent(1) }, peer)
  })
}

type Prepared = { readonly all: readonly Submission[]; readonly take: () => readonly Submission[] }

/** The signed events of all repetitions, handed out part by part. */
function prepare(all: readonly Submission[]): Prepared {
  const size = all.length / REPETITIONS
  let from = 0
  const take = (): readonly Submission[] => {
    from += size
    return all.slice(from - size, from)
  }
  return { all, take }
}

function signAll(
  community: Community,
  signers: readonly P256Signer[],
  perEnvelope: number,
): readonly Submission[] {
  const texts = syntheticTexts(EVENTS * REPETITIONS, LABELS, seeded(`append-${perEnvelope}`))
  const submissions: Submission[] = []
  for (let from = 0; from < texts.length; from += perEnvelope) {
    const signer = signers[submissions.length % CALLERS]
    if (signer === undefined) throw new Error('there are members')
    const drafts = texts
      .slice(from, from + perEnvelope)
      .map(({ text, label }) => contribution(community, signer, text, label))
    submissions.push(sealEnvelope(signer, drafts))
  }
  return submissions
}

/** Every caller takes the next when its last is answered. @returns events a second. */
async function perSecond<T>(all: readonly T[], work: (one: T) => Promise<unknown>): Promise<number> {
  const rest = all.values()
  const start = performance.now()
  const caller = async (): Promise<void> => {
    for (const one of rest) await work(one)
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
  return (1000 * EVENTS) / (performance.now() - start)
}

type Query = (text: string, values?: readonly unknown[]) => Promise<{ readonly rows: readonly unknown[] }>
type Plain = AsyncDisposable & { readonly query: Query; readonly version: string }

/** The driver that the store uses, so that drivers are not what is compared. */
async function openPlain(connectionString: string): Promise<Plain> {
  type Pool = { readonly query: Query; readonly end: () => Promise<void> }
  const require = createRequire(import.meta.resolve('@commonhold/store'))
  const { Pool } = require('pg') as {
    readonly Pool: new (options: { connectionString: string; max: number }) => Pool
  }
  const pool = new Pool({ connectionString, max: CONNECTIONS })
  const query: Query = (text, values) => pool.query(text, values)
  await query('create table plain (id bigint generated always as identity primary key, bytes bytea not null)')
  const { rows } = await query('show server_version')
  const { server_version: version } = rows[0] as { readonly server_version: string }
  return { query, version, [Symbol.asyncDispose]: () => pool.end() }
}

async function insertAll({ query }: Plain, entry: Uint8Array): Promise<number> {
  const rows = Array.from({ length: EVENTS }, () => entry)
  return perSecond(rows, (bytes) => query('insert into plain (bytes) values ($1)', [bytes]))
}

type Connection = Awaited<ReturnType<typeof openPostgres>>['connectionConfig']

function urlOf(connection: Connection): string {
  if ('connectionString' in connection) return connection.connectionString
  const { host, port, user, database } = connection
  return `postgres://${user}@/${database}?host=${encodeURIComponent(host)}&port=${port}`
}
