/**
 * The view: a fold over the whole log (docs/spec/events.md, 1). The sequencer decides with it and an auditor replays with
 * it; it is the same code. Consumers see it read-only; only `apply` changes it, in place (copying a collection for each
 * event makes a replay quadratic).
 */
import type { CommunityEvent, EventOf } from './events.ts'
import type { Digest, EventId, KeyId, MemberId, UnixMillis } from './units.ts'

export type Role = 'reviewer' | 'organiser'

export type Address = { readonly index: number; readonly position: number }

export type PayTo = { readonly address: string; readonly effective: UnixMillis }

export type Member = {
  readonly id: MemberId
  readonly joined: Address
  /** Who made the invite with which this member came, if any: the edges of the invite tree. */
  readonly inviter: MemberId | undefined
  /** With the log index at which each was granted. */
  readonly roles: ReadonlyMap<Role, number>
  /** Keys that may act for the member: never none. */
  readonly keys: ReadonlySet<KeyId>
  /** The address in force, and a change that still waits, if any; earlier ones stand before them. */
  readonly payTo: readonly PayTo[]
}

export type KeyState = {
  readonly member: MemberId
  readonly from: number
  /** Log index at which the key stopped being valid. */
  readonly revoked: number | undefined
}

export type Invite = { readonly inviter: MemberId; readonly left: number; readonly expires: UnixMillis }

export type Contribution = {
  readonly id: EventId
  readonly address: Address
  /** The round that counts it: the one open for submissions when it was admitted. */
  readonly round: number
  /** A member, or for an imported item the unclaimed author, else the importer. */
  readonly author: MemberId
  readonly label: string
  readonly content: Digest
  readonly lang: string | undefined
  /** Set on imported items: the member who vouches for them. */
  readonly importer: MemberId | undefined
}

export type Review = {
  readonly id: EventId
  readonly index: number
  readonly item: EventId
  readonly reviewer: MemberId
  /** Undefined: "not sure". */
  readonly label: string | undefined
  /** Reviews of an import are attested by the importer, not drawn by lot. */
  readonly imported: boolean
}

export type RoundPhase = 'submissions' | 'reviews' | 'closing' | 'closed'

export type Wave = {
  readonly index: number
  /** Digest over every payload up to the wave, its own revealed link included: the draw's source. */
  readonly history: Digest
}

export type Round = {
  readonly round: number
  readonly phase: RoundPhase
  readonly opened: number
  readonly quotas: ReadonlyMap<string, number>
  /** The link revealed last, at first the one committed to; undefined where the node committed to none. */
  readonly lot: Digest | undefined
  readonly waves: readonly Wave[]
  readonly reviews: readonly Review[]
  /** With the log index of each: gold must be committed before its item is in the log. */
  readonly goldCommitments: ReadonlyMap<Digest, number>
  readonly gold: ReadonlyMap<EventId, string>
  /** Log index of `round.reviews.closed`. */
  readonly reviewsClosed: number | undefined
  /** When the node wrote it. */
  readonly reviewsClosedAt: UnixMillis | undefined
  /** History up to it, its revealed link included: the source of the hold-out's and the tie-breaking draws. */
  readonly history: Digest | undefined
  readonly closed: EventOf<'round.closed'> | undefined
  readonly posted: EventOf<'payout.posted'> | undefined
}

export type ImportState = {
  readonly importer: MemberId
  readonly rows: number
  readonly holds: 'contributions' | 'reviews'
  readonly authors: ReadonlySet<MemberId>
  /** Numbers of the rows that are in the log. */
  readonly taken: ReadonlySet<number>
}

export type View = {
  readonly size: number
  readonly events: number
  readonly at: UnixMillis
  /** Digest over every payload so far: `taggedHash('history', previous, id)`. */
  readonly history: Digest
  readonly community: EventId | undefined
  readonly founding: EventOf<'community.founded'> | undefined
  /** In force: the founding's, or those adopted last. */
  readonly rules: EventOf<'community.founded'>['rules'] | undefined
  readonly chain: EventOf<'chain.bound'> | undefined
  readonly members: ReadonlyMap<MemberId, Member>
  readonly keys: ReadonlyMap<KeyId, KeyState>
  readonly invites: ReadonlyMap<Digest, Invite>
  /** By `nonceOf`: a member's keys share their nonces, so that no payload stands in the log twice. */
  readonly nonces: ReadonlyMap<string, Address & { readonly id: EventId }>
  readonly imports: ReadonlyMap<Digest, ImportState>
  /** By unclaimed author: the member whom an organiser attested to be that person. */
  readonly seats: ReadonlyMap<MemberId, MemberId>
  /** In log order. */
  readonly contributions: ReadonlyMap<EventId, Contribution>
  /** Contents of all contributions: salted, so that the same digest twice is a copy. */
  readonly contents: ReadonlySet<Digest>
  /** `item:reviewer` of every review. */
  readonly reviewed: ReadonlySet<string>
  readonly rounds: readonly Round[]
  readonly claims: ReadonlyMap<MemberId, { readonly money: bigint; readonly shares: bigint }>
}

/** Under which a payload's nonce is unique: its member's, or for the founding event its key's. */
export const nonceOf = (event: CommunityEvent, key: KeyId): string | undefined =>
  'nonce' in event ? `${'member' in event ? event.member : key}:${event.nonce}` : undefined

export const organisersOf = (view: View): readonly MemberId[] =>
  Array.from(view.members.values(), (member) =>
    member.roles.has('organiser') ? member.id : undefined,
  ).filter((id) => id !== undefined)

export const currentRound = (view: View): Round | undefined => view.rounds[view.rounds.length - 1]

/** The round to which a contribution admitted now belongs: the open one, or else the next. */
export function submissionRound(view: View): number {
  const last = currentRound(view)
  if (last === undefined) return 1
  return last.phase === 'submissions' ? last.round : last.round + 1
}

/** The address to which `member` is paid at time `at`, once a change's delay has passed. */
export function payToAt(member: Member, at: UnixMillis): string | undefined {
  let address: string | undefined
  for (const change of member.payTo) if (change.effective <= at) address = change.address
  return address
}

/** The member who sits on an imported author's seat; anybody else is themselves. */
export const seatOf = ({ seats }: Pick<View, 'seats'>, id: MemberId): MemberId => seats.get(id) ?? id

/** Whether one of two members is the other or invited the other, over any number of steps: whose gains are one. */
export const areRelated = (members: ReadonlyMap<MemberId, Member>, a: MemberId, b: MemberId): boolean =>
  isInSubtree(members, a, b) || isInSubtree(members, b, a)

/**
 * Whether `reviewer` may judge an item of `author`: never their own or a related member's. An organiser's items are the
 * exception for those whom the organiser invited: where one founder invited everybody, nobody could answer gold otherwise.
 */
export function mayReview(
  members: ReadonlyMap<MemberId, Member>,
  reviewer: MemberId,
  author: MemberId,
): boolean {
  if (isInSubtree(members, reviewer, author)) return false
  return members.get(author)?.roles.has('organiser') === true || !isInSubtree(members, author, reviewer)
}

/** True when `below` is `above` itself or came by an invite of somebody in its subtree. */
function isInSubtree(members: ReadonlyMap<MemberId, Member>, above: MemberId, below: MemberId): boolean {
  // Invites form a forest: the inviter joined earlier, so the walk ends.
  for (let at: MemberId | undefined = below; at !== undefined; at = members.get(at)?.inviter) {
    if (at === above) return true
  }
  return false
}
