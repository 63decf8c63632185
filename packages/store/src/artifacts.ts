import type { Kysely } from 'kysely'
import { reaching } from './connection.ts'
import type { Database } from './schema.ts'

/** Results of rounds by name, e.g. `round/2/statements`: rebuilt from the log by whoever doubts them. */
export interface ArtifactStore {
  get(name: string): Promise<Uint8Array | undefined>
  /** Replaces what has that name. */
  put(name: string, bytes: Uint8Array): Promise<void>
  /** Names that begin with `prefix`, in byte order. */
  names(prefix: string): Promise<readonly string[]>
}

export function artifactStore(db: Kysely<Database>): ArtifactStore {
  return {
    async get(name) {
      const row = await reaching(() =>
        db.selectFrom('artifacts').select('bytes').where('name', '=', name).executeTakeFirst(),
      )
      return row?.bytes
    },
    async put(name, bytes) {
      await reaching(() =>
        db
          .insertInto('artifacts')
          .values({ name, bytes })
          .onConflict((conflict) => conflict.column('name').doUpdateSet({ bytes }))
          .execute(),
      )
    },
    async names(prefix) {
      const rows = await reaching(() =>
        db
          .selectFrom('artifacts')
          .select('name')
          .where((where) => where.fn('starts_with', ['name', where.val(prefix)]))
          .orderBy('name')
          .execute(),
      )
      return rows.map(({ name }) => name)
    },
  }
}
