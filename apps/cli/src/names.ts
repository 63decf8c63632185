/** What people are called here: handles of the keys in this home, and names that imports gave. */
import { type Community, memberOf, memberSigner } from '@commonhold/node'
import { addendumText, type Digest, decodeEntry, type MemberId, ProtocolError } from '@commonhold/protocol'
import { oneLine } from './printable.ts'

const PREFIX = 'member.'

const HANDLE = /^[a-z0-9][a-z0-9._-]{0,62}$/

/** @throws {ProtocolError} `usage.invalid` unless `handle` can name the files of a member's keys. */
export function checkHandle(handle: string): void {
  if (!HANDLE.test(handle)) {
    throw new ProtocolError(
      'usage.invalid',
      `"${handle}" cannot be a handle: use a-z, 0-9, dot, dash and underscore`,
    )
  }
}

/** Members whose keys lie in this home, by member id. */
export function localHandles(community: Community): ReadonlyMap<MemberId, string> {
  const handles = new Map<MemberId, string>()
  for (const name of community.keys.names()) {
    if (!name.startsWith(PREFIX)) continue
    const handle = name.slice(PREFIX.length)
    const member = memberOf(community.view, memberSigner(community, handle))
    if (community.view.members.has(member)) handles.set(member, handle)
  }
  return handles
}

/** Handles, and the salted names of people without a key that imports brought, as far as they are not erased. Printable. */
export async function allNames(community: Community): Promise<ReadonlyMap<MemberId, string>> {
  const names = new Map(localHandles(community))
  if (community.view.imports.size === 0) return names
  const digests = new Map<Digest, MemberId>()
  for await (const { bytes } of community.store.log.read(0)) {
    for (const event of decodeEntry(bytes).events) {
      if (event.type === 'import.author') digests.set(event.addenda[0] as Digest, event.author)
    }
  }
  const texts = await community.store.addenda.get(Array.from(digests.keys()))
  for (const [digest, bytes] of texts)
    names.set(digests.get(digest) as MemberId, oneLine(addendumText(bytes)))
  return names
}

/**
 * Finds a member by handle, imported name or the beginning of an id.
 *
 * @throws {ProtocolError} `member.unknown` for nobody, or for a beginning that several share.
 */
export async function findMember(
  community: Community,
  text: string,
): Promise<{ id: MemberId; name: string }> {
  const names = await allNames(community)
  for (const [id, name] of names) if (name === text) return { id, name }
  const ids = new Set<MemberId>([...community.view.members.keys(), ...names.keys()])
  const found = /^[0-9a-f]{6,64}$/.test(text) ? Array.from(ids).filter((id) => id.startsWith(text)) : []
  const [id] = found
  if (id === undefined)
    throw new ProtocolError('member.unknown', `nobody here is called "${text}"; see commonhold status`)
  if (found.length > 1)
    throw new ProtocolError(
      'member.unknown',
      `${found.length} members' ids begin with ${text}: give more of it`,
    )
  return { id, name: names.get(id) ?? id.slice(0, 8) }
}

/** The member and every imported author's seat that the member sits on: whose earnings are one person's. */
export const idsOf = ({ view }: Community, member: MemberId): ReadonlySet<MemberId> =>
  new Set([member, ...Array.from(view.seats).flatMap(([author, who]) => (who === member ? [author] : []))])

/** Paid on chain so far, in all. */
export function paidTo({ view }: Community, ids: ReadonlySet<MemberId>): bigint {
  let paid = 0n
  for (const id of ids) paid += view.claims.get(id)?.money ?? 0n
  return paid
}

/**
 * The person whom an import named and nobody has taken the seat of.
 *
 * @throws {ProtocolError} `member.unknown` for no such name, or for several of it.
 */
export async function findUnclaimed(community: Community, name: string): Promise<MemberId> {
  const { members, seats } = community.view
  const found = Array.from(await allNames(community)).filter(
    ([id, called]) => called === name && !members.has(id) && !seats.has(id),
  )
  const [only] = found
  if (only === undefined)
    throw new ProtocolError('member.unknown', `no import named "${name}", or the seat is taken`)
  if (found.length > 1)
    throw new ProtocolError(
      'member.unknown',
      `${found.length} imports named "${name}": their seats cannot be told apart`,
    )
  return only[0]
}
