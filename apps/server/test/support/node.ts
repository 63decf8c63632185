// A small real community behind the real server, on a port that the system chooses.
import { p256Signer } from '@commonhold/keys'
import { type Draft, memberOf, memberSigner, type Submission, sealEnvelope } from '@commonhold/node'
import { fromHex, taggedHash, textAddendum } from '@commonhold/protocol'
import { pino } from 'pino'
import {
  draft,
  found,
  newHome,
  type Opened,
  openHome,
  removeHome,
} from '../../../../packages/node/test/small-community.ts'
import { type Rates, type RunningServer, startServer } from '../../src/index.ts'
import { Api } from './api.ts'

const PLENTY = { perSecond: 1e6, burst: 1e6 }
export const NO_LIMITS: Rates = {
  writesPerKey: PLENTY,
  writesPerAddress: PLENTY,
  answersPerAddress: PLENTY,
}

export type Served = AsyncDisposable & {
  readonly opened: Opened
  readonly server: RunningServer
  readonly api: Api
  readonly home: string
}

export const start = (
  { community }: Opened,
  rates: Rates = NO_LIMITS,
  metricsPort?: number,
  host = '127.0.0.1',
): Promise<RunningServer> =>
  startServer({
    community,
    config: { host, port: 0, metricsPort },
    logger: pino({ level: 'silent' }),
    now: () => performance.now(),
    rates,
  })

export async function serveSmallCommunity(): Promise<Served> {
  const home = newHome()
  const opened = await openHome(home)
  await found(opened)
  const server = await start(opened, NO_LIMITS, 0)
  return {
    opened,
    server,
    home,
    api: await Api.open(server.url),
    [Symbol.asyncDispose]: async () => {
      await server.stop()
      await opened.community.close()
      removeHome(home)
    },
  }
}

export const nonce = (name: string): string => taggedHash('server-test', name).slice(0, 32)

export const idOf = ({ community }: Opened, handle: string): string =>
  memberOf(community.view, memberSigner(community, handle))

export const spareKey = (name: string) => p256Signer(fromHex(taggedHash('server-test-key', name)))

/** A text with a label, by `handle`; other fields replace those of the event. */
export function contribution(
  opened: Opened,
  handle: string,
  name: string,
  fields: Readonly<Record<string, unknown>> = {},
): Draft {
  const addendum = textAddendum(fromHex(nonce(`salt ${name}`)), `the text of ${name}`)
  const event = draft(opened.community, handle, 'contribution.submitted', nonce(name), {
    label: 'heat',
    content: addendum.digest,
    addenda: [addendum.digest],
    ...fields,
  })
  return { ...event, addenda: [addendum] }
}

export const seal = (opened: Opened, handle: string, ...drafts: readonly Draft[]): Submission =>
  sealEnvelope(memberSigner(opened.community, handle), drafts)

/** The log has a checkpoint over everything that is in it. @returns its text. */
export async function checkpointOver({ api, opened }: Served): Promise<string> {
  for (;;) {
    const { text } = await api.get('/api/log/checkpoint')
    if (Number(text.split('\n')[1]) >= opened.community.view.size) return text
  }
}
