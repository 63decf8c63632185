// One database for blocks and outbox, as a home has it: a block's commit also marks its rows. It can lose its power.
import type { BlockStore, OutboxReceipt, OutboxRow, OutboxStore } from '../src/index.ts'

type Row = OutboxRow & { readonly done: boolean; readonly receipt?: OutboxReceipt }

type Contents = {
  readonly values: Map<string, Uint8Array>
  readonly rows: Map<string, Row>
  head: string | undefined
}

export class PowerCut extends Error {}

export type Ledger = {
  readonly blocks: BlockStore
  readonly outbox: OutboxStore
  readonly rows: ReadonlyMap<string, Row>
  add(id: string, call: OutboxRow['call']): void
  /** Another ledger with the same contents. */
  copy(): Ledger
  /** The n-th write from now (from 0) fails, before or after it has taken place. */
  cutAt(write: number, when: 'before' | 'after'): void
  /** Whether the cut has come. */
  isCut(): boolean
  restore(): void
  writes(): number
}

export function openLedger(from?: Contents): Ledger {
  const contents: Contents = {
    values: new Map(from?.values),
    rows: new Map(from?.rows),
    head: from?.head,
  }
  let writes = 0
  let cut: { readonly at: number; readonly when: 'before' | 'after' } | undefined
  let dark = false

  const write = (effect: () => void): Promise<void> => {
    if (dark) return Promise.reject(new PowerCut())
    const now = cut?.at === writes++
    dark = now
    if (!now || cut?.when === 'after') effect()
    return dark ? Promise.reject(new PowerCut()) : Promise.resolve()
  }
  const update = (id: string, change: Partial<Row>): void => {
    const row = contents.rows.get(id)
    if (row) contents.rows.set(id, { ...row, ...change })
  }
  return {
    blocks: {
      get: (key) => (dark ? Promise.reject(new PowerCut()) : Promise.resolve(contents.values.get(key))),
      head: () => Promise.resolve(contents.head),
      commit: ({ puts, head, outboxDone }) =>
        write(() => {
          for (const { key, value } of puts) contents.values.set(key, value)
          for (const id of outboxDone) update(id, { done: true })
          contents.head = head
        }),
    },
    outbox: {
      pending: () => Promise.resolve(Array.from(contents.rows.values()).filter(({ done }) => !done)),
      saveRaw: (id, raw, hash) => write(() => update(id, { raw, hash })),
      done: (id, receipt) => write(() => update(id, { done: true, receipt })),
    },
    rows: contents.rows,
    add: (id, call) => {
      contents.rows.set(id, { id, call, done: false })
    },
    copy: () => openLedger(contents),
    cutAt: (at, when) => {
      cut = { at: writes + at, when }
    },
    isCut: () => dark,
    restore: () => {
      cut = undefined
      dark = false
    },
    writes: () => writes,
  }
}
