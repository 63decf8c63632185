import { DEFAULT_CHARTER } from '@commonhold/protocol'
import type { ItemEstimate } from './aggregate.ts'
import { POSTERIOR_ONE } from './dawid-skene.ts'

/** The charter's `reviews` (docs/spec/review.md, section 3). */
export type ReviewRules = {
  /** Posterior from which a consensus counts. */
  readonly acceptPpm: number
  /** Reviewers that every item gets. */
  readonly firstWave: number
  /** Reviewers that an item gets by lot at most. */
  readonly mostReviewers: number
}

const { acceptPpm, first, most } = DEFAULT_CHARTER.reviews
export const REVIEW_RULES: ReviewRules = { acceptPpm, firstWave: first, mostReviewers: most }

/**
 * `corrected`: the consensus differs from the author; the item is trained with the consensus, at half base and no value.
 */
export type Verdict = 'accepted' | 'corrected' | 'undecided'

export function acceptance(
  estimate: Pick<ItemEstimate, 'label' | 'posterior'>,
  authorLabel: string,
  rules: ReviewRules = REVIEW_RULES,
): Verdict {
  if (!isDecided(estimate, rules)) return 'undecided'
  return estimate.label === authorLabel ? 'accepted' : 'corrected'
}

/**
 * How many more reviewers to draw for an item that `reviewed` reviewers have: the first wave whole, then one at a time
 * while the consensus is undecided. `estimate` is undefined before anybody judged the item.
 */
export function needsMore(
  estimate: Pick<ItemEstimate, 'posterior'> | undefined,
  reviewed: number,
  rules: ReviewRules = REVIEW_RULES,
): number {
  if (reviewed < rules.firstWave) return rules.firstWave - reviewed
  if (reviewed >= rules.mostReviewers) return 0
  return estimate !== undefined && isDecided(estimate, rules) ? 0 : 1
}

/** Compared exactly, not by the rounded confidence: posterior / 2^16 >= acceptPpm / 10^6. */
const isDecided = ({ posterior }: Pick<ItemEstimate, 'posterior'>, rules: ReviewRules): boolean =>
  posterior.some((share) => share * 1_000_000 >= rules.acceptPpm * POSTERIOR_ONE)
