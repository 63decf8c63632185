/** Members by their keys, and what a member signs. */
import { type P256Signer, p256Signer } from '@commonhold/keys'
import { type EventId, type MemberEvent, type MemberId, memberIdOf, type View } from '@commonhold/protocol'
import type { Community } from './community.ts'

/** The member whose key this is, by the key's seat in the log, else the seat that it would get by joining. */
export function memberOf(view: View, signer: P256Signer): MemberId {
  const seat = view.keys.get(signer.key)
  if (seat !== undefined) return seat.member
  if (view.community === undefined) throw new Error('the community is not founded')
  return memberIdOf(view.community, signer.key)
}

/** Names of key files: one per person and purpose. */
export const memberKeyName = (handle: string): string => `member.${handle}`
export const payoutKeyName = (handle: string): string => `payout.${handle}`

export const memberSigner = (community: Community, handle: string): P256Signer =>
  p256Signer(community.keys.ensure(memberKeyName(handle)), community.deterministic)

/** Fields that every member's event has. */
type Framing = 'v' | 'community' | 'member'
export type MemberDraft = MemberEvent extends infer E
  ? E extends MemberEvent
    ? Omit<E, Framing>
    : never
  : never

/** The event of the member whose key `signer` is. */
export const memberEvent = (view: View, signer: P256Signer, draft: MemberDraft): MemberEvent =>
  ({ v: 1, community: view.community as EventId, member: memberOf(view, signer), ...draft }) as MemberEvent
