import { type Kysely, sql, type Transaction, type UpdateResult } from 'kysely'
import { reaching } from './connection.ts'
import type { Database } from './schema.ts'

export type BlockCommit = {
  readonly puts: readonly { readonly key: string; readonly value: Uint8Array }[]
  /** Hash of the new head block. */
  readonly head: string
  /** Ids of the outbox calls that this block includes. */
  readonly outboxDone: readonly string[]
}

/** Where the embedded chain keeps its blocks and state. */
export interface BlockStore {
  get(key: string): Promise<Uint8Array | undefined>
  head(): Promise<string | undefined>
  /** A block, its state and the calls it settles, in one transaction; durable on return. */
  commit(block: BlockCommit): Promise<void>
}

export type OutboxRow = {
  readonly id: string
  /** Order in which calls entered. */
  readonly seq: number
  readonly call: unknown
  /** The signed transaction and its hash, once there is one. */
  readonly raw: string | undefined
  readonly hash: string | undefined
  readonly done: boolean
  readonly receipt: string | undefined
}

/** Chain calls, entered with the log entries that cause them (`LogLease.append`). */
export interface Outbox {
  /** Enters calls that no log entry causes (claims, anchors); one whose id is there already stays as it is. */
  add(calls: readonly { readonly id: string; readonly call: unknown }[]): Promise<void>
  /** Calls that are not done, in the order they entered. */
  pending(): Promise<readonly OutboxRow[]>
  get(id: string): Promise<OutboxRow | undefined>
  /** Keeps the signed transaction before it is broadcast; it is re-broadcast as it is. */
  saveRaw(id: string, raw: string, hash: string): Promise<void>
  done(id: string, receipt: string): Promise<void>
}

export function blockStore(db: Kysely<Database>): BlockStore {
  return {
    async get(key) {
      const row = await reaching(() =>
        db.selectFrom('chain_kv').select('value').where('key', '=', key).executeTakeFirst(),
      )
      return row?.value
    },
    async head() {
      const row = await reaching(() => db.selectFrom('chain_head').select('head').executeTakeFirst())
      return row?.head
    },
    async commit(block) {
      await reaching(() => db.transaction().execute((transaction) => commitBlock(transaction, block)))
    },
  }
}

async function commitBlock(db: Transaction<Database>, block: BlockCommit): Promise<void> {
  // A later put of the same key wins, as it would one by one.
  const puts = new Map(block.puts.map(({ key, value }) => [key, value]))
  if (puts.size > 0) {
    await sql`
      insert into chain_kv (key, value)
      select * from unnest(${[...puts.keys()]}::text[], ${[...puts.values()]}::bytea[])
      on conflict (key) do update set value = excluded.value`.execute(db)
  }
  const { head } = block
  await db
    .insertInto('chain_head')
    .values({ head })
    .onConflict((conflict) => conflict.column('singleton').doUpdateSet({ head }))
    .execute()
  if (block.outboxDone.length > 0) {
    const ids = block.outboxDone
    await db
      .updateTable('outbox')
      .set({ done: true, done_at: sql<Date>`now()` })
      .where('done', '=', false)
      .where('id', '=', sql<string>`any(${ids}::text[])`)
      .execute()
  }
}

const COLUMNS = ['id', 'seq', 'call', 'raw', 'hash', 'done', 'receipt'] as const

type StoredRow = Omit<OutboxRow, 'raw' | 'hash' | 'receipt'> & {
  readonly raw: string | null
  readonly hash: string | null
  readonly receipt: string | null
}

const outboxRow = (row: StoredRow): OutboxRow => ({
  ...row,
  raw: row.raw ?? undefined,
  hash: row.hash ?? undefined,
  receipt: row.receipt ?? undefined,
})

export function outboxStore(db: Kysely<Database>): Outbox {
  return {
    async add(calls) {
      if (calls.length === 0) return
      const rows = calls.map(({ id, call }) => ({ id, call: JSON.stringify(call) }))
      await reaching(() =>
        db
          .insertInto('outbox')
          .values(rows)
          .onConflict((conflict) => conflict.column('id').doNothing())
          .execute(),
      )
    },
    async pending() {
      const rows = await reaching(() =>
        db.selectFrom('outbox').select(COLUMNS).where('done', '=', false).orderBy('seq').execute(),
      )
      return rows.map(outboxRow)
    },
    async get(id) {
      const row = await reaching(() =>
        db.selectFrom('outbox').select(COLUMNS).where('id', '=', id).executeTakeFirst(),
      )
      return row && outboxRow(row)
    },
    async saveRaw(id, raw, hash) {
      demandRow(
        id,
        await reaching(() =>
          db.updateTable('outbox').set({ raw, hash }).where('id', '=', id).executeTakeFirst(),
        ),
      )
    },
    async done(id, receipt) {
      const changes = { done: true, done_at: sql<Date>`coalesce(done_at, now())`, receipt }
      demandRow(
        id,
        await reaching(() => db.updateTable('outbox').set(changes).where('id', '=', id).executeTakeFirst()),
      )
    },
  }
}

/** A transaction that is broadcast without being stored could be paid twice. */
function demandRow(id: string, { numUpdatedRows }: UpdateResult): void {
  if (numUpdatedRows !== 1n) throw new Error(`the outbox has no call ${id}`)
}
