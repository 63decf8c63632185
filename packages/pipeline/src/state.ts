/** What one round hands to the next. Recomputed by every replay from the first round on, never trusted. */
import type { RoundValues } from '@commonhold/attribution'
import type { ClassifierModel } from '@commonhold/learning'
import type { Digest, EventId, MemberId } from '@commonhold/protocol'
import type { RewardState } from '@commonhold/rewards'

/**
 * - accepted: reviewers agree with the author
 * - corrected: reviewers agree on another label, with which it is trained
 * - imported: accepted by import, not reviewed
 * - gold: an organiser's gold question: trained on, never paid
 */
export type Standing = 'accepted' | 'corrected' | 'imported' | 'gold'

/** A cluster of near-duplicates that has an accepted label; `item` is the one that is trained on and earns the credit. */
export type AcceptedCluster = {
  readonly leader: EventId
  readonly item: EventId
  readonly author: MemberId
  readonly label: string
  readonly lang: string | undefined
  readonly standing: Standing
  /** It came by an import, reviewed or not: no base pay until its author claims the seat, and no shares. */
  readonly imported: boolean
  /** The round that accepted it. */
  readonly round: number
}

export type RoundState = {
  readonly round: number
  /** Cluster leaders in log order, each with every item of its cluster so far. */
  readonly clusters: ReadonlyMap<EventId, readonly EventId[]>
  /** By leader, in the order of acceptance. */
  readonly accepted: ReadonlyMap<EventId, AcceptedCluster>
  /**
   * For each leader that still waits, the reviewers who were drawn for it and have answered, with the log index of their
   * wave: their reviews keep counting.
   */
  readonly answered: ReadonlyMap<EventId, ReadonlyMap<MemberId, number>>
  /** By leader, of the last rounds, latest last; at most the charter's number of rounds. */
  readonly values: readonly RoundValues[]
  readonly live:
    | { readonly model: ClassifierModel; readonly hash: Digest; readonly round: number }
    | undefined
  readonly rewards: RewardState
}
