/** A real community for the benchmarks that need one: the product's own founding, with a founder and open doors. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { P256Signer } from '@commonhold/keys'
import { DEFAULT_RECIPE } from '@commonhold/learning'
import {
  Community,
  type Draft,
  foundCommunity,
  type Import,
  type ImportedRow,
  importContributions,
  memberOf,
  memberSigner,
  sealAll,
  sealEnvelope,
  writeHome,
} from '@commonhold/node'
import {
  type Charter,
  DEFAULT_CHARTER,
  type EventId,
  type EventOf,
  type MemberId,
  textAddendum,
  unixMillis,
} from '@commonhold/protocol'

export const LABELS = ['east', 'north', 'south', 'west'] as const

const CHARTER: Charter = {
  ...DEFAULT_CHARTER,
  labels: LABELS,
  recipe: DEFAULT_RECIPE,
  imported: 'accepted',
  activationDelaySeconds: 0,
}

export type Founded = AsyncDisposable & { readonly community: Community; readonly founder: P256Signer }

/** @param databaseUrl else the community starts a server of its own. */
export async function foundIn(folder: string, databaseUrl?: string): Promise<Founded> {
  const home = join(folder, 'home')
  writeHome(home, { format: 1, origin: 'bench.example/log', chainId: 31_337 })
  const community = await Community.open({
    folder: home,
    command: 'benchmark',
    databaseUrl,
    clock: () => unixMillis(Date.now()),
  })
  try {
    const founder = memberSigner(community, 'founder')
    const text = textAddendum(randomBytes(16), '{"name":"Benchmark"}')
    await foundCommunity(community, { charter: CHARTER, founder, nonce: nonce(), text })
    return { community, founder, [Symbol.asyncDispose]: () => community.close() }
  } catch (error) {
    await community.close()
    throw error
  }
}

export const nonce = (): string => randomBytes(16).toString('hex')

export async function joinMembers({ community }: Founded, count: number): Promise<readonly P256Signer[]> {
  const signers = Array.from({ length: count }, (_, i) => memberSigner(community, `m${i}`))
  for (const signer of signers) {
    const event: EventOf<'member.joined'> = {
      ...baseOf(community, signer),
      type: 'member.joined',
      key: signer.key,
    }
    await community.submit(sealAll(signer, [{ event }]))
  }
  return signers
}

type Base = {
  readonly v: 1
  readonly community: EventId
  readonly member: MemberId
  readonly nonce: string
}

export const baseOf = ({ view }: Community, signer: P256Signer): Base => ({
  v: 1,
  community: view.community as EventId,
  member: memberOf(view, signer),
  nonce: nonce(),
})

export function contribution(community: Community, signer: P256Signer, text: string, label: string): Draft {
  const content = textAddendum(randomBytes(16), text)
  const event: EventOf<'contribution.submitted'> = {
    ...baseOf(community, signer),
    type: 'contribution.submitted',
    label,
    content: content.digest,
    addenda: [content.digest],
  }
  return { event, addenda: [content] }
}

/** Rows that are signed and submitted together. */
const AT_ONCE = 1_024

/**
 * As importContributions, but with a signature for each row: for measuring what signatures cost. Its beginning and a first
 * row of each author come as always, in full envelopes.
 */
export async function importSingly(of: Import, rows: readonly ImportedRow[]): Promise<void> {
  const { community, signer, file } = of
  const names = new Set(rows.map(({ author }) => author))
  await importContributions(of, rows.slice(0, names.size))
  const ids = Array.from(community.view.imports.get(file)?.authors ?? [])
  const seats = new Map(Array.from(names, (name, i) => [name, ids[i] as MemberId]))
  for (let from = names.size; from < rows.length; from += AT_ONCE) {
    const drafts = rows.slice(from, from + AT_ONCE).map(({ row, text, label, author }): Draft => {
      const content = textAddendum(randomBytes(16), text)
      const event: EventOf<'contribution.imported'> = {
        ...baseOf(community, signer),
        type: 'contribution.imported',
        file,
        row,
        label,
        content: content.digest,
        addenda: [content.digest],
        author: seats.get(author) as MemberId,
      }
      return { event, addenda: [content] }
    })
    await community.submit(drafts.map((draft) => sealEnvelope(signer, [draft])))
  }
}
