/** Giving a member of this home a seat, an address to be paid at, and a role. Each step is skipped where it is done. */
import { randomBytes } from 'node:crypto'
import type { P256Signer } from '@commonhold/keys'
import {
  type Community,
  type MemberDraft,
  memberEvent,
  memberOf,
  memberSigner,
  payoutKeyName,
  sealEnvelope,
} from '@commonhold/node'
import {
  inviteDigest,
  type MemberId,
  organisersOf,
  ProtocolError,
  toHex,
  unixMillis,
} from '@commonhold/protocol'
import { privateKeyToAccount } from 'viem/accounts'
import { localHandles } from './names.ts'

export type Enrolment = { readonly member: MemberId; readonly payTo: string }

const nonce = (): string => toHex(randomBytes(16))

/** @param invite the secret of an invite, where the community is joined by invite. */
export async function enrol(community: Community, handle: string, invite?: string): Promise<Enrolment> {
  const signer = memberSigner(community, handle)
  const member = memberOf(community.view, signer)
  if (!community.view.members.has(member)) {
    const joining = invite === undefined ? {} : { invite }
    await submitOne(community, signer, { type: 'member.joined', nonce: nonce(), key: signer.key, ...joining })
  }
  // The key that receives the money is the member's, made and kept on the member's side.
  const secret = community.keys.ensure(payoutKeyName(handle))
  const payTo = privateKeyToAccount(`0x${toHex(secret)}`).address.toLowerCase()
  if (community.view.members.get(member)?.payTo.at(-1)?.address !== payTo)
    await submitOne(community, signer, { type: 'member.payout.set', nonce: nonce(), address: payTo })
  return { member, payTo }
}

/** An organiser whose key lies in this home. @throws {ProtocolError} `member.not_allowed` when there is none. */
function localOrganiser(community: Community): P256Signer {
  const handles = localHandles(community)
  for (const member of organisersOf(community.view)) {
    const handle = handles.get(member)
    if (handle !== undefined) return memberSigner(community, handle)
  }
  throw new ProtocolError(
    'member.not_allowed',
    "no organiser's key lies in this home: this is done where it does",
  )
}

/** Invites one person, in the organiser's name. @returns the secret to pass on. */
export async function inviteOne(community: Community, expires: number): Promise<string> {
  const secret = nonce()
  await submitOne(community, localOrganiser(community), {
    type: 'member.invited',
    nonce: nonce(),
    invite: inviteDigest(secret),
    count: 1,
    expires: unixMillis(expires),
  })
  return secret
}

export async function grantReviewer(community: Community, who: MemberId): Promise<void> {
  if (community.view.members.get(who)?.roles.has('reviewer') === true) return
  const draft = { type: 'member.role.granted', nonce: nonce(), who, role: 'reviewer' } as const
  await submitOne(community, localOrganiser(community), draft)
}

/** The organiser attests that `who` is the person whom an import named `author`. */
export async function grantSeat(community: Community, author: MemberId, who: MemberId): Promise<void> {
  for (const [file, { authors }] of community.view.imports) {
    if (!authors.has(author)) continue
    const draft = { type: 'member.seat.granted', nonce: nonce(), file, author, who } as const
    await submitOne(community, localOrganiser(community), draft)
    return
  }
}

async function submitOne(community: Community, signer: P256Signer, draft: MemberDraft): Promise<void> {
  const event = memberEvent(community.view, signer, draft)
  await community.submit([sealEnvelope(signer, [{ event }])])
}
