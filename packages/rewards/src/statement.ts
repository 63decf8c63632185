/**
 * Statements (docs/spec/payouts.md, section 6): what every member earned in a round, item by item, and where the money
 * stands. Amounts are decimal strings in the smallest unit, so that a statement has a canonical encoding.
 */
import { compareText, type MemberId } from '@commonhold/protocol'
import type { Address, PayoutRow } from './payout-tree.ts'
import type { RoundPools } from './pools.ts'
import type { ClosedRound, RewardState } from './round.ts'
import { type Grant, tranche, unvestedOf } from './vesting.ts'
import type { EarnedLine, Source, WorkKind } from './work.ts'

export type StatementLine = {
  readonly kind: WorkKind
  readonly item: string
  readonly source: Source
  readonly weight: string
  readonly amount: string
}

export type MemberStatement = {
  readonly member: MemberId
  /** Sum of the lines' amounts. */
  readonly earned: string
  readonly lines: readonly StatementLine[]
  /** What became claimable in this round, by the round that earned it, ascending. */
  readonly vesting: readonly { readonly round: number; readonly amount: string }[]
  /** What reversed work lost in this round. */
  readonly forfeited: string
  /** Claimable since the beginning, this round included. */
  readonly claimable: string
  readonly shares: string
  /** Earned but not yet claimable. */
  readonly unvested: string
  /** Claimable, but without an address to pay to: a liability outside the payout tree. */
  readonly reserved: boolean
}

export type StatementTotals = {
  readonly deposits: string
  /** Earned in this round. */
  readonly earned: string
  /** Everything ever earned and not forfeited: promised + reserved + unvested. */
  readonly allocated: string
  /** Sum of the money of all leaves: what the pool must be able to pay. */
  readonly promised: string
  readonly reserved: string
  readonly unvested: string
  readonly shares: string
}

export type PoolStrings = Readonly<Record<keyof RoundPools, string>>

export type RoundStatement = {
  readonly round: number
  readonly pools: PoolStrings
  readonly carried: PoolStrings
  readonly totals: StatementTotals
  /** Everybody who ever earned, ascending by id. */
  readonly members: readonly MemberStatement[]
}

/** @param payTo Payout addresses of the members who have one. */
export function buildStatement(closed: ClosedRound, payTo: ReadonlyMap<MemberId, Address>): RoundStatement {
  const { state, lines, grants, opened } = closed
  const linesOf = groupByMember(lines)
  const grantsOf = groupByMember(grants)
  const forfeitsOf = groupByMember(
    opened.forfeits.map(({ grant, amount }) => ({ member: grant.member, amount })),
  )
  const ids = new Set([...state.accounts.keys(), ...linesOf.keys(), ...forfeitsOf.keys()])
  const members = [...ids].sort(compareText).map((member): MemberStatement => {
    const own = linesOf.get(member) ?? []
    const ownGrants = grantsOf.get(member) ?? []
    const account = state.accounts.get(member) ?? { money: 0n, shares: 0n }
    return {
      member,
      earned: String(sum(own.map(({ amount }) => amount))),
      lines: own.map(statementLine),
      vesting: vestingRows(ownGrants, state.round),
      forfeited: String(sum((forfeitsOf.get(member) ?? []).map(({ amount }) => amount))),
      claimable: String(account.money),
      shares: String(account.shares),
      unvested: String(sum(ownGrants.map((grant) => unvestedOf(grant, state.round)))),
      reserved: !payTo.has(member),
    }
  })
  return {
    round: state.round,
    pools: poolStrings(opened.pools),
    carried: poolStrings(state.carried),
    totals: totalsOf(closed, payTo),
    members,
  }
}

function totalsOf(
  { state, lines, opened }: ClosedRound,
  payTo: ReadonlyMap<MemberId, Address>,
): StatementTotals {
  const rows = payoutRows(state, payTo)
  const vested = sum([...state.accounts.values()].map(({ money }) => money))
  const promised = sum(rows.map(({ money }) => money))
  return {
    deposits: String(opened.deposits.sponsors + opened.deposits.customers),
    earned: String(sum(lines.map(({ amount }) => amount))),
    allocated: String(state.allocated.sponsors + state.allocated.customers),
    promised: String(promised),
    reserved: String(vested - promised),
    unvested: String(sum(state.pending.map((grant) => unvestedOf(grant, state.round)))),
    shares: String(sum(rows.map(({ shares }) => shares))),
  }
}

/**
 * Rows of the payout tree, ascending by member: everybody who has something claimable and an address. A member who gets
 * an address later enters with everything since the beginning.
 */
export function payoutRows(state: RewardState, payTo: ReadonlyMap<MemberId, Address>): PayoutRow[] {
  const rows: PayoutRow[] = []
  for (const [member, { money, shares }] of state.accounts) {
    const address = payTo.get(member)
    if (address !== undefined && money > 0n) rows.push({ member, payTo: address, money, shares })
  }
  return rows.sort((a, b) => compareText(a.member, b.member))
}

function groupByMember<T extends { readonly member: MemberId }>(rows: readonly T[]): Map<MemberId, T[]> {
  const groups = new Map<MemberId, T[]>()
  for (const row of rows) {
    const group = groups.get(row.member)
    if (group === undefined) groups.set(row.member, [row])
    else group.push(row)
  }
  return groups
}

const statementLine = ({ kind, item, source, weight, amount }: EarnedLine): StatementLine => ({
  kind,
  item,
  source,
  weight: String(weight),
  amount: String(amount),
})

function vestingRows(grants: readonly Grant[], round: number): { round: number; amount: string }[] {
  const byRound = new Map<number, bigint>()
  for (const grant of grants) {
    byRound.set(grant.round, (byRound.get(grant.round) ?? 0n) + tranche(grant, round))
  }
  return [...byRound]
    .sort(([a], [b]) => a - b)
    .filter(([, amount]) => amount > 0n)
    .map(([earned, amount]) => ({ round: earned, amount: String(amount) }))
}

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n)

const poolStrings = ({ base, value, reviews, improvers, customers }: RoundPools): PoolStrings => ({
  base: String(base),
  value: String(value),
  reviews: String(reviews),
  improvers: String(improvers),
  customers: String(customers),
})
