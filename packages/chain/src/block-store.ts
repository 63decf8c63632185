/** What a block changes in the store: everything of it is durable together, or nothing. */
export type BlockBatch = {
  readonly puts: readonly { readonly key: string; readonly value: Uint8Array }[]
  /** Hash of the block that the puts make up, 64 hex characters. */
  readonly head: string
  /** Ids of the outbox rows that the block's transactions complete. */
  readonly outboxDone: readonly string[]
}

/**
 * Where the embedded chain keeps its blocks. Keys are ASCII text: `trie/<hash>`, `code/<hash>`, `block/<hash>`,
 * `receipt/<transaction hash>`, `number/<n>`; hashes are lower-case hex without `0x`. A key is only ever put again with the
 * value that it has, except `number/<n>` after a commit whose outcome was unknown.
 */
export interface BlockStore {
  get(key: string): Promise<Uint8Array | undefined>
  /** Resolves only once the batch is durable: the block is shown to nobody before. All or nothing. */
  commit(batch: BlockBatch): Promise<void>
  /** The `head` of the last commit; undefined before the first. */
  head(): Promise<string | undefined>
}

/** A store for tests and throw-away chains: it lasts as long as the object. */
export function memoryBlockStore(): BlockStore {
  const values = new Map<string, Uint8Array>()
  let head: string | undefined
  return {
    get: (key) => Promise.resolve(values.get(key)),
    commit: (batch) => {
      for (const { key, value } of batch.puts) values.set(key, value.slice())
      head = batch.head
      return Promise.resolve()
    },
    head: () => Promise.resolve(head),
  }
}
