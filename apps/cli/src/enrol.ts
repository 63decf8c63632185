/** Giving a member of this home a seat, an address to be paid at, and a role. Each step is skipped where it is done. */
import { randomBytes } from 'node:crypto'
import { type Community, memberOf, memberSigner, payoutKeyName, sealEnvelope } from '@commonhold/node'
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
  const common = {
    v: 1,
    community: community.view.community as NonNullable<typeof community.view.community>,
    member,
  } as const
  if (!community.view.members.has(member)) {
    const event = {
      ...common,
      type: 'member.joined',
      nonce: nonce(),
      key: signer.key,
      ...(invite === undefined ? {} : { invite }),
    } as const
    await community.submit([sealEnvelope(signer, [{ event }])])
  }
  // The key that receives the money is the member's, made and kept on the member's side.
  const secret = community.keys.ensure(payoutKeyName(handle))
  const payTo = privateKeyToAccount(`0x${toHex(secret)}`).address.toLowerCase()
  if (community.view.members.get(member)?.payTo.at(-1)?.address !== payTo) {
    const event = { ...common, type: 'member.payout.set', nonce: nonce(), address: payTo } as const
    await community.submit([sealEnvelope(signer, [{ event }])])
  }
  return { member, payTo }
}

/** An organiser whose key lies in this home. @throws {ProtocolError} `member.not_allowed` when there is none. */
export function localOrganiser(community: Community): { readonly handle: string; readonly member: MemberId } {
  const handles = localHandles(community)
  for (const member of organisersOf(community.view)) {
    const handle = handles.get(member)
    if (handle !== undefined) return { handle, member }
  }
  throw new ProtocolError(
    'member.not_allowed',
    "no organiser's key lies in this home: this is done where it does",
  )
}

/** Invites one person, in the organiser's name. @returns the secret to pass on. */
export async function inviteOne(community: Community, expires: number): Promise<string> {
  const { handle, member } = localOrganiser(community)
  const secret = nonce()
  const event = {
    v: 1,
    community: community.view.community as NonNullable<typeof community.view.community>,
    member,
    type: 'member.invited',
    nonce: nonce(),
    invite: inviteDigest(secret),
    count: 1,
    expires: unixMillis(expires),
  } as const
  await community.submit([sealEnvelope(memberSigner(community, handle), [{ event }])])
  return secret
}

export async function grantReviewer(community: Community, who: MemberId): Promise<void> {
  if (community.view.members.get(who)?.roles.has('reviewer') === true) return
  const { handle, member } = localOrganiser(community)
  const event = {
    v: 1,
    community: community.view.community as NonNullable<typeof community.view.community>,
    member,
    type: 'member.role.granted',
    nonce: nonce(),
    who,
    role: 'reviewer',
  } as const
  await community.submit([sealEnvelope(memberSigner(community, handle), [{ event }])])
}
