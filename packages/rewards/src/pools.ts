import { DEFAULT_CHARTER } from '@commonhold/protocol'
import { allocate } from './allocate.ts'

/** The parts of sponsors' money, in the order in which they are named everywhere. */
export const PARTS = ['base', 'value', 'reviews', 'improvers'] as const
export type Part = (typeof PARTS)[number]

/** Amounts in the smallest unit of the token. */
export type PoolParts = Readonly<Record<Part, bigint>>

/** Basis points that sum to 10,000: the charter's `sponsors`. */
export type SponsorSplit = Readonly<Record<Part, number>>

export const SPONSOR_SPLIT: SponsorSplit = DEFAULT_CHARTER.sponsors

/** What one round may allocate: every part may be spent down to zero, and what is left is carried in its part. */
export type RoundPools = PoolParts & {
  /** Customers' money: for `classify` it goes by value. */
  readonly customers: bigint
}

export const NO_POOLS: RoundPools = { base: 0n, value: 0n, reviews: 0n, improvers: 0n, customers: 0n }

/**
 * Splits sponsors' money by largest remainder; the parts sum to `amount`.
 *
 * @throws {Error} unless `split` has whole basis points that sum to 10,000.
 */
export function splitSponsors(amount: bigint, split: SponsorSplit = SPONSOR_SPLIT): PoolParts {
  let sum = 0
  for (const part of PARTS) sum += split[part]
  if (sum !== 10_000) throw new Error(`a split of ${sum} basis points`)
  const amounts = allocate(amount, new Map(PARTS.map((part) => [part, BigInt(split[part])])))
  const of = (part: Part): bigint => amounts.get(part) ?? 0n
  return { base: of('base'), value: of('value'), reviews: of('reviews'), improvers: of('improvers') }
}

/** The pools of a round: fresh money split, and on top what found nobody eligible in the round before. */
export function roundPools(
  fresh: { readonly sponsors: bigint; readonly customers: bigint },
  carried: RoundPools,
  split: SponsorSplit = SPONSOR_SPLIT,
): RoundPools {
  const parts = splitSponsors(fresh.sponsors, split)
  return {
    base: parts.base + carried.base,
    value: parts.value + carried.value,
    reviews: parts.reviews + carried.reviews,
    improvers: parts.improvers + carried.improvers,
    customers: fresh.customers + carried.customers,
  }
}

export const sumOfPools = ({ base, value, reviews, improvers, customers }: RoundPools): bigint =>
  base + value + reviews + improvers + customers
