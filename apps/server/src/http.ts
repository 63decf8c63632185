/** What every route and the listener share: types, the caller's address, limits. */
import type { HttpBindings } from '@hono/node-server'
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { RequestError } from './problem.ts'
import { addressGroup, type TokenBuckets } from './token-buckets.ts'

export type Env = {
  readonly Bindings: HttpBindings
  readonly Variables: { readonly requestId: string }
}

export type Api = OpenAPIHono<Env>

/** The peer of the connection. No header is believed: behind a proxy everybody has the proxy's address. */
export const callerOf = (c: Context<Env>): string =>
  addressGroup(c.env.incoming.socket.remoteAddress ?? 'unknown')

/** @throws {RequestError} `request.rate_limited` while `name` has no token. */
export function demandToken(buckets: TokenBuckets, name: string, now: number): void {
  const seconds = buckets.wait(name, now)
  if (seconds === 0) return
  const wait = Math.ceil(seconds)
  throw new RequestError('request.rate_limited', `too many requests: again in ${wait} s`, {
    details: { retryAfter: wait },
    headers: { 'retry-after': String(wait) },
  })
}
