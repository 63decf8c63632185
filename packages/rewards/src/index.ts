export * from './allocate.ts'
export * from './payout-tree.ts'
export {
  PARTS,
  type Part,
  type PoolParts,
  type RoundPools,
  type SponsorSplit,
  splitSponsors,
  sumOfPools,
} from './pools.ts'
export * from './round.ts'
export * from './statement.ts'
export { type Account, type Grant, vestedOf } from './vesting.ts'
export * from './work.ts'
