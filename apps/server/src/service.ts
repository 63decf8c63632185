/** What the routes share: the open community and what is derived from it. */
import type { Community } from '@commonhold/node'
import { type EventId, ProtocolError, type View } from '@commonhold/protocol'
import type { Logger } from 'pino'
import { ClosedRounds } from './closed-rounds.ts'
import { DrawnLots } from './lots.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { Publishing } from './publishing.ts'
import { type Rate, TokenBuckets } from './token-buckets.ts'

export type Rates = {
  /** Writes of one key, counted once its signature holds: nobody can spend another's. */
  readonly writesPerKey: Rate
  /** Writes from one address, whatever they are: a bad signature costs as much to check as a good one. */
  readonly writesPerAddress: Rate
  readonly answersPerAddress: Rate
}

/** A hall full of people behind one address contributes without waiting. */
export const DEFAULT_RATES: Rates = {
  writesPerKey: { perSecond: 10, burst: 200 },
  writesPerAddress: { perSecond: 100, burst: 2_000 },
  answersPerAddress: { perSecond: 5, burst: 60 },
}

export type Service = {
  readonly community: Community
  readonly closed: ClosedRounds
  readonly lots: DrawnLots
  readonly publishing: Publishing
  readonly metrics: Metrics
  readonly logger: Logger
  readonly buckets: { readonly [R in keyof Rates]: TokenBuckets }
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Settles with the error after which nothing can be written any more: the log must be opened again. */
  readonly failed: Promise<unknown>
  readonly fail: (error: unknown) => void
  /** What stands between this node and its work, if anything does. */
  trouble(): Promise<string | undefined>
  /** From here on every connection is closed after its response. */
  stopping: boolean
}

export type ServiceOptions = {
  readonly community: Community
  readonly logger: Logger
  readonly now: () => number
  readonly rates?: Rates
}

export function createService({ community, logger, now, rates = DEFAULT_RATES }: ServiceOptions): Service {
  const publishing = new Publishing(community, (error) =>
    logger.error({ err: error }, 'publishing the log failed; it is tried again'),
  )
  const closed = new ClosedRounds(community)
  const { promise: failed, resolve } = Promise.withResolvers<unknown>()
  let broken = false
  return {
    community,
    closed,
    lots: new DrawnLots(community, closed),
    publishing,
    metrics: createMetrics(community, publishing),
    logger,
    buckets: {
      writesPerKey: new TokenBuckets(rates.writesPerKey),
      writesPerAddress: new TokenBuckets(rates.writesPerAddress),
      answersPerAddress: new TokenBuckets(rates.answersPerAddress),
    },
    now,
    failed,
    fail: (error) => {
      broken = true
      resolve(error)
    },
    trouble: async () => {
      if (broken) return 'the log cannot be written'
      if (publishing.failing) return 'the log cannot be published'
      try {
        await community.store.log.size()
        return undefined
      } catch (error) {
        logger.error({ err: error }, 'the database does not answer')
        return 'the database does not answer'
      }
    },
    stopping: false,
  }
}

/** @throws {ProtocolError} `home.unusable` before the founding; `start` serves no such home. */
export function foundedCommunity(view: View): {
  readonly id: EventId
  readonly founding: NonNullable<View['founding']>
} {
  const { community: id, founding } = view
  if (id === undefined || founding === undefined)
    throw new ProtocolError('home.unusable', 'the founding is not finished: run commonhold init again')
  return { id, founding }
}
