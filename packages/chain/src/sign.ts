import type { Address, Client, Hash, Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { estimateFeesPerGas, estimateGas } from 'viem/actions'
import { keccak256 } from 'viem/utils'

/** What a transaction does, without who sends it: `to` is absent for a deployment; `value` in wei. */
export type ContractCall = { readonly to?: Address; readonly data: Hex; readonly value?: bigint }

export type SignedTransaction = { readonly raw: Hex; readonly hash: Hash }

export type SigningContext = {
  readonly client: Client
  readonly chainId: number
  /** secp256k1 private key; signatures follow RFC 6979, so the same call at the same nonce is the same transaction. */
  readonly key: Hex
  readonly nonce: number
}

/** Signs nothing that would revert now: asks the chain for the gas first, and lets its refusal through. */
export async function signCall(
  { client, chainId, key, nonce }: SigningContext,
  { to, data, value = 0n }: ContractCall,
): Promise<SignedTransaction> {
  const account = privateKeyToAccount(key)
  const gas = await estimateGas(client, { account: account.address, ...(to ? { to } : {}), data, value })
  const { maxFeePerGas, maxPriorityFeePerGas } = await estimateFeesPerGas(client)
  const raw = await account.signTransaction({
    type: 'eip1559',
    chainId,
    nonce,
    ...(to ? { to } : {}),
    data,
    value,
    // The state may move between the estimate and the block.
    gas: gas + gas / 5n,
    maxFeePerGas,
    maxPriorityFeePerGas,
  })
  return { raw, hash: keccak256(raw) }
}
