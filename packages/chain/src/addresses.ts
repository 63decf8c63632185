import type { Address } from 'viem'

/** A community's contracts, as `chain.bound` names them in the log. */
export type ChainAddresses = {
  readonly chainId: number
  readonly token: Address
  readonly pool: Address
  readonly shares: Address
  readonly anchor: Address
}
