import type { MemberId } from '@commonhold/protocol'
import { allocate } from './allocate.ts'

export type WorkKind = 'base' | 'value' | 'holdout' | 'review' | 'improver'
export type Source = 'sponsors' | 'customers'

/** One thing that one member is paid for in a round. A member, kind and item occur together once. */
export type Work = {
  readonly member: MemberId
  readonly kind: WorkKind
  /** Contribution, cluster or whatever else the kind counts, ASCII. */
  readonly item: string
  /** >= 0, in the unit of the kind. */
  readonly weight: bigint
  /** Whether other members have reviewed the work: only that earns shares. */
  readonly reviewed: boolean
}

/** Work with what it earned, smallest unit. */
export type EarnedLine = Work & { readonly source: Source; readonly amount: bigint }

export type Allocated = { readonly lines: readonly EarnedLine[]; readonly unspent: bigint }

/**
 * Splits `pool` over the lines themselves, so that a member's amount is the sum of what its items earned, exactly. The
 * pool stays whole where no weight is positive.
 *
 * @throws {Error} if a member, kind and item occur twice, or a weight is negative.
 */
export function allocateWork(pool: bigint, work: readonly Work[], source: Source): Allocated {
  const weights = new Map(work.map((line) => [workKey(line), line.weight]))
  if (weights.size !== work.length) throw new Error('the same work counted twice')
  const amounts = allocate(pool, weights)
  const lines = work.map((line) => ({ ...line, source, amount: amounts.get(workKey(line)) ?? 0n }))
  return { lines, unspent: amounts.size === 0 ? pool : 0n }
}

/** Fields of fixed alphabets first, so that no two different lines have one key. */
const workKey = ({ member, kind, item }: Work): string => `${kind} ${member} ${item}`

export type BaseItem = {
  readonly item: string
  readonly member: MemberId
  readonly category: string
  /** A corrected item is paid half. */
  readonly verdict: 'accepted' | 'corrected'
}

/** Half units, so that a corrected item weighs an integer. */
const HALF_UNITS = { accepted: 2n, corrected: 1n } as const

/**
 * Base pay (docs/spec/payouts.md, section 2). Each category has a share of the budget in proportion to its quota. Up to
 * the quota an accepted item earns budget / quota and the rest stays unspent; beyond it the items share the budget. A
 * category without a quota pays nothing.
 *
 * @param quotas Accepted items wanted per category, whole numbers >= 0, published when the round opened.
 * @param items Newly accepted clusters only.
 */
export function allocateBase(
  budget: bigint,
  quotas: ReadonlyMap<string, number>,
  items: readonly BaseItem[],
): Allocated {
  const budgets = allocate(
    budget,
    new Map(Array.from(quotas, ([category, quota]) => [category, BigInt(quota)])),
  )
  const byCategory = new Map<string, BaseItem[]>()
  for (const item of items) {
    const list = byCategory.get(item.category)
    if (list === undefined) byCategory.set(item.category, [item])
    else list.push(item)
  }
  const lines: EarnedLine[] = []
  let left = budget
  for (const [category, own] of byCategory) {
    const work = own.map(baseWork)
    const share = budgets.get(category) ?? 0n
    const paid = allocateWork(earnedBy(work, share, quotas.get(category) ?? 0), work, 'sponsors')
    for (const line of paid.lines) {
      lines.push(line)
      left -= line.amount
    }
  }
  return { lines, unspent: left }
}

const baseWork = ({ item, member, verdict }: BaseItem): Work => ({
  member,
  kind: 'base',
  item,
  weight: HALF_UNITS[verdict],
  reviewed: true,
})

/** What a category's items earn together: their units' part of the quota, at most the whole budget; rounded down. */
function earnedBy(work: readonly Work[], budget: bigint, quota: number): bigint {
  let units = 0n
  for (const { weight } of work) units += weight
  const wanted = BigInt(quota) * HALF_UNITS.accepted
  return units >= wanted ? budget : (budget * units) / wanted
}
