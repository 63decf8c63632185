/** Admission of members' events. Each rule answers with the subject that its event touches. */
import { ProtocolError } from './errors.ts'
import type { EventOf, EventType, MemberEvent } from './events.ts'
import { goldCommitment, inviteDigest, memberIdOf, unclaimedMemberId } from './identity.ts'
import {
  compareText,
  type Digest,
  type EventId,
  type KeyId,
  type MemberId,
  type UnixMillis,
} from './units.ts'
import {
  type Contribution,
  currentRound,
  type ImportState,
  mayReview,
  type RoundPhase,
  type View,
} from './view.ts'

type Context = {
  readonly view: View
  readonly community: EventId
  readonly key: KeyId
  readonly at: UnixMillis
}
type Rules = {
  readonly [T in MemberEvent['type']]: (event: EventOf<T & EventType>, context: Context) => readonly string[]
}

/** @returns what the event touches; no two events of one envelope may touch the same. */
export function decideMemberEvent(
  view: View,
  key: KeyId,
  event: MemberEvent,
  at: UnixMillis,
): readonly string[] {
  const rule = RULES[event.type] as (event: MemberEvent, context: Context) => readonly string[]
  return rule(event, { view, community: event.community, key, at })
}

const RULES: Rules = {
  'member.invited': ({ member, invite, expires }, { view, at }) => {
    needMember(view, member)
    if (view.invites.has(invite)) throw new ProtocolError('member.exists', 'this invite exists already')
    if (expires <= at) throw new ProtocolError('event.invalid', 'the invite has expired before it begins')
    return [`invite:${invite}`]
  },
  'member.joined': ({ member, key: first, invite }, { view, community, key, at }) => {
    if (first !== key) throw new ProtocolError('key.unknown', 'joining is signed by the key that joins')
    if (member !== memberIdOf(community, first))
      throw new ProtocolError('event.invalid', "member: not this key's member id")
    if (view.members.has(member)) throw new ProtocolError('member.exists', 'this key has a seat already')
    needFreeKey(view, first)
    // One joining an envelope, with an invite or without: two would make one seat twice.
    if (invite === undefined) {
      if (view.founding?.charter.join !== 'open') throw notAllowed('this community is joined by invite')
      return ['joining']
    }
    const open = view.invites.get(inviteDigest(invite))
    if (open === undefined) throw notAllowed('there is no such invite')
    if (open.left < 1) throw notAllowed('the invite has been used up')
    if (open.expires <= at) throw notAllowed('the invite has expired')
    return ['joining']
  },
  'member.role.granted': ({ member, who, role }, { view }) => {
    needOrganiser(view, member)
    if (needMember(view, who).roles.has(role))
      throw new ProtocolError('member.exists', `the member is ${role} already`)
    return [`role:${who}:${role}`]
  },
  'member.seat.granted': ({ member, file, author, who }, { view }) => {
    needOrganiser(view, member)
    needMember(view, who)
    if (view.imports.get(file)?.authors.has(author) !== true)
      throw new ProtocolError('member.unknown', 'the import named no such author')
    if (view.seats.has(author)) throw new ProtocolError('member.exists', 'the seat is taken already')
    return [`seat:${author}`]
  },
  'member.key.added': ({ member, key }, { view }) => {
    needMember(view, member)
    needFreeKey(view, key)
    return [`key:${key}`]
  },
  'member.key.revoked': ({ member, key }, { view }) => {
    const state = view.keys.get(key)
    if (state === undefined || state.member !== member)
      throw new ProtocolError('key.unknown', "not one of the member's keys")
    if (state.revoked !== undefined) throw new ProtocolError('key.invalid', 'the key is revoked already')
    if (needMember(view, member).keys.size < 2)
      throw notAllowed('the last key of a member cannot be revoked: add another first')
    // One revocation an envelope: two could take the last key together.
    return [`revoke:${member}`]
  },
  'member.payout.set': ({ member }, { view }) => {
    needMember(view, member)
    return [`payout:${member}`]
  },
  'contribution.submitted': ({ member, label, content, addenda }, { view }) => {
    needMember(view, member)
    needLabel(view, label)
    needContent(view, content, addenda)
    return [`content:${content}`]
  },
  'import.started': ({ member, file }, { view }) => {
    needOrganiser(view, member)
    if (view.imports.has(file))
      throw new ProtocolError('import.conflict', 'this file has been imported before')
    return [`import:${file}`]
  },
  'import.author': ({ member, file, author, addenda }, { view, community }) => {
    const state = needImport(view, member, file)
    if (addenda.length !== 1) throw new ProtocolError('event.invalid', 'import.author names one addendum')
    if (author !== unclaimedMemberId(community, file, addenda[0] as Digest)) {
      throw new ProtocolError('event.invalid', "author: not the salted name's id")
    }
    if (state.authors.has(author)) throw new ProtocolError('import.conflict', 'the author was named before')
    return [`author:${author}`]
  },
  'contribution.imported': ({ member, file, row, label, content, addenda, author }, { view }) => {
    const state = needImport(view, member, file, 'contributions')
    needRow(state, row)
    if (author !== undefined && !state.authors.has(author))
      throw new ProtocolError('member.unknown', 'the author was not named')
    needLabel(view, label)
    needContent(view, content, addenda)
    return [`row:${file}:${row}`, `content:${content}`]
  },
  'review.imported': ({ member, file, row, item, worker, label }, { view }) => {
    const state = needImport(view, member, file, 'reviews')
    needRow(state, row)
    if (!state.authors.has(worker)) throw new ProtocolError('member.unknown', 'the worker was not named')
    needLabel(view, label)
    const { author, importer } = needReviewable(view, item, worker, ['submissions', 'reviews'])
    // Whoever imports reviews attests them, so they stand for nothing where that member stands to gain by them. Rows that
    // were imported themselves are attested as a whole.
    if (importer === undefined) needNoConflict(view, member, author)
    return [`row:${file}:${row}`, `review:${item}:${worker}`]
  },
  'review.submitted': ({ member, round, item, label }, { view }) => {
    if (!needMember(view, member).roles.has('reviewer')) throw notAllowed('only reviewers review')
    if (currentRound(view)?.round !== round)
      throw new ProtocolError('round.bad_state', `round ${round} is not under way`)
    if (label !== undefined) needLabel(view, label)
    const contribution = needReviewable(view, item, member, ['reviews'])
    if (contribution.round > round) {
      throw new ProtocolError('round.bad_state', `the item belongs to round ${contribution.round}`)
    }
    needNoConflict(view, member, contribution.author)
    return [`review:${item}:${member}`]
  },
  'gold.committed': ({ member, round, commitments }, { view }) => {
    needOrganiser(view, member)
    const current = currentRound(view)
    if (current?.round !== round || current.phase !== 'submissions') {
      throw new ProtocolError(
        'round.bad_state',
        `gold of round ${round} is committed before its reviews begin`,
      )
    }
    for (let i = 1; i < commitments.length; i++) {
      if (compareText(commitments[i - 1] as Digest, commitments[i] as Digest) >= 0)
        throw new ProtocolError('event.invalid', 'commitments: expected different ones in ascending order')
    }
    return ['gold']
  },
  'gold.revealed': ({ member, round, item, label, salt }, { view, community }) => {
    needOrganiser(view, member)
    const current = currentRound(view)
    if (current?.round !== round || current.phase !== 'closing') {
      throw new ProtocolError('round.bad_state', 'gold is revealed after the reviews have closed')
    }
    const contribution = view.contributions.get(item)
    if (contribution === undefined)
      throw new ProtocolError('contribution.unknown', `there is no item ${item}`)
    needLabel(view, label)
    if (current.gold.has(item))
      throw new ProtocolError('gold.mismatch', 'the gold answer is revealed already')
    const commitment = goldCommitment(community, round, contribution.content, label, salt)
    const committed = current.goldCommitments.get(commitment)
    // Committed before the item came: nobody makes gold, which earns nothing, of what another has contributed.
    if (committed === undefined || committed >= contribution.address.index || contribution.round !== round) {
      throw new ProtocolError('gold.mismatch', 'the gold answer was not committed before its item came')
    }
    return [`gold:${item}`]
  },
}

