/** The release that a community serves, read under a short lock: whoever waits for the home waits for milliseconds. */
import type { ClassifierModel } from '@commonhold/learning'
import { type Digest, ProtocolError } from '@commonhold/protocol'
import type { Context } from './command.ts'

export type Release = { readonly model: ClassifierModel; readonly hash: Digest; readonly round: number }

/** @throws {ProtocolError} `round.no_data` before the first release, and what openCommunity throws. */
export async function readRelease(context: Context, command: string): Promise<Release> {
  const { openCommunity } = await import('./open.ts')
  const { lastState } = await import('@commonhold/node')
  await using opened = await openCommunity(context, command)
  const { live } = await lastState(opened.community)
  if (live === undefined)
    throw new ProtocolError(
      'round.no_data',
      'no release is live yet: a closed round makes one (commonhold round)',
    )
  return live
}
