// A real community for the commands that import: PostgreSQL in a temporary home, one organiser, three labels.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DEFAULT_RECIPE } from '@commonhold/learning'
import { Community, foundCommunity, memberSigner, writeHome } from '@commonhold/node'
import { DEFAULT_CHARTER, textAddendum, toHex, unixMillis, type View } from '@commonhold/protocol'

export const LABELS = ['heat', 'keys', 'noise'] as const
export const FOUNDER = 'ada'

export const openHome = (folder: string): Promise<Community> =>
  Community.open({ folder, command: 'test', clock: () => unixMillis(Date.now()) })

export async function createHome(parent: string): Promise<string> {
  const folder = join(parent, 'home')
  writeHome(folder, { format: 1, origin: 'import.example/log', chainId: 31_339 })
  await using community = await openHome(folder)
  await foundCommunity(community, {
    charter: { ...DEFAULT_CHARTER, labels: LABELS, recipe: DEFAULT_RECIPE },
    founder: memberSigner(community, FOUNDER),
    nonce: toHex(randomBytes(16)),
    text: textAddendum(randomBytes(16), '{"name":"Import"}'),
  })
  return folder
}

/** What the view holds while nobody else has the home. */
export async function look<T>(
  folder: string,
  at: (view: View, community: Community) => T,
): Promise<Awaited<T>> {
  await using community = await openHome(folder)
  return await at(community.view, community)
}