function needMember(view: View, id: MemberId): NonNullable<ReturnType<View['members']['get']>> {
  const member = view.members.get(id)
  if (member === undefined) throw new ProtocolError('member.unknown', `there is no member ${id}`)
  return member
}

function needOrganiser(view: View, id: MemberId): void {
  if (!needMember(view, id).roles.has('organiser')) throw notAllowed('only an organiser may do this')
}

function needLabel(view: View, label: string): void {
  if (!view.founding?.charter.labels.includes(label)) {
    throw new ProtocolError('contribution.label_unknown', `the label "${label}" is not in the charter`, {
      label,
    })
  }
}

function needContent(view: View, content: Digest, addenda: readonly Digest[]): void {
  if (addenda.length !== 1 || addenda[0] !== content) {
    throw new ProtocolError('event.invalid', 'a contribution names its content as its only addendum')
  }
  // The digest covers a salt: nobody comes to the same one but by copying an addendum with its salt.
  if (view.contents.has(content))
    throw new ProtocolError('contribution.duplicate', 'this very content was contributed before')
}

/** A key that never was in use: neither a member's, revoked ones included, nor the node's. */
function needFreeKey(view: View, key: KeyId): void {
  if (view.keys.has(key) || view.founding?.node === key)
    throw new ProtocolError('member.exists', 'the key is in use already')
}

function needImport(view: View, member: MemberId, file: Digest, holds?: ImportState['holds']): ImportState {
  const state = view.imports.get(file)
  if (state === undefined || state.importer !== member || (holds !== undefined && state.holds !== holds)) {
    throw new ProtocolError('import.conflict', 'the rows belong to no import of this member')
  }
  return state
}

function needRow({ rows, taken }: ImportState, row: number): void {
  if (row >= rows) throw new ProtocolError('event.invalid', `row ${row} is beyond the import's ${rows} rows`)
  if (taken.has(row)) throw new ProtocolError('import.conflict', `row ${row} was imported before`, { row })
}

function needReviewable(
  view: View,
  item: EventId,
  reviewer: MemberId,
  phases: readonly RoundPhase[],
): Contribution {
  const round = currentRound(view)
  if (round === undefined || !phases.includes(round.phase)) {
    throw new ProtocolError('round.bad_state', 'no round takes reviews now')
  }
  const contribution = view.contributions.get(item)
  if (contribution === undefined) throw new ProtocolError('contribution.unknown', `there is no item ${item}`)
  if (view.reviewed.has(`${item}:${reviewer}`)) {
    throw new ProtocolError('review.duplicate', 'nobody reviews an item twice')
  }
  return contribution
}

function needNoConflict(view: View, judge: MemberId, author: MemberId): void {
  if (!mayReview(view.members, judge, author)) {
    throw new ProtocolError(
      'review.not_allowed',
      'nobody reviews an item of their own, or of somebody related by invites',
    )
  }
}

const notAllowed = (reason: string): ProtocolError => new ProtocolError('member.not_allowed', reason)
