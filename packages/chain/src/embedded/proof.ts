import { getMerkleStateProof } from '@ethereumjs/statemanager'
import { createAddressFromString } from '@ethereumjs/util'
import type { Address, Hex } from 'viem'
import { bytesToHex } from './hex.ts'
import { type Ground, openState } from './machine.ts'

/** Shorter nodes stand inside their parent and are no proof elements of their own. */
const SHORTEST_HASHED = 32

/** EIP-1186 proof of an account and its slots (32 bytes each) against a state root. */
export async function proofAt(
  ground: Ground,
  stateRoot: Uint8Array,
  address: Address,
  slots: readonly Uint8Array[],
): Promise<Record<string, unknown>> {
  const { state } = await openState(ground, stateRoot)
  const proof = await getMerkleStateProof(state, createAddressFromString(address), [...slots])
  const proven = new Map(proof.storageProof.map((slot) => [slot.key, slot]))
  return {
    ...proof,
    accountProof: hashedNodes(proof.accountProof),
    // An account that is not there has no storage trie, and so empty proofs.
    storageProof: slots.map((slot) => {
      const key = bytesToHex(slot)
      const found = proven.get(key)
      return { key, value: found ? shortest(found.value) : '0x0', proof: hashedNodes(found?.proof ?? []) }
    }),
  }
}

const hashedNodes = (nodes: readonly Hex[]): readonly Hex[] =>
  nodes.filter((node, index) => index === 0 || node.length >= 2 + 2 * SHORTEST_HASHED)

const shortest = (value: Hex): Hex => `0x${BigInt(value).toString(16)}`
