import { type Kysely, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import type { Database } from './schema.ts'

/** Names give the order; what has run on any home is never edited. Text that is ordered is ordered by byte. */
const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-log': {
    async up(db: Kysely<unknown>): Promise<void> {
      await sql`create table entries (index bigint primary key, bytes bytea not null)`.execute(db)
      await sql`
        create table addenda (
          digest bytea primary key check (octet_length(digest) = 32),
          entry bigint not null,
          bytes bytea
        )`.execute(db)
      await sql`create index addenda_entry on addenda (entry, digest)`.execute(db)
      // Updated by every append: room for the new version on the same page spares index and vacuum work.
      await sql`
        create table log_state (
          singleton boolean primary key default true check (singleton),
          size bigint not null default 0,
          fence bigint not null default 0,
          checkpoint_size bigint not null default 0 check (checkpoint_size <= size),
          checkpoint_note text
        ) with (fillfactor = 10)`.execute(db)
      await sql`insert into log_state default values`.execute(db)
      await sql`create table artifacts (name text collate "C" primary key, bytes bytea not null)`.execute(db)
    },
  },
  '0002-chain': {
    async up(db: Kysely<unknown>): Promise<void> {
      await sql`create table chain_kv (key text collate "C" primary key, value bytea not null)`.execute(db)
      await sql`
        create table chain_head (
          singleton boolean primary key default true check (singleton),
          head text not null
        )`.execute(db)
      await sql`
        create table outbox (
          id text collate "C" primary key,
          seq bigserial not null unique,
          call jsonb not null,
          raw text,
          hash text,
          done boolean not null default false,
          receipt text,
          done_at timestamptz
        )`.execute(db)
      await sql`create index outbox_pending on outbox (seq) where not done`.execute(db)
    },
  },
}

/** Brings the schema up to date; safe when several processes do it at once (the Migrator holds a lock). */
export async function migrate(db: Kysely<Database>): Promise<void> {
  const provider = { getMigrations: async (): Promise<Record<string, Migration>> => ({ ...MIGRATIONS }) }
  const { error } = await new Migrator({ db, provider }).migrateToLatest()
  if (error !== undefined) throw error
}
