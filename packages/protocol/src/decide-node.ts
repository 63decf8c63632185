/** Admission of the node's events: the order of a round, and figures that agree with what came before. */
import { ProtocolError } from './errors.ts'
import type { EventOf, NodeEvent } from './events.ts'
import { nextLink } from './identity.ts'
import type { Digest } from './units.ts'
import { currentRound, type Round, seatOf, type View } from './view.ts'

export function decideNodeEvent(view: View, event: NodeEvent): void {
  switch (event.type) {
    case 'chain.bound':
      if (view.chain !== undefined) throw badState('the chain is bound already')
      return
    case 'rules.adopted': {
      if (view.rules?.digest === event.rules.digest) throw badState('these rules are in force already')
      return
    }
    case 'round.opened':
      decideOpening(view, event)
      return
    case 'round.wave.opened': {
      const round = needRound(view, event.round)
      if (round.phase !== 'submissions' && round.phase !== 'reviews') throw badState('reviews have closed')
      if (event.wave !== round.waves.length + 1) throw badState(`the next wave is ${round.waves.length + 1}`)
      checkLink(round, event.link)
      return
    }
    case 'round.reviews.closed': {
      const round = needRound(view, event.round)
      if (round.phase !== 'submissions' && round.phase !== 'reviews')
        throw badState('reviews have closed already')
      checkLink(round, event.link)
      return
    }
    case 'round.closed':
      decideClosing(view, event)
      return
    case 'payout.posted': {
      needChain(view)
      const round = view.rounds[event.round - 1]
      if (round?.closed === undefined) throw badState(`round ${event.round} is not closed`)
      if (round.posted !== undefined)
        throw badState(`the payout root of round ${event.round} is posted already`)
      if (round.closed.payoutRoot !== event.payoutRoot)
        throw badState('not the payout root that the round closed with')
      return
    }
    case 'payout.claimed': {
      decideClaim(view, event)
      return
    }
  }
}

/** Claims are cumulative: neither figure falls, and one of them grows. */
function decideClaim(view: View, event: EventOf<'payout.claimed'>): void {
  needChain(view)
  if (!view.members.has(seatOf(view, event.who)))
    throw new ProtocolError('member.unknown', `there is no member ${event.who}`)
  const before = view.claims.get(event.who) ?? { money: 0n, shares: 0n }
  const money = BigInt(event.money)
  const shares = BigInt(event.shares)
  if (money < before.money || shares < before.shares) throw badState('what was claimed cannot become less')
  if (money === before.money && shares === before.shares)
    throw badState('this claim stands in the log already')
}

function decideOpening(view: View, event: EventOf<'round.opened'>): void {
  const last = currentRound(view)
  if (last !== undefined && last.phase !== 'closed') throw badState(`round ${last.round} is not closed`)
  if (event.round !== view.rounds.length + 1) throw badState(`the next round is ${view.rounds.length + 1}`)
  const labels = view.founding?.charter.labels ?? []
  const seen = new Set<string>()
  for (const { label } of event.quotas) {
    if (!labels.includes(label))
      throw new ProtocolError(
        'contribution.label_unknown',
        `quota for "${label}", which is not in the charter`,
      )
    if (seen.has(label)) throw new ProtocolError('event.invalid', `two quotas for "${label}"`)
    seen.add(label)
  }
}

/** A draw reveals the link before the one revealed last: what the node committed to before anybody had submitted. */
function checkLink({ lot }: Round, link: Digest | undefined): void {
  if (lot === undefined && link === undefined) return
  if (lot === undefined || link === undefined || nextLink(link) !== lot) {
    throw badState('not the link that the round was opened with')
  }
}

function decideClosing(view: View, event: EventOf<'round.closed'>): void {
  const round = needRound(view, event.round)
  if (round.phase !== 'closing') throw badState('the reviews of the round have not closed')
  if (event.logSize > view.size) throw badState('the round claims entries that are not in the log')
  if (event.logSize <= (round.reviewsClosed ?? round.opened))
    throw badState('the round claims a log from before the end of its reviews')
  if (event.rules !== view.rules?.digest) throw badState('not the rules that the community has adopted')
}

function needChain(view: View): void {
  if (view.chain === undefined)
    throw new ProtocolError('chain.not_bound', 'no chain is bound to this community yet')
}

function needRound(view: View, number: number): Round {
  const round = currentRound(view)
  if (round?.round !== number) throw badState(`round ${number} is not under way`)
  return round
}

const badState = (reason: string): ProtocolError => new ProtocolError('round.bad_state', reason)
