/** The fold: what an admitted entry changes. Total: what is in the log happened. */
import { fromHex } from './bytes.ts'
import type { Entry } from './envelope.ts'
import type { CommunityEvent, EventOf, EventType } from './events.ts'
import { taggedHash } from './hash.ts'
import { inviteDigest, memberIdOf } from './identity.ts'
import {
  type Digest,
  digest,
  type EventId,
  type KeyId,
  type MemberId,
  type UnixMillis,
  unixMillis,
} from './units.ts'
import {
  type Address,
  type Contribution,
  type Member,
  nonceOf,
  type PayTo,
  type Review,
  type Role,
  type Round,
  submissionRound,
  type View,
  type Wave,
} from './view.ts'

type Mutable<T> = {
  -readonly [K in keyof T]: T[K] extends ReadonlyMap<infer A, infer B>
    ? Map<A, B>
    : T[K] extends ReadonlySet<infer A>
      ? Set<A>
      : T[K] extends readonly (infer A)[]
        ? A[]
        : T[K]
}
export type MutableView = Mutable<View>

export const createView = (): MutableView => ({
  size: 0,
  events: 0,
  at: unixMillis(0),
  history: digest('0'.repeat(64)),
  community: undefined,
  founding: undefined,
  rules: undefined,
  chain: undefined,
  members: new Map(),
  keys: new Map(),
  invites: new Map(),
  nonces: new Map(),
  imports: new Map(),
  seats: new Map(),
  contributions: new Map(),
  contents: new Set(),
  reviewed: new Set(),
  rounds: [],
  claims: new Map(),
})

type Context = {
  readonly view: MutableView
  readonly address: Address
  readonly id: EventId
  readonly at: UnixMillis
}
type Appliers = { readonly [T in EventType]: (event: EventOf<T>, context: Context) => void }

/** Adds the entry at index `view.size`. Cost: constant for each event. */
export function apply(view: MutableView, entry: Entry): void {
  for (const [position, event] of entry.events.entries()) {
    const id = entry.ids[position] as EventId
    const address = { index: view.size, position }
    applyEvent(event, { view, address, id, at: entry.at })
    const nonce = nonceOf(event, entry.key)
    if (nonce !== undefined) view.nonces.set(nonce, { ...address, id })
    view.history = nextHistory(view, id)
    view.events++
  }
  view.at = entry.at
  view.size++
}

function applyEvent(event: CommunityEvent, context: Context): void {
  ;(APPLIERS[event.type] as (event: CommunityEvent, context: Context) => void)(event, context)
}

