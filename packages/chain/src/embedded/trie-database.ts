/**
 * The trie's database over a `BlockStore`: reads fall through to the store, writes stay here until a block takes them.
 * Nodes and code are addressed by their hash and never deleted, so every old state stays readable.
 */
import { toHex } from '@commonhold/protocol'
import { RLP } from '@ethereumjs/rlp'
import type { BlockStore } from '../block-store.ts'

/** ethereumjs marks code with the byte `c` before its hash, in the same database as the nodes. */
const CODE_PREFIX = '63'
const HASH_HEX = 64
const storeKey = (key: string): string =>
  key.length > HASH_HEX && key.startsWith(CODE_PREFIX) ? `code/${key.slice(2)}` : `trie/${key}`

export type Put = { readonly key: string; readonly value: Uint8Array }

/** Nodes known to be in the store; by count, oldest first out. 20,000 nodes are about 10 MB. */
export type NodeCache = {
  get(key: string): Uint8Array | undefined
  add(key: string, value: Uint8Array): void
}

export function nodeCache(capacity = 20_000): NodeCache {
  const nodes = new Map<string, Uint8Array>()
  return {
    get: (key) => nodes.get(key),
    add: (key, value) => {
      if (nodes.size >= capacity) {
        const oldest = nodes.keys().next()
        if (!oldest.done) nodes.delete(oldest.value)
      }
      nodes.set(key, value)
    },
  }
}

type Operation = { readonly type: 'put' | 'del'; readonly key: string; readonly value?: string | Uint8Array }

/** ethereumjs's `DB` interface: keys are unprefixed hex, values bytes. */
export class TrieDatabase {
  readonly #store: BlockStore
  readonly #cache: NodeCache
  readonly #fresh = new Map<string, Uint8Array>()

  constructor(store: BlockStore, cache: NodeCache) {
    this.#store = store
    this.#cache = cache
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const at = storeKey(key)
    const known = this.#fresh.get(at) ?? this.#cache.get(at)
    if (known) return known
    const stored = await this.#store.get(at)
    if (stored) this.#cache.add(at, stored)
    return stored
  }

  put(key: string, value: string | Uint8Array): Promise<void> {
    const at = storeKey(key)
    if (typeof value === 'string') throw new Error('the trie database takes bytes')
    // The trie's checkpoints write back what they have only read.
    if (!this.#cache.get(at)) this.#fresh.set(at, value)
    return Promise.resolve()
  }

  del(): Promise<void> {
    return Promise.resolve()
  }

  async batch(operations: readonly Operation[]): Promise<void> {
    for (const { type, key, value } of operations) {
      if (type === 'put' && value !== undefined) await this.put(key, value)
    }
  }

  shallowCopy(): this {
    return this
  }

  open(): Promise<void> {
    return Promise.resolve()
  }

  /**
   * What a block with this state root has to store: the new nodes that its state reaches, and the new code. The tries
   * also write a node for every step in between (about two in three), which nothing refers to.
   */
  reachable(stateRoot: Uint8Array): readonly Put[] {
    const reached = new Map<string, Uint8Array>()
    this.#reachTrie(stateRoot, true, reached)
    for (const [key, value] of this.#fresh) if (key.startsWith('code/')) reached.set(key, value)
    return Array.from(reached, ([key, value]) => ({ key, value }))
  }

  #reachTrie(hash: Uint8Array, accounts: boolean, reached: Map<string, Uint8Array>): void {
    const key = `trie/${toHex(hash)}`
    const node = this.#fresh.get(key)
    // A node that is not new has no new descendants: it was stored with all of them.
    if (!node || reached.has(key)) return
    reached.set(key, node)
    this.#reachNode(RLP.decode(node), accounts, reached)
  }

  #reachNode(node: unknown, accounts: boolean, reached: Map<string, Uint8Array>): void {
    if (!Array.isArray(node)) return
    if (node.length === 17) {
      for (const child of node.slice(0, 16)) this.#reachChild(child, accounts, reached)
      return
    }
    const [path, value] = node as unknown as readonly [Uint8Array, unknown]
    const isLeaf = ((path[0] as number) & 0x20) !== 0
    if (!isLeaf) this.#reachChild(value, accounts, reached)
    else if (accounts) {
      const [, , storageRoot] = RLP.decode(value as Uint8Array) as Uint8Array[]
      this.#reachTrie(storageRoot as Uint8Array, false, reached)
    }
  }

  #reachChild(child: unknown, accounts: boolean, reached: Map<string, Uint8Array>): void {
    if (child instanceof Uint8Array) {
      if (child.length === 32) this.#reachTrie(child, accounts, reached)
    } else this.#reachNode(child, accounts, reached)
  }
}
