/** Opens the community that a command works on. */
import { type ChainSide, Community, openChainSide, readHome } from '@commonhold/node'
import { type UnixMillis, unixMillis, type View } from '@commonhold/protocol'
import { clockWarning } from './clock-warning.ts'
import type { Context } from './command.ts'
import { demoClock } from './demo/clock.ts'
import { environment } from './environment.ts'

export type Opened = AsyncDisposable & { readonly community: Community; readonly chain: ChainSide }

/** Another command on the same home usually ends soon. */
const WAIT_MS = 5_000

const wallClock = (): UnixMillis => unixMillis(Date.now())

/** @throws {ProtocolError} `home.missing`, `home.busy`, `home.unusable`, `store.unavailable`. */
export async function openCommunity(
  { home, signal, output }: Pick<Context, 'home' | 'signal'> & Partial<Pick<Context, 'output'>>,
  command: string,
): Promise<Opened> {
  const { demonstration } = readHome(home)
  const clock: (view: View) => UnixMillis = demonstration === undefined ? wallClock : demoClock
  const community = await Community.open({
    folder: home,
    command,
    databaseUrl: environment.databaseUrl,
    clock,
    waitMs: WAIT_MS,
    signal,
  })
  try {
    const chain = await openChainSide(community, {
      rpcUrl: environment.rpcUrl,
      token: environment.token,
    })
    const warning = demonstration === undefined ? clockWarning(community.view.at, wallClock()) : undefined
    if (warning !== undefined) output?.warn(warning)
    return { community, chain, [Symbol.asyncDispose]: () => community.close() }
  } catch (error) {
    await community.close()
    throw error
  }
}
