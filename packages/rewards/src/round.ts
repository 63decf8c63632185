/**
 * The ledger of promises (docs/spec/payouts.md, section 4), carried from round to round. Always, per source of money:
 * deposits seen = allocated + carried; and allocated = claimable + reserved + unvested. No promise can exceed the funds,
 * because a round allocates only what earlier rounds did not.
 */
import { type MemberId, ProtocolError } from '@commonhold/protocol'
import {
  NO_POOLS,
  type RoundPools,
  roundPools,
  SPONSOR_SPLIT,
  type SponsorSplit,
  sumOfPools,
} from './pools.ts'
import { type Account, type Grant, unvestedOf, vest } from './vesting.ts'
import { allocateBase, allocateWork, type BaseItem, type EarnedLine, type Source, type Work } from './work.ts'

export type BySource = Readonly<Record<Source, bigint>>

export type RewardState = {
  /** The last round closed; 0 before the first. */
  readonly round: number
  /** Everything ever earned, vested or not, payable or reserved, less what was forfeited. */
  readonly allocated: BySource
  /** Money of parts that had nobody eligible, or a quota not filled. */
  readonly carried: RoundPools
  readonly accounts: ReadonlyMap<MemberId, Account>
  /** Lines not vested whole. */
  readonly pending: readonly Grant[]
}

export const NO_REWARDS: RewardState = {
  round: 0,
  allocated: { sponsors: 0n, customers: 0n },
  carried: NO_POOLS,
  accounts: new Map(),
  pending: [],
}

/** Work found wrong after it was paid. */
export type Reversal = { readonly member: MemberId; readonly item: string }

/** What a reversed line loses: its unvested part, to the next pool. */
export type Forfeit = { readonly grant: Grant; readonly amount: bigint }

export type OpenedRound = {
  readonly round: number
  readonly deposits: BySource
  readonly pools: RoundPools
  readonly forfeits: readonly Forfeit[]
  /** The state before, less the forfeits. */
  readonly state: RewardState
}

/**
 * Takes back the unvested part of reversed work and counts what there is to allocate: deposits less everything
 * promised before.
 *
 * @param input.deposits All deposits that the pool ever saw up to the block of the round, by source.
 * @throws {ProtocolError} `round.bad_state` if the deposits are below what was promised.
 */
export function openRound(
  state: RewardState,
  input: {
    readonly deposits: BySource
    readonly reversed?: readonly Reversal[]
    readonly split?: SponsorSplit
  },
): OpenedRound {
  const { deposits, reversed = [], split = SPONSOR_SPLIT } = input
  const { pending, forfeits } = takeBack(state, reversed)
  let { sponsors, customers } = state.allocated
  for (const { grant, amount } of forfeits) {
    if (grant.source === 'sponsors') sponsors -= amount
    else customers -= amount
  }
  const carriedParts = sumOfPools({ ...state.carried, customers: 0n })
  const fresh = {
    sponsors: deposits.sponsors - sponsors - carriedParts,
    customers: deposits.customers - customers - state.carried.customers,
  }
  if (fresh.sponsors < 0n || fresh.customers < 0n) {
    throw new ProtocolError('round.bad_state', 'the deposits are below what earlier rounds promised')
  }
  return {
    round: state.round + 1,
    deposits,
    pools: roundPools(fresh, state.carried, split),
    forfeits,
    state: { ...state, allocated: { sponsors, customers }, pending },
  }
}

/** A line forfeited keeps what had vested, and its amount shrinks to that: nothing of it vests any more. */
function takeBack(
  { pending, round }: RewardState,
  reversed: readonly Reversal[],
): { pending: Grant[]; forfeits: Forfeit[] } {
  const wrong = new Set(reversed.map(({ member, item }) => `${member} ${item}`))
  const forfeits: Forfeit[] = []
  const kept = pending.filter((grant) => {
    if (!wrong.has(`${grant.member} ${grant.item}`)) return true
    forfeits.push({ grant, amount: unvestedOf(grant, round) })
    return false
  })
  return { pending: kept, forfeits }
}

/** What a round pays for. Work with weight 0 stays in the statement: a zero is explained, not dropped. */
export type RoundWork = {
  readonly base: { readonly quotas: ReadonlyMap<string, number>; readonly items: readonly BaseItem[] }
  /** Weights are max(0, average of the last rounds); it shares both sponsors' and customers' money. */
  readonly value: readonly Work[]
  readonly reviews: readonly Work[]
  readonly improvers: readonly Work[]
}

export type ClosedRound = {
  readonly opened: OpenedRound
  readonly lines: readonly EarnedLine[]
  /** Every line, old or new, of which something vested in this round or is still to vest. */
  readonly grants: readonly Grant[]
  readonly state: RewardState
}

export function closeRound(opened: OpenedRound, work: RoundWork): ClosedRound {
  const { pools, state, round } = opened
  const base = allocateBase(pools.base, work.base.quotas, work.base.items)
  const value = allocateWork(pools.value, work.value, 'sponsors')
  const reviews = allocateWork(pools.reviews, work.reviews, 'sponsors')
  const improvers = allocateWork(pools.improvers, work.improvers, 'sponsors')
  const customers = allocateWork(pools.customers, work.value, 'customers')
  const parts = [base, value, reviews, improvers, customers]
  // A line from a pool without money says nothing that the pool does not say itself.
  const lines = parts.flatMap((part) => (part === customers && pools.customers === 0n ? [] : part.lines))
  const grants = [...state.pending, ...lines.filter(({ amount }) => amount > 0n).map(grantOf(round))]
  const carried: RoundPools = {
    base: base.unspent,
    value: value.unspent,
    reviews: reviews.unspent,
    improvers: improvers.unspent,
    customers: customers.unspent,
  }
  const spent = sumOfPools({ ...pools, customers: 0n }) - sumOfPools({ ...carried, customers: 0n })
  return {
    opened,
    lines,
    grants,
    state: {
      round,
      allocated: {
        sponsors: state.allocated.sponsors + spent,
        customers: state.allocated.customers + pools.customers - carried.customers,
      },
      carried,
      accounts: vest(state.accounts, grants, round),
      pending: grants.filter((grant) => unvestedOf(grant, round) > 0n),
    },
  }
}

const grantOf =
  (round: number) =>
  ({ weight: _, ...line }: EarnedLine): Grant => ({ ...line, round })
