import { type Digest, digest, ProtocolError, toHex } from '@commonhold/protocol'
import { type Kysely, sql } from 'kysely'
import { type ConnectionConfig, reaching } from './connection.ts'
import { type LogLease, takeLease } from './lease.ts'
import type { Database } from './schema.ts'

/** Rows a query: bounds memory (an entry has at most 60 KB) and still amortises the round trip. */
const BATCH = 512

export type LogEntry = { readonly index: number; readonly bytes: Uint8Array }
export type Checkpoint = { readonly size: number; readonly note: string }

export interface LogStore {
  /** Number of entries, all durable. */
  size(): Promise<number>
  /**
   * Entries `from` (inclusive) to `to` (exclusive; the size at the call by default), in order and without gaps.
   * @throws {ProtocolError} `log.missing` where an entry is not there.
   */
  read(from: number, to?: number): AsyncIterable<LogEntry>
  /** @throws {ProtocolError} `home.busy` if another process writes to the log. */
  lease(): Promise<LogLease>
  /** The last checkpoint that was signed. */
  checkpoint(): Promise<Checkpoint | undefined>
  /**
   * Compare-and-swap before publication, so that neither a stale backup nor a second instance signs a fork.
   * `previousSize` is 0 before the first.
   * @throws {ProtocolError} `log.fork` unless the stored one has `previousSize`, `next` is not smaller (and, at the same
   *   size, says the same) and the log has that many entries.
   */
  swapCheckpoint(previousSize: number, next: Checkpoint): Promise<void>
}

export type Addendum = {
  /** Index of the entry that brought it. */
  readonly entry: number
  readonly digest: Digest
  /** Undefined once erased. */
  readonly bytes: Uint8Array | undefined
}

export interface AddendaStore {
  /** What is erased or unknown is absent. */
  get(digests: readonly Digest[]): Promise<ReadonlyMap<Digest, Uint8Array>>
  /** Addenda of entries `from` (inclusive) to `to` (exclusive), by entry, then digest. */
  ofEntries(from: number, to: number): AsyncIterable<Addendum>
  /** Removes the content and keeps the digest, so that the same content does not come back. */
  erase(digest: Digest): Promise<void>
}

export function logStore(db: Kysely<Database>, config: ConnectionConfig): LogStore {
  const size = async (): Promise<number> =>
    (await reaching(() => db.selectFrom('log_state').select('size').executeTakeFirstOrThrow())).size
  return {
    size,
    lease: () => takeLease(config),
    async *read(from, to) {
      const end = to ?? (await size())
      for (let next = from; next < end; ) {
        const first = next
        const rows = await reaching(() =>
          db
            .selectFrom('entries')
            .select(['index', 'bytes'])
            .where('index', '>=', first)
            .where('index', '<', Math.min(end, first + BATCH))
            .orderBy('index')
            .execute(),
        )
        for (const row of rows) {
          if (row.index !== next) break
          yield row
          next++
        }
        if (next < Math.min(end, first + BATCH)) {
          throw new ProtocolError('log.missing', `the log has no entry ${next}`, { index: next })
        }
      }
    },
    async checkpoint() {
      const row = await reaching(() => storedCheckpoint(db))
      return row.note === null ? undefined : { size: row.size, note: row.note }
    },
    async swapCheckpoint(previousSize, next) {
      if (!(await reaching(() => swap(db, previousSize, next)))) throw await fork(db, previousSize, next)
    },
  }
}

const storedCheckpoint = (db: Kysely<Database>): Promise<{ size: number; note: string | null }> =>
  db
    .selectFrom('log_state')
    .select(['checkpoint_size as size', 'checkpoint_note as note'])
    .executeTakeFirstOrThrow()

/** What a note signs ends at its first empty line; signatures and cosignatures after it may be added. */
async function swap(db: Kysely<Database>, previousSize: number, next: Checkpoint): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('log_state')
    .set({ checkpoint_size: next.size, checkpoint_note: next.note })
    .where('checkpoint_size', '=', previousSize)
    .where('checkpoint_size', '<=', next.size)
    .where('size', '>=', next.size)
    .where(
      sql<boolean>`checkpoint_size < ${next.size} or checkpoint_note is null
        or split_part(checkpoint_note, E'\n\n', 1) = split_part(${next.note}, E'\n\n', 1)`,
    )
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

async function fork(db: Kysely<Database>, previousSize: number, next: Checkpoint): Promise<ProtocolError> {
  const stored = await reaching(() => storedCheckpoint(db))
  return new ProtocolError(
    'log.fork',
    `a checkpoint of size ${next.size} after ${previousSize} would fork the log: the last one signed has size ${stored.size}`,
    { stored: stored.size, previous: previousSize, next: next.size },
  )
}

export function addendaStore(db: Kysely<Database>): AddendaStore {
  return {
    async get(digests) {
      if (digests.length === 0) return new Map()
      const wanted = digests.map((text) => Buffer.from(text, 'hex'))
      const rows = await reaching(() =>
        db
          .selectFrom('addenda')
          .select(['digest', 'bytes'])
          .where('digest', '=', sql<Uint8Array>`any(${wanted}::bytea[])`)
          .where('bytes', 'is not', null)
          .execute(),
      )
      return new Map(rows.map((row) => [digest(toHex(row.digest)), row.bytes as Uint8Array]))
    },
    async *ofEntries(from, to) {
      for (let first = from; first < to; first += BATCH) {
        const rows = await reaching(() =>
          db
            .selectFrom('addenda')
            .select(['entry', 'digest', 'bytes'])
            .where('entry', '>=', first)
            .where('entry', '<', Math.min(to, first + BATCH))
            .orderBy('entry')
            .orderBy('digest')
            .execute(),
        )
        for (const row of rows) {
          yield { entry: row.entry, digest: digest(toHex(row.digest)), bytes: row.bytes ?? undefined }
        }
      }
    },
    async erase(text) {
      const key = Buffer.from(text, 'hex')
      await reaching(() => db.updateTable('addenda').set({ bytes: null }).where('digest', '=', key).execute())
      // Until then the old row version still holds the content.
      await reaching(() => sql`vacuum addenda`.execute(db))
    },
  }
}
