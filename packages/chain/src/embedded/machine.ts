import { fromHex, fromUtf8 } from '@commonhold/protocol'
import type { Common } from '@ethereumjs/common'
import { createEVM } from '@ethereumjs/evm'
import { createMPT } from '@ethereumjs/mpt'
import { Caches, MerkleStateManager } from '@ethereumjs/statemanager'
import { KECCAK256_RLP, ValueEncoding } from '@ethereumjs/util'
import { createVM, type VM } from '@ethereumjs/vm'
import type { BlockStore } from '../block-store.ts'
import { type NodeCache, TrieDatabase } from './trie-database.ts'

/** One use of the EVM on one state: made for a block or a call and dropped after it, so a failure leaves nothing. */
export type Machine = { readonly vm: VM; readonly state: MerkleStateManager; readonly database: TrieDatabase }

export type Ground = { readonly common: Common; readonly store: BlockStore; readonly cache: NodeCache }

/** Accounts and storage at a state root, without the EVM. */
export async function openState(
  { common, store, cache }: Ground,
  stateRoot: Uint8Array = KECCAK256_RLP,
): Promise<Omit<Machine, 'vm'>> {
  const database = new TrieDatabase(store, cache)
  const trie = await createMPT({
    db: database,
    useKeyHashing: true,
    valueEncoding: ValueEncoding.Bytes,
    common,
  })
  const state = new MerkleStateManager({ common, trie, caches: new Caches() })
  await state.setStateRoot(stateRoot)
  return { state, database }
}

export async function openMachine(ground: Ground, stateRoot: Uint8Array): Promise<Machine> {
  // The EVM registers itself with its rules: a copy goes with it.
  const common = ground.common.copy()
  const { state, database } = await openState({ ...ground, common }, stateRoot)
  const blockchain = ancestors(ground.store)
  const evm = await createEVM({ common, stateManager: state, blockchain })
  return { vm: await createVM({ common, stateManager: state, blockchain, evm }), state, database }
}

/** What the BLOCKHASH instruction sees. */
function ancestors(store: BlockStore) {
  const chain = {
    getBlock: async (number: number) => {
      const hash = await store.get(`number/${number}`)
      if (!hash) throw new Error(`no block ${number}`)
      return { hash: () => fromHex(fromUtf8(hash)) }
    },
    putBlock: () => Promise.resolve(),
    shallowCopy: () => chain,
  }
  return chain
}
