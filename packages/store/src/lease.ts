import type { Digest } from '@commonhold/protocol'
import { ProtocolError } from '@commonhold/protocol'
import pg from 'pg'
import { type ConnectionConfig, reaching, typeOverrides } from './connection.ts'

export type AppendEntry = {
  readonly bytes: Uint8Array
  readonly addenda: readonly { readonly digest: Digest; readonly bytes: Uint8Array }[]
}

/** What becomes durable in the same transaction as entries. */
export type AppendAlso = {
  readonly artifacts?: readonly { readonly name: string; readonly bytes: Uint8Array }[]
  readonly outbox?: readonly { readonly id: string; readonly call: unknown }[]
}

export interface LogLease extends AsyncDisposable {
  readonly fence: number
  /**
   * Appends in one transaction; durable on return. Nothing is written when it throws, except that a connection lost
   * during the commit leaves it unknown: read the log again then.
   * @throws {ProtocolError} `home.busy` when a later lease took over; `store.unavailable` when the connection is lost.
   */
  append(firstIndex: number, entries: readonly AppendEntry[], also?: AppendAlso): Promise<void>
  release(): Promise<void>
}

/** Advisory locks are numbers that a database's users agree on: "chold-lg" in ASCII. */
const LOCK_KEY = BigInt(`0x${Buffer.from('chold-lg', 'latin1').toString('hex')}`).toString()
/** Long enough for the session of a killed predecessor to end, short enough to tell a person who holds it. */
const LOCK_PATIENCE = '2s'
const LOCK_NOT_AVAILABLE = '55P03'

/**
 * One statement, hence one transaction and one round trip: nothing is inserted unless the lease's fence is the latest
 * and the log ends where the caller thinks. $1 fence, $2 first index, $3 entries, $4-$6 addenda.
 */
const APPEND = `
  with held as (
    update log_state set size = size + cardinality($3::bytea[]) where fence = $1 and size = $2 returning fence
  ), added as (
    insert into entries (index, bytes)
    select $2::bigint + e.n - 1, e.bytes from held, unnest($3::bytea[]) with ordinality as e (bytes, n)
  ), content as (
    insert into addenda (digest, entry, bytes)
    select a.* from held, unnest($4::bytea[], $5::bigint[], $6::bytea[]) as a (digest, entry, bytes)
    on conflict (digest) do nothing
  )
  select fence from held`

/**
 * Takes the log for writing: an advisory lock on a connection of its own keeps others out, and a fencing number that
 * every append checks keeps out a holder whose lock was lost without its knowing.
 * @throws {ProtocolError} `home.busy` if another process holds it; `store.unavailable`.
 */
export async function takeLease(config: ConnectionConfig): Promise<LogLease> {
  const client = new pg.Client({
    ...config,
    types: typeOverrides(),
    keepAlive: true,
    connectionTimeoutMillis: 30_000,
    // A server that falls silent must not hold up the node for ever: the sequencer stops, and the log is read again.
    query_timeout: 60_000,
    application_name: 'commonhold-log',
  })
  // A broken connection fails the next query; without a listener it would end the process.
  client.on('error', () => undefined)
  await reaching(() => client.connect())
  try {
    return new PostgresLease(client, await reaching(() => lock(client)))
  } catch (error) {
    await client.end().catch(() => undefined)
    throw error
  }
}

async function lock(client: pg.Client): Promise<number> {
  await client.query(`set lock_timeout = '${LOCK_PATIENCE}'; set synchronous_commit = on`)
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK_KEY])
  } catch (error) {
    if ((error as { readonly code?: string }).code !== LOCK_NOT_AVAILABLE) throw error
    throw new ProtocolError('home.busy', 'another process writes to this log')
  }
  await client.query('set lock_timeout = 0')
  const { rows } = await client.query<{ fence: number }>(
    'update log_state set fence = fence + 1 returning fence',
  )
  return (rows[0] as { fence: number }).fence
}

class PostgresLease implements LogLease {
  readonly fence: number
  readonly #client: pg.Client
  #last: Promise<unknown> = Promise.resolve()
  #released: Promise<void> | undefined

  constructor(client: pg.Client, fence: number) {
    this.#client = client
    this.fence = fence
  }

  async append(firstIndex: number, entries: readonly AppendEntry[], also: AppendAlso = {}): Promise<void> {
    if (this.#released !== undefined)
      throw new ProtocolError('home.busy', 'the lease on the log was released')
    const turn = this.#last.then(() => reaching(() => this.#append(firstIndex, entries, also)))
    // One at a time: statements of two transactions must not mix on one connection.
    this.#last = turn.catch(() => undefined)
    await turn
  }

  async #append(firstIndex: number, entries: readonly AppendEntry[], also: AppendAlso): Promise<void> {
    if (!also.artifacts?.length && !also.outbox?.length) return await this.#insert(firstIndex, entries)
    await this.#client.query('begin')
    try {
      await this.#insert(firstIndex, entries)
      await insertAlso(this.#client, also)
      await this.#client.query('commit')
    } catch (error) {
      await this.#client.query('rollback').catch(() => undefined)
      throw error
    }
  }

  async #insert(firstIndex: number, entries: readonly AppendEntry[]): Promise<void> {
    const digests: Buffer[] = []
    const owners: number[] = []
    const contents: Uint8Array[] = []
    for (const [i, { addenda }] of entries.entries()) {
      for (const { digest, bytes } of addenda) {
        digests.push(Buffer.from(digest, 'hex'))
        owners.push(firstIndex + i)
        contents.push(bytes)
      }
    }
    const values = [this.fence, firstIndex, entries.map(({ bytes }) => bytes), digests, owners, contents]
    const { rowCount } = await this.#client.query({ name: 'append', text: APPEND, values })
    if (rowCount !== 1) throw await this.#refusal(firstIndex)
  }

  async #refusal(firstIndex: number): Promise<Error> {
    const { rows } = await this.#client.query<{ fence: number; size: number }>(
      'select fence, size from log_state',
    )
    const { fence, size } = rows[0] as { fence: number; size: number }
    if (fence !== this.fence) {
      return new ProtocolError('home.busy', 'another process has taken over this log', {
        fence,
        held: this.fence,
      })
    }
    return new Error(`the log holds ${size} entries, but entry ${firstIndex} was to be appended`)
  }

  release(): Promise<void> {
    // Ending the session lets go of the lock.
    this.#released ??= this.#last.then(() => this.#client.end()).catch(() => undefined)
    return this.#released
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release()
  }
}

async function insertAlso(client: pg.Client, { artifacts = [], outbox = [] }: AppendAlso): Promise<void> {
  for (const { name, bytes } of artifacts) {
    await client.query(
      'insert into artifacts (name, bytes) values ($1, $2) on conflict (name) do update set bytes = excluded.bytes',
      [name, bytes],
    )
  }
  for (const { id, call } of outbox) {
    await client.query('insert into outbox (id, call) values ($1, $2::jsonb)', [id, JSON.stringify(call)])
  }
}
