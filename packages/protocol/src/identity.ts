/** Ids and commitments that events derive from other values (docs/spec/encoding.md, 2). */
import { fromHex } from './bytes.ts'
import { taggedHash } from './hash.ts'
import { type Digest, type EventId, type KeyId, type MemberId, memberId } from './units.ts'

/** A member is named by the community and the first key: known before joining, and kept through changes of keys. */
export const memberIdOf = (community: EventId, firstKey: KeyId): MemberId =>
  memberId(taggedHash('member', fromHex(community), firstKey))

/** A person named by an import who has no key yet; `name` is the digest of the salted name's addendum. */
export const unclaimedMemberId = (community: EventId, file: Digest, name: Digest): MemberId =>
  memberId(taggedHash('unclaimed', fromHex(community), fromHex(file), fromHex(name)))

/** What `member.invited` publishes of an invite's secret. */
export const inviteDigest = (secret: string): Digest => taggedHash('invite', secret)

/** Binds a gold question's answer before the round: the content is known to the organiser, the item's id not yet. */
export const goldCommitment = (
  community: EventId,
  round: number,
  content: Digest,
  label: string,
  salt: string,
): Digest => taggedHash('gold', fromHex(community), String(round), fromHex(content), label, salt)

/**
 * The link after `link` in the hash chain of a round's draws. A node commits to the last link when it opens the round and
 * reveals one before it with every draw, so that no member who writes last knows what the draw will be.
 */
export const nextLink = (link: Digest): Digest => taggedHash('lot-link', fromHex(link))

/**
 * Seed of a draw. `history` covers every payload in the log so far, and nothing that the sequencer alone chooses (the
 * time stamps), so that it cannot be ground by stamping the same events anew.
 */
export const drawSeed = (purpose: string, community: EventId, round: number, history: Digest): Digest =>
  taggedHash('seed', purpose, fromHex(community), String(round), fromHex(history))
