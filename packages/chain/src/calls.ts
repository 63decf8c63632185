/** The contract writes of a community, as plain calls for the outbox. Amounts are in the token's smallest unit. */
import { logAnchorAbi, payoutPoolAbi, practiceDollarAbi } from '@commonhold/contracts'
import { type Address, erc20Abi, type Hex } from 'viem'
import { concatHex, encodeFunctionData, numberToHex } from 'viem/utils'
import type { ChainAddresses } from './addresses.ts'

export type OutboxCall = { readonly to: Address; readonly data: Hex; readonly value?: bigint }

/** Where deposited money comes from: the pool keeps the two apart. */
export const SPONSOR = 0
export const CUSTOMER = 1

/** One row of the payout tree: lifetime totals of one member. */
export type PayoutClaim = {
  readonly index: bigint
  readonly count: bigint
  readonly memberId: Hex
  readonly payTo: Address
  readonly money: bigint
  readonly shares: bigint
}

export type RoundPost = {
  readonly round: bigint
  readonly payoutRoot: Hex
  readonly promisedMoney: bigint
  readonly promisedShares: bigint
}

export type AnchorPost = {
  readonly size: bigint
  readonly logRoot: Hex
  /** RFC 9162 consistency proof from the anchored size; empty for the first anchor. */
  readonly proof: readonly Hex[]
  readonly r: Hex
  readonly s: Hex
}

export const encodePost = ({ pool }: ChainAddresses, post: RoundPost): OutboxCall => ({
  to: pool,
  data: encodeFunctionData({
    abi: payoutPoolAbi,
    functionName: 'post',
    args: [post.round, post.payoutRoot, post.promisedMoney, post.promisedShares],
  }),
})

const ACTIVATE = encodeFunctionData({ abi: payoutPoolAbi, functionName: 'activate' })

/**
 * The contract takes no argument. A `round` is appended all the same: the contract ignores it, and `isCallDone` can tell
 * an activation that somebody else has carried out.
 */
export const encodeActivate = ({ pool }: ChainAddresses, round?: bigint): OutboxCall => ({
  to: pool,
  data: round === undefined ? ACTIVATE : concatHex([ACTIVATE, numberToHex(round, { size: 32 })]),
})

/** The round that an activation names; undefined if it names none. */
export const activatedRound = (data: Hex): bigint | undefined =>
  data.length === ACTIVATE.length ? undefined : BigInt(`0x${data.slice(ACTIVATE.length)}`)

export const encodeVeto = ({ pool }: ChainAddresses): OutboxCall => ({
  to: pool,
  data: encodeFunctionData({ abi: payoutPoolAbi, functionName: 'veto' }),
})

export const encodeClaim = (
  { pool }: ChainAddresses,
  claim: PayoutClaim,
  proof: readonly Hex[],
): OutboxCall => ({
  to: pool,
  data: encodeFunctionData({ abi: payoutPoolAbi, functionName: 'claim', args: [claim, proof] }),
})

/** One transaction for many rows; `proofs` are in the order of `claims`. 100 repeats cost about 2.9 M gas. */
export const encodeClaimBatch = (
  { pool }: ChainAddresses,
  claims: readonly PayoutClaim[],
  proofs: readonly (readonly Hex[])[],
): OutboxCall => ({
  to: pool,
  data: encodeFunctionData({ abi: payoutPoolAbi, functionName: 'claimBatch', args: [claims, proofs] }),
})

export const encodeAnchor = ({ anchor }: ChainAddresses, post: AnchorPost): OutboxCall => ({
  to: anchor,
  data: encodeFunctionData({
    abi: logAnchorAbi,
    functionName: 'anchor',
    args: [post.size, post.logRoot, post.proof, post.r, post.s],
  }),
})

/** Two calls, to be sent in this order by the one who holds the money: the approval, then the deposit. */
export const encodeDeposit = (
  { pool, token }: ChainAddresses,
  source: typeof SPONSOR | typeof CUSTOMER,
  amount: bigint,
): readonly [OutboxCall, OutboxCall] => [
  {
    to: token,
    data: encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [pool, amount] }),
  },
  {
    to: pool,
    data: encodeFunctionData({ abi: payoutPoolAbi, functionName: 'deposit', args: [source, amount] }),
  },
]

/** Practice money only, by its owner. */
export const encodeMint = ({ token }: ChainAddresses, to: Address, amount: bigint): OutboxCall => ({
  to: token,
  data: encodeFunctionData({ abi: practiceDollarAbi, functionName: 'mint', args: [to, amount] }),
})
