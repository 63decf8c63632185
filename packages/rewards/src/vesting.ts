import type { MemberId } from '@commonhold/protocol'
import type { EarnedLine } from './work.ts'

/** An earned line whose vesting has not ended. */
export type Grant = Omit<EarnedLine, 'weight'> & {
  /** The round in which it was earned. */
  readonly round: number
}

/** Everything that a member ever could claim. */
export type Account = { readonly money: bigint; readonly shares: bigint }

/** Rounds after the one that earned it in which an amount is vested whole. */
export const VESTED_AFTER = 2

/**
 * How much of `amount` is vested `age` rounds after it was earned: 1/2, then 1/4 more, each rounded down, then all.
 * Rounding thus always falls into the last tranche.
 */
export function vestedOf(amount: bigint, age: number): bigint {
  if (age < 0) return 0n
  if (age >= VESTED_AFTER) return amount
  return age === 0 ? amount / 2n : amount / 2n + amount / 4n
}

/** What becomes claimable of `grant` in `round`. */
export const tranche = ({ amount, round: earned }: Grant, round: number): bigint =>
  vestedOf(amount, round - earned) - vestedOf(amount, round - earned - 1)

/** What of `grant` is still bond after `round`. */
export const unvestedOf = ({ amount, round: earned }: Grant, round: number): bigint =>
  amount - vestedOf(amount, round - earned)

/** One share per unit vested, only from sponsors' money and reviewed work; never from answers sold. */
export const earnsShares = ({ source, reviewed }: Pick<Grant, 'source' | 'reviewed'>): boolean =>
  source === 'sponsors' && reviewed

/** Accounts after the tranches of `round`. */
export function vest(
  accounts: ReadonlyMap<MemberId, Account>,
  grants: readonly Grant[],
  round: number,
): Map<MemberId, Account> {
  const next = new Map(accounts)
  for (const grant of grants) {
    const now = tranche(grant, round)
    const { money, shares } = next.get(grant.member) ?? { money: 0n, shares: 0n }
    next.set(grant.member, { money: money + now, shares: earnsShares(grant) ? shares + now : shares })
  }
  return next
}
