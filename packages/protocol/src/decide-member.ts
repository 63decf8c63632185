/** Admission of members' events. Each rule answers with the subject that its event touches. */
import { ProtocolError } from './errors.ts'
import type { EventOf, EventType, MemberEvent } from './events.ts'
import { goldCommitment, inviteDigest, memberIdOf, unclaimedMemberId } from './identity.ts'
import type { Digest, EventId, KeyId, MemberId, UnixMillis } from './units.ts'
import { currentRound, inSubtree, type View } from './view.ts'

type Context = {
  readonly view: View
  readonly community: EventId
  readonly key: KeyId
  readonly at: UnixMillis
}
type Rules = {
  readonly [T in MemberEvent['type']]: (event: EventOf<T & EventType>, context: Context) => string
}

/** @returns what the event touches; no two events of one envelope may touch the same. */
export function decideMemberEvent(view: View, key: KeyId, event: MemberEvent, at: UnixMillis): string {
  const rule = RULES[event.type] as (event: MemberEvent, context: Context) => string
  return rule(event, { view, community: event.community, key, at })
}

const RULES: Rules = {
  'member.invited': ({ member, invite, expires }, { view, at }) => {
    needMember(view, member)
    if (view.invites.has(invite)) throw new ProtocolError('member.exists', 'this invite exists already')
    if (expires <= at) throw new ProtocolError('event.invalid', 'the invite has expired before it begins')
    return `invite:${invite}`
  },
  'member.joined': ({ member, key: first, invite }, { view, community, key, at }) => {
    if (first !== key) throw new ProtocolError('key.unknown', 'joining is signed by the key that joins')
    if (member !== memberIdOf(community, first))
      throw new ProtocolError('event.invalid', "member: not this key's member id")
    if (view.members.has(member) || view.keys.has(first)) {
      throw new ProtocolError('member.exists', 'this key has a seat already')
    }
    if (invite === undefined) {
      if (view.founding?.charter.join !== 'open') throw notAllowed('this community is joined by invite')
      return `member:${member}`
    }
    const open = view.invites.get(inviteDigest(invite))
    if (open === undefined) throw notAllowed('there is no such invite')
    if (open.left < 1) throw notAllowed('the invite has been used up')
    if (open.expires <= at) throw notAllowed('the invite has expired')
    // One joining an envelope: two could use up an invite's last place together.
    return 'joining'
  },
  'member.role.granted': ({ member, who, role }, { view }) => {
    needOrganiser(view, member)
    if (needMember(view, who).roles.has(role))
      throw new ProtocolError('member.exists', `the member is ${role} already`)
    return `role:${who}:${role}`
  },
  'member.key.added': ({ member, key }, { view }) => {
    needMember(view, member)
    if (view.keys.has(key)) throw new ProtocolError('member.exists', 'the key is in use already')
    return `key:${key}`
  },
  'member.key.revoked': ({ member, key }, { view }) => {
    const state = view.keys.get(key)
    if (state === undefined || state.member !== member)
      throw new ProtocolError('key.unknown', "not one of the member's keys")
    if (state.revoked !== undefined) throw new ProtocolError('key.invalid', 'the key is revoked already')
    let others = 0
    for (const other of view.keys.values())
      if (other.member === member && other.revoked === undefined) others++
    if (others < 2) throw notAllowed('the last key of a member cannot be revoked: add another first')
    // One revocation an envelope: two could take the last key together.
    return `revoke:${member}`
  },
  'member.payout.set': ({ member }, { view }) => {
    needMember(view, member)
    return `payout:${member}`
  },
  'contribution.submitted': ({ member, label, content, addenda }, { view }) => {
    needMember(view, member)
    needLabel(view, label)
    needContent(content, addenda)
    return `content:${content}`
  },
  'import.started': ({ member, file }, { view }) => {
    needOrganiser(view, member)
    if (view.imports.has(file))
      throw new ProtocolError('import.conflict', 'this file has been imported before')
    return `import:${file}`
  },
  'import.author': ({ member, file, author, addenda }, { view, community }) => {
    const state = needImport(view, member, file)
    if (addenda.length !== 1) throw new ProtocolError('event.invalid', 'import.author names one addendum')
    if (author !== unclaimedMemberId(community, file, addenda[0] as Digest)) {
      throw new ProtocolError('event.invalid', "author: not the salted name's id")
    }
    if (state.authors.has(author)) throw new ProtocolError('import.conflict', 'the author was named before')
    return `author:${author}`
  },
  'contribution.imported': ({ member, file, row, label, content, addenda, author }, { view }) => {
    const state = needImport(view, member, file, 'contributions')
    if (row >= state.rows)
      throw new ProtocolError('event.invalid', `row ${row} is beyond the import's ${state.rows} rows`)
    if (author !== undefined && !state.authors.has(author))
      throw new ProtocolError('member.unknown', 'the author was not named')
    needLabel(view, label)
    needContent(content, addenda)
    return `row:${file}:${row}`
  },
  'review.imported': ({ member, file, row, item, worker, label }, { view }) => {
    const state = needImport(view, member, file, 'reviews')
    if (row >= state.rows)
      throw new ProtocolError('event.invalid', `row ${row} is beyond the import's ${state.rows} rows`)
    if (!state.authors.has(worker)) throw new ProtocolError('member.unknown', 'the worker was not named')
    needLabel(view, label)
    needReviewable(view, item, worker)
    return `review:${item}:${worker}`
  },
  'review.submitted': ({ member, round, item, label }, { view }) => {
    if (!needMember(view, member).roles.has('reviewer')) throw notAllowed('only reviewers review')
    if (currentRound(view)?.round !== round)
      throw new ProtocolError('round.bad_state', `round ${round} is not under way`)
    if (label !== undefined) needLabel(view, label)
    const author = needReviewable(view, item, member)
    if (inSubtree(view.members, member, author)) {
      throw new ProtocolError(
        'review.not_allowed',
        'nobody reviews an item of their own or of their invite subtree',
      )
    }
    return `review:${item}:${member}`
  },
  'gold.committed': ({ member, round }, { view }) => {
    needOrganiser(view, member)
    const current = currentRound(view)
    if (current?.round !== round || current.phase !== 'submissions') {
      throw new ProtocolError(
        'round.bad_state',
        `gold of round ${round} is committed before its reviews begin`,
      )
    }
    return 'gold'
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
    if (!current.goldCommitments.has(goldCommitment(community, round, contribution.content, label, salt))) {
      throw new ProtocolError('gold.mismatch', 'the gold answer was not committed before the round')
    }
    return `gold:${item}`
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

function needContent(content: Digest, addenda: readonly Digest[]): void {
  if (addenda.length !== 1 || addenda[0] !== content) {
    throw new ProtocolError('event.invalid', 'a contribution names its content as its only addendum')
  }
}

function needImport(view: View, member: MemberId, file: Digest, holds?: 'contributions' | 'reviews') {
  const state = view.imports.get(file)
  if (state === undefined || state.importer !== member || (holds !== undefined && state.holds !== holds)) {
    throw new ProtocolError('import.conflict', 'the rows belong to no import of this member')
  }
  return state
}

/** @returns the item's author. */
function needReviewable(view: View, item: EventId, reviewer: MemberId): MemberId {
  const round = currentRound(view)
  if (round === undefined || (round.phase !== 'reviews' && round.phase !== 'submissions')) {
    throw new ProtocolError('round.bad_state', 'no round takes reviews now')
  }
  const contribution = view.contributions.get(item)
  if (contribution === undefined) throw new ProtocolError('contribution.unknown', `there is no item ${item}`)
  if (view.reviewed.has(`${item}:${reviewer}`)) {
    throw new ProtocolError('review.duplicate', 'nobody reviews an item twice')
  }
  return contribution.author
}

const notAllowed = (reason: string): ProtocolError => new ProtocolError('member.not_allowed', reason)
