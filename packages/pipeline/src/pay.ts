/** Pay (docs/spec/payouts.md): what a round's work weighs, and who gets what of the money. */
import { movingValues } from '@commonhold/attribution'
import type { Charter, Digest, EventId, MemberId, Round, UnixMillis, View } from '@commonhold/protocol'
import { payToAt } from '@commonhold/protocol'
import { type Judgement, type ReviewPay, reviewWeights } from '@commonhold/review'
import {
  type Address,
  type BaseItem,
  type BySource,
  buildPayoutTree,
  buildStatement,
  type ClosedRound,
  closeRound,
  openRound,
  type PayoutRow,
  type PayoutTree,
  payoutRows,
  type RoundStatement,
  type Work,
} from '@commonhold/rewards'
import type { Attribution } from './attribute.ts'
import type { Curation } from './curate.ts'
import type { DatasetRow } from './dataset.ts'
import { merkleRootOf } from './merkle-root.ts'
import type { RoundState } from './state.ts'
import type { Waves } from './waves.ts'

export type Pay = {
  readonly closed: ClosedRound
  readonly statement: RoundStatement
  readonly statementsRoot: Digest
  readonly rows: readonly PayoutRow[]
  readonly tree: PayoutTree
  /** By reviewer: why their reviews weigh what they weigh. */
  readonly reviewers: ReadonlyMap<string, ReviewPay>
}

export type PayInput = {
  readonly view: View
  readonly charter: Charter
  readonly round: Round
  readonly curation: Curation
  readonly waves: Waves
  readonly rows: readonly DatasetRow[]
  readonly holdOut: ReadonlySet<EventId>
  readonly attribution: Attribution
  readonly deposits: BySource
  /** The time whose payout addresses are in force. */
  readonly at: UnixMillis
  readonly previous: RoundState
}

export function payRound(input: PayInput): Pay {
  const { view, charter, round, curation, deposits, previous } = input
  const reviewers = weighReviews(input)
  const closed = closeRound(openRound(previous.rewards, { deposits, split: charter.sponsors }), {
    base: { quotas: round.quotas, items: baseItems(curation) },
    value: valueItems(input),
    reviews: Array.from(reviewers, ([member, { weight }]) => ({
      member: member as MemberId,
      kind: 'review',
      item: String(round.round),
      weight,
      reviewed: true,
    })),
    improvers: [],
  })
  const payTo = payoutAddresses(view, input.at)
  const statement = buildStatement(closed, payTo)
  const rows = payoutRows(closed.state, payTo)
  const chain = view.chain as NonNullable<View['chain']>
  const context = {
    chainId: BigInt(chain.chainId),
    pool: chain.pool as Address,
    token: chain.token as Address,
  }
  return {
    closed,
    statement,
    statementsRoot: statementsRoot(statement),
    rows,
    tree: buildPayoutTree(context, rows),
    reviewers,
  }
}

/** Over the statement without its members, then each member's part: one member's part can be proved alone. */
function statementsRoot(statement: RoundStatement): Digest {
  const { members, ...header } = statement
  return merkleRootOf([header, ...members])
}

/** Imported items have no author here to pay, and gold is the organiser's yardstick: neither earns base pay. */
function baseItems({ fresh }: Curation): BaseItem[] {
  const items: BaseItem[] = []
  for (const { item, author, label, standing, imported } of fresh) {
    if (imported) continue
    if (standing === 'accepted' || standing === 'corrected') {
      items.push({ item, member: author, category: label, verdict: standing })
    }
  }
  return items
}

/** Every cluster of the data set by max(0, average), but for corrected ones and gold (docs/spec/pipeline.md). */
function valueItems({ rows, holdOut, attribution }: PayInput): Work[] {
  const work: Work[] = []
  const values = movingValues(attribution.recent)
  for (const { leader, item, author, standing, imported } of rows) {
    if (standing === 'corrected' || standing === 'gold') continue
    const average = values.get(leader) ?? 0n
    work.push({
      member: author,
      kind: holdOut.has(leader) ? 'holdout' : 'value',
      item,
      weight: average > 0n ? average : 0n,
      reviewed: standing === 'accepted' && !imported,
    })
  }
  return work
}

/**
 * Reviews made in this round on items of the lot. Imported reviews count for the items' labels, but are no work of
 * members here.
 */
function weighReviews({ round, waves }: PayInput): ReadonlyMap<string, ReviewPay> {
  const judgements: Judgement[] = []
  for (const { item, reviewer, label, imported, index } of waves.reviews) {
    if (!imported && label !== undefined && index > round.opened)
      judgements.push({ item, worker: reviewer, label })
  }
  if (judgements.length === 0) return new Map()
  return reviewWeights({ judgements, gold: round.gold, aggregation: waves.estimate })
}

function payoutAddresses(view: View, at: UnixMillis): ReadonlyMap<MemberId, Address> {
  const addresses = new Map<MemberId, Address>()
  for (const member of view.members.values()) {
    const address = payToAt(member, at)
    if (address !== undefined) addresses.set(member.id, address as Address)
  }
  // What an imported author earned is paid to the member who sits on the seat now, with everything since the beginning.
  for (const [author, who] of view.seats) {
    const address = addresses.get(who)
    if (address !== undefined) addresses.set(author, address)
  }
  return addresses
}
