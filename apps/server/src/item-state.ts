/**
 * Where an item stands, step by step (docs/spec/api.md, 5). Nothing is decided here: the view, the draw and the closed
 * rounds say it, and anybody can recompute them.
 */
import type { RoundState } from '@commonhold/pipeline'
import type { Contribution, EventId, MemberId, View } from '@commonhold/protocol'
import type { MemberStatement } from './closed-rounds.ts'
import type { Lots } from './lots.ts'

export type Step =
  | { readonly step: 'received'; readonly index: number; readonly round: number }
  | { readonly step: 'checking'; readonly answers: number; readonly drawn: number }
  | { readonly step: 'waiting'; readonly because: 'undecided' | 'nobody_drawn' | 'near_duplicate' }
  | { readonly step: 'accepted' | 'corrected' | 'imported' | 'gold'; readonly round: number }
  | {
      readonly step: 'rejected'
      readonly because: 'near_duplicate' | 'other_label'
      readonly instead: EventId
    }
  | { readonly step: 'counted'; readonly round: number; readonly earned: string }
  | { readonly step: 'in_payout'; readonly round: number; readonly tx: string }
  | { readonly step: 'paid'; readonly round: number }

export type ItemInput = {
  readonly view: View
  readonly item: Contribution
  /** After the last closed round. */
  readonly state: RoundState
  readonly lots: Lots | undefined
  /** The author's statement of the round that accepted the item, if it is closed. */
  readonly statement: MemberStatement | undefined
}

type Cluster = RoundState['accepted'] extends ReadonlyMap<EventId, infer C> ? C : never

/** Everything that has happened to the item, in order: the last is its state. */
export function itemSteps(input: ItemInput): readonly Step[] {
  const { item, state, view } = input
  const received: Step = { step: 'received', index: item.address.index, round: item.round }
  const cluster = clusterOf(state, item.id)
  if (cluster !== undefined) return [received, ...settledSteps(input, cluster)]
  if (view.rounds.some(({ gold }) => gold.has(item.id)))
    return [received, { step: 'gold', round: item.round }]
  return [received, ...openSteps(input)]
}

/** The accepted cluster that holds `item`. Cost: linear in the clusters, so ask once an item. */
export function clusterOf(state: RoundState, item: EventId): Cluster | undefined {
  for (const [leader, members] of state.clusters)
    if (members.includes(item)) return state.accepted.get(leader)
  return undefined
}

function settledSteps({ view, item, statement }: ItemInput, cluster: Cluster): Step[] {
  if (cluster.item !== item.id) {
    const because = cluster.label === item.label ? 'near_duplicate' : 'other_label'
    return [{ step: 'rejected', because, instead: cluster.item }]
  }
  const { standing, round } = cluster
  const steps: Step[] = [{ step: standing, round }]
  // Gold is an organiser's yardstick: trained on, never paid.
  if (standing === 'gold') return steps
  const earned = earnedBy(statement, item.id)
  steps.push({ step: 'counted', round, earned: earned.toString() })
  const posted = view.rounds[round - 1]?.posted
  if (posted === undefined || earned === 0n || statement?.reserved === true) return steps
  steps.push({ step: 'in_payout', round, tx: posted.tx })
  const claimed = view.claims.get(item.author)?.money ?? 0n
  if (statement !== undefined && claimed >= BigInt(statement.claimable)) steps.push({ step: 'paid', round })
  return steps
}

function earnedBy(statement: MemberStatement | undefined, item: EventId): bigint {
  let sum = 0n
  for (const line of statement?.lines ?? []) if (line.item === item) sum += BigInt(line.amount)
  return sum
}

function openSteps({ view, item, state, lots }: ItemInput): Step[] {
  const before: Step[] = item.round <= state.round ? [{ step: 'waiting', because: 'undecided' }] : []
  const leader = lots?.leaderOf.get(item.id)
  if (lots === undefined || leader === undefined) return before
  if (leader !== item.id) return [...before, { step: 'waiting', because: 'near_duplicate' }]
  const drawn = lots.drawn.get(leader)
  // By import, where the charter accepts imports as they are: it waits for the round's close only.
  if (drawn === undefined) return before
  if (drawn.length === 0) return [...before, { step: 'waiting', because: 'nobody_drawn' }]
  return [...before, { step: 'checking', answers: answersOf(view, leader, drawn), drawn: drawn.length }]
}

const answersOf = (view: View, item: EventId, drawn: readonly MemberId[]): number =>
  drawn.filter((reviewer) => view.reviewed.has(`${item}:${reviewer}`)).length

const BECAUSE: Readonly<Record<string, string>> = {
  undecided: 'the reviewers have not agreed; the next round asks others',
  nobody_drawn: 'no reviewer could be drawn for it yet',
  near_duplicate: 'it says nearly the same as an earlier item, which stands for both',
  other_label: 'the reviewers agreed on another label, which an item near to it gave',
}

/** The state in words. */
export function stepText(step: Step): string {
  switch (step.step) {
    case 'received':
      return `received for round ${step.round}`
    case 'checking':
      return `checking: ${step.answers} of ${step.drawn} answers`
    case 'waiting':
      return `waiting: ${BECAUSE[step.because]}`
    case 'rejected':
      return `not counted: ${BECAUSE[step.because]}`
    case 'counted':
      return `counted in round ${step.round}`
    case 'in_payout':
      return `in payout ${step.round}`
    case 'paid':
      return `paid with payout ${step.round}`
    case 'gold':
      return 'a gold question: trained on, never paid'
    case 'corrected':
      return `accepted in round ${step.round} with another label`
    case 'accepted':
    case 'imported':
      return `accepted in round ${step.round}`
  }
}