const APPLIERS: Appliers = {
  'community.founded': (event, { view, address, id }) => {
    view.community = id
    view.founding = event
    view.rules = event.rules
    addMember(view, memberIdOf(id, event.founder), event.founder, address, undefined, [
      'organiser',
      'reviewer',
    ])
  },
  'chain.bound': (event, { view }) => {
    view.chain = event
  },
  'member.invited': (event, { view }) => {
    view.invites.set(event.invite, { inviter: event.member, left: event.count, expires: event.expires })
  },
  'member.joined': (event, { view, address }) => {
    const secret = event.invite === undefined ? undefined : inviteDigest(event.invite)
    const invite = secret === undefined ? undefined : view.invites.get(secret)
    if (secret !== undefined && invite !== undefined)
      view.invites.set(secret, { ...invite, left: invite.left - 1 })
    addMember(view, event.member, event.key, address, invite?.inviter, [])
  },
  'member.role.granted': (event, { view, address }) => {
    ;(view.members.get(event.who)?.roles as Map<Role, number> | undefined)?.set(event.role, address.index)
  },
  'member.seat.granted': (event, { view }) => {
    view.seats.set(event.author, event.who)
  },
  'member.key.added': (event, { view, address }) => {
    addKey(view, event.member, event.key, address.index)
  },
  'member.key.revoked': (event, { view, address }) => {
    const state = view.keys.get(event.key)
    if (state === undefined) return
    view.keys.set(event.key, { ...state, revoked: address.index })
    ;(view.members.get(state.member)?.keys as Set<KeyId> | undefined)?.delete(event.key)
  },
  'member.payout.set': (event, { view, at }) => {
    const payTo = view.members.get(event.member)?.payTo as PayTo[] | undefined
    if (payTo === undefined) return
    // A later change takes the place of one that waits: so the owner can call a thief's change off.
    if ((payTo.at(-1)?.effective ?? 0) > at) payTo.pop()
    // The first address has none to protect, so it holds at once; a change waits.
    const delay = payTo.length === 0 ? 0 : (view.founding?.charter.payToDelayMs ?? 0)
    payTo.push({ address: event.address, effective: unixMillis(at + delay) })
  },
  'contribution.submitted': (event, { view, address, id }) => {
    addContribution(view, id, address, event, event.member, undefined)
  },
  'import.started': (event, { view }) => {
    view.imports.set(event.file, {
      importer: event.member,
      rows: event.rows,
      holds: event.holds,
      authors: new Set(),
      taken: new Set(),
    })
  },
  'import.author': (event, { view }) => {
    ;(view.imports.get(event.file)?.authors as Set<MemberId> | undefined)?.add(event.author)
  },
  'contribution.imported': (event, { view, address, id }) => {
    addContribution(view, id, address, event, event.author ?? event.member, event.member)
    takeRow(view, event)
  },
  'review.imported': (event, { view, address, id }) => {
    addReview(view, {
      id,
      index: address.index,
      item: event.item,
      reviewer: event.worker,
      label: event.label,
      imported: true,
    })
    takeRow(view, event)
  },
  'review.submitted': (event, { view, address, id }) => {
    addReview(view, {
      id,
      index: address.index,
      item: event.item,
      reviewer: event.member,
      label: event.label,
      imported: false,
    })
  },
  'gold.committed': (event, { view, address }) => {
    const commitments = roundOf(view, event.round)?.goldCommitments as Map<Digest, number> | undefined
    for (const commitment of event.commitments) {
      // The first counts: nobody can make another's commitment later by repeating it.
      if (commitments?.has(commitment) === false) commitments.set(commitment, address.index)
    }
  },
  'gold.revealed': (event, { view }) => {
    ;(roundOf(view, event.round)?.gold as Map<EventId, string> | undefined)?.set(event.item, event.label)
  },
  'rules.adopted': (event, { view }) => {
    view.rules = event.rules
  },
  'round.opened': (event, { view, address }) => {
    view.rounds.push({
      round: event.round,
      phase: 'submissions',
      opened: address.index,
      quotas: new Map(event.quotas.map(({ label, quota }) => [label, quota])),
      lot: event.lot,
      waves: [],
      reviews: [],
      goldCommitments: new Map(),
      gold: new Map(),
      reviewsClosed: undefined,
      reviewsClosedAt: undefined,
      history: undefined,
      closed: undefined,
      posted: undefined,
    })
  },
  'round.wave.opened': (event, { view, address, id }) => {
    const waves = roundOf(view, event.round)?.waves as Wave[] | undefined
    waves?.push({ index: address.index, history: nextHistory(view, id) })
    changeRound(view, event.round, { phase: 'reviews', lot: event.link })
  },
  'round.reviews.closed': (event, { view, address, id, at }) => {
    changeRound(view, event.round, {
      phase: 'closing',
      reviewsClosed: address.index,
      reviewsClosedAt: at,
      history: nextHistory(view, id),
      lot: event.link,
    })
  },
  'round.closed': (event, { view }) => {
    changeRound(view, event.round, { phase: 'closed', closed: event })
  },
  'payout.posted': (event, { view }) => {
    changeRound(view, event.round, { posted: event })
  },
  'payout.claimed': (event, { view }) => {
    view.claims.set(event.who, { money: BigInt(event.money), shares: BigInt(event.shares) })
  },
}

/** Digest over every payload up to and with `id`. */
const nextHistory = (view: View, id: EventId): Digest =>
  taggedHash('history', fromHex(view.history), fromHex(id))

const roundOf = (view: View, round: number): Round | undefined => view.rounds[round - 1]

function changeRound(view: MutableView, round: number, change: Partial<Round>): void {
  const state = roundOf(view, round)
  if (state !== undefined) Object.assign(state, change)
}

function addMember(
  view: MutableView,
  id: MemberId,
  key: KeyId,
  joined: Address,
  inviter: MemberId | undefined,
  roles: readonly Role[],
): void {
  // Also in a log that nobody should have admitted, invites stay a forest: one seat an id, under an earlier one.
  if (view.members.has(id)) return
  const above = inviter !== undefined && view.members.has(inviter) ? inviter : undefined
  const granted = new Map(roles.map((role) => [role, joined.index]))
  const member: Member = { id, joined, inviter: above, roles: granted, keys: new Set(), payTo: [] }
  view.members.set(id, member)
  addKey(view, id, key, joined.index)
}

function addKey(view: MutableView, id: MemberId, key: KeyId, from: number): void {
  view.keys.set(key, { member: id, from, revoked: undefined })
  ;(view.members.get(id)?.keys as Set<KeyId> | undefined)?.add(key)
}

function addContribution(
  view: MutableView,
  id: EventId,
  address: Address,
  event: { readonly label: string; readonly content: Digest; readonly lang?: string | undefined },
  author: MemberId,
  importer: MemberId | undefined,
): void {
  const { label, content, lang } = event
  const contribution: Contribution = {
    id,
    address,
    round: submissionRound(view),
    author,
    label,
    content,
    lang,
    importer,
  }
  view.contributions.set(id, contribution)
  view.contents.add(content)
}

function addReview(view: MutableView, review: Review): void {
  const round = view.rounds[view.rounds.length - 1]
  ;(round?.reviews as Review[] | undefined)?.push(review)
  view.reviewed.add(`${review.item}:${review.reviewer}`)
}

function takeRow(view: MutableView, { file, row }: { readonly file: Digest; readonly row: number }): void {
  ;(view.imports.get(file)?.taken as Set<number> | undefined)?.add(row)
}
