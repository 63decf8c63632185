/** Founding a community: its home, its founder, its charter and the contracts that hold its money. */
import { type P256Signer, p256Signer } from '@commonhold/keys'
import {
  type Addendum,
  type Charter,
  type EventOf,
  type MemberId,
  memberIdOf,
  type View,
} from '@commonhold/protocol'
import type { Community } from './community.ts'
import { sealEnvelope } from './envelope.ts'
import { RULES_VERSION, rulesDigest } from './rules.ts'

export type Founding = {
  readonly charter: Charter
  readonly founder: P256Signer
  /** 32 hex digits. */
  readonly nonce: string
  /** The charter's human text: name and purpose. */
  readonly text: Addendum
}

/** Writes `community.founded` unless the log has it. */
export async function foundCommunity(community: Community, founding: Founding): Promise<MemberId> {
  const { founder, charter, nonce, text } = founding
  if (community.view.community === undefined) {
    const event: EventOf<'community.founded'> = {
      v: 1,
      type: 'community.founded',
      nonce,
      founder: founder.key,
      node: community.nodeKey.key,
      log: {
        origin: community.home.origin,
        ed25519: community.log.vkeys.ed25519Vkey,
        p256: community.log.vkeys.p256Vkey,
      },
      rules: { version: RULES_VERSION, digest: rulesDigest() },
      charter,
      addenda: [text.digest],
    }
    await community.submit([sealEnvelope(founder, [{ event, addenda: [text] }])])
  }
  return memberOf(community.view, founder)
}

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
