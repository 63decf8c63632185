import type { ColumnType, Generated } from 'kysely'

type Default<T> = ColumnType<T, T | undefined, T>

/** Log entries; `index` counts from 0 without gaps. */
type EntriesTable = { readonly index: number; readonly bytes: Uint8Array }

/** Erasable content beside an entry; `bytes` is null once erased. `digest` is 32 bytes. */
type AddendaTable = {
  readonly digest: Uint8Array
  readonly entry: number
  readonly bytes: Uint8Array | null
}

/** One row. `fence` rises with every lease; the checkpoint is the last one signed. */
type LogStateTable = {
  readonly size: number
  readonly fence: number
  readonly checkpoint_size: number
  readonly checkpoint_note: string | null
}

type ArtifactsTable = { readonly name: string; readonly bytes: Uint8Array }
type ChainTable = { readonly key: string; readonly value: Uint8Array }
type ChainHeadTable = { readonly singleton: Default<boolean>; readonly head: string }

/** Chain calls to be made; `raw` is the signed transaction, stored before its first broadcast. */
type OutboxTable = {
  readonly id: string
  readonly seq: Generated<number>
  readonly call: ColumnType<unknown, string, never>
  readonly raw: string | null
  readonly hash: string | null
  readonly done: Default<boolean>
  readonly receipt: string | null
  readonly done_at: Date | null
}

export type Database = {
  readonly entries: EntriesTable
  readonly addenda: AddendaTable
  readonly log_state: LogStateTable
  readonly artifacts: ArtifactsTable
  readonly chain_kv: ChainTable
  readonly chain_head: ChainHeadTable
  readonly outbox: OutboxTable
}
