import { ProtocolError } from '@commonhold/protocol'
import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { type ArtifactStore, artifactStore } from './artifacts.ts'
import { type BlockStore, blockStore, type Outbox, outboxStore } from './chain-store.ts'
import { type ConnectionConfig, reaching, typeOverrides } from './connection.ts'
import type { LogLease } from './lease.ts'
import { type AddendaStore, addendaStore, type LogStore, logStore } from './log.ts'
import { migrate } from './migrations.ts'
import type { Database } from './schema.ts'

export interface Store extends AsyncDisposable {
  readonly log: LogStore
  readonly addenda: AddendaStore
  readonly artifacts: ArtifactStore
  readonly chain: BlockStore
  readonly outbox: Outbox
  /** Releases every lease and connection. */
  close(): Promise<void>
}

const OLDEST_VERSION = 15
/** Of the embedded server's 20: the lease, a migration and a person with psql need some too. */
const POOL_SIZE = 8

/**
 * Opens the tables, bringing the schema up to date. Several processes may do so at once.
 * @throws {ProtocolError} `store.unavailable` when the server does not answer, is too old or may lose what it confirms.
 */
export async function openStore(connection: ConnectionConfig): Promise<Store> {
  const pool = new pg.Pool({
    ...connection,
    types: typeOverrides(),
    max: POOL_SIZE,
    keepAlive: true,
    connectionTimeoutMillis: 30_000,
    application_name: 'commonhold',
  })
  // A connection that breaks is dropped from the pool and fails its query. Without listeners it would end the process:
  // the pool's hears idle connections only.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
  try {
    await reaching(() => demandDurability(db))
    await reaching(() => migrate(db))
  } catch (error) {
    await db.destroy()
    throw error
  }
  return assemble(db, connection)
}

function assemble(db: Kysely<Database>, connection: ConnectionConfig): Store {
  const log = logStore(db, connection)
  const leases: LogLease[] = []
  const lease = async (): Promise<LogLease> => {
    const taken = await log.lease()
    leases.push(taken)
    return taken
  }
  let closing: Promise<void> | undefined
  const shut = async (): Promise<void> => {
    await Promise.all(leases.map((taken) => taken.release()))
    await db.destroy()
  }
  const close = (): Promise<void> => {
    closing ??= shut()
    return closing
  }
  return {
    log: { ...log, lease },
    addenda: addendaStore(db),
    artifacts: artifactStore(db),
    chain: blockStore(db),
    outbox: outboxStore(db),
    close,
    [Symbol.asyncDispose]: close,
  }
}

type Settings = { readonly name: string; readonly setting: string }

/** Nothing may be acknowledged before it is durable, whatever server the operator gave us. */
async function demandDurability(db: Kysely<Database>): Promise<void> {
  const { rows } = await sql<Settings>`
    select name, setting from pg_settings
    where name in ('server_version_num', 'server_encoding', 'fsync', 'full_page_writes', 'synchronous_commit')
  `.execute(db)
  const value = new Map(rows.map(({ name, setting }) => [name, setting]))
  const problems: string[] = []
  if (Number(value.get('server_version_num')) < OLDEST_VERSION * 10_000) {
    problems.push(`PostgreSQL is older than ${OLDEST_VERSION}`)
  }
  if (value.get('server_encoding') !== 'UTF8') problems.push('its encoding is not UTF8')
  for (const name of ['fsync', 'full_page_writes', 'synchronous_commit']) {
    // A distributed database that speaks the protocol may not have the setting at all.
    if (value.get(name) === 'off') problems.push(`${name} is off`)
  }
  if (problems.length > 0) {
    throw new ProtocolError('store.unavailable', `the database cannot be used: ${problems.join(', ')}`)
  }
}
