/** Founding a community: its home, its founder, its charter and the contracts that hold its money. */
import type { P256Signer } from '@commonhold/keys'
import type { Addendum, Charter, EventOf, MemberId } from '@commonhold/protocol'
import type { Community } from './community.ts'
import { sealEnvelope } from './envelope.ts'
import { memberOf } from './members.ts'
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
