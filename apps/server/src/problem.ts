/** Failures as RFC 9457 problem details (docs/spec/api.md, 2): the only place where HTTP meets error codes. */
import { type ErrorCode, type ErrorDetails, ProtocolError } from '@commonhold/protocol'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

/** What only HTTP can refuse. Codes are public, like those of the protocol: add, never rename. */
export type RequestCode =
  | 'request.invalid'
  | 'request.media_type'
  | 'request.method'
  | 'request.overloaded'
  | 'request.rate_limited'
  | 'request.route_unknown'
  | 'request.too_large'

export type ProblemCode = ErrorCode | RequestCode

type Problem = { readonly status: ContentfulStatusCode; readonly title: string }

export const PROBLEMS = {
  'audit.mismatch': { status: 500, title: 'A recomputed figure differs' },
  'chain.not_bound': { status: 409, title: 'No chain is bound to the community yet' },
  'chain.rejected': { status: 502, title: 'The chain refused the transaction' },
  'chain.unreachable': { status: 503, title: 'The chain does not answer' },
  'community.foreign': { status: 422, title: 'The event belongs to another community' },
  'contribution.duplicate': { status: 409, title: 'The content was contributed before' },
  'contribution.label_unknown': { status: 422, title: 'The label is not in the charter' },
  'contribution.unknown': { status: 404, title: 'There is no such item' },
  'data.malformed': { status: 400, title: 'The data is malformed' },
  'data.too_large': { status: 413, title: 'The content is too large' },
  'encoding.invalid': { status: 400, title: 'The bytes are not in the one encoding there is' },
  'entry.too_large': { status: 413, title: 'The envelope is too large' },
  'event.invalid': { status: 400, title: 'The event is malformed' },
  'event.out_of_order': { status: 409, title: 'The event does not fit the end of the log' },
  'gold.mismatch': { status: 409, title: 'The gold answer was not committed before' },
  'home.busy': { status: 503, title: 'Another process holds the community' },
  'home.exists': { status: 409, title: 'There is a community already' },
  'home.missing': { status: 503, title: 'There is no community here' },
  'home.unusable': { status: 503, title: 'The community cannot be used' },
  'import.conflict': { status: 409, title: 'The import contradicts what is in the log' },
  'key.invalid': { status: 403, title: 'The key is not valid any more' },
  'key.unknown': { status: 403, title: 'No member has this key' },
  'log.bad_checkpoint': { status: 400, title: 'Not a valid checkpoint' },
  'log.bad_proof': { status: 400, title: 'Not a valid proof' },
  'log.bad_tile': { status: 404, title: 'There is no such file of the log' },
  'log.fork': { status: 500, title: 'The log would fork' },
  'log.missing': { status: 404, title: 'The log does not have it' },
  'member.exists': { status: 409, title: 'It exists already' },
  'member.not_allowed': { status: 403, title: 'The member may not do this' },
  'member.unknown': { status: 404, title: 'There is no such member' },
  'nonce.reused': { status: 409, title: 'The nonce was used before for another event' },
  'payout.bad_proof': { status: 400, title: 'The payout proof does not hold' },
  'payout.nothing_to_claim': { status: 409, title: 'There is nothing to claim' },
  'request.invalid': { status: 400, title: 'The request is malformed' },
  'request.media_type': { status: 415, title: 'The body must be application/json' },
  'request.method': { status: 405, title: 'The route does not take this method' },
  'request.overloaded': { status: 503, title: 'Too many writes wait' },
  'request.rate_limited': { status: 429, title: 'Too many requests' },
  'request.route_unknown': { status: 404, title: 'There is no such route' },
  'request.too_large': { status: 413, title: 'The body is too large' },
  'review.duplicate': { status: 409, title: 'The item was reviewed by this member before' },
  'review.not_allowed': { status: 403, title: 'The member may not review this item' },
  'round.bad_state': { status: 409, title: 'The round does not take this now' },
  'round.no_data': { status: 409, title: 'There is not enough data yet' },
  'round.unknown': { status: 404, title: 'There is no such round' },
  'signature.invalid': { status: 403, title: 'The signature does not hold' },
  'store.corrupt': { status: 500, title: 'The stored log is damaged' },
  'store.unavailable': { status: 503, title: 'The database does not answer' },
  'time.backwards': { status: 503, title: "The node's clock went back" },
  'usage.invalid': { status: 400, title: 'The request is malformed' },
} as const satisfies Record<ProblemCode, Problem>

/** An expected failure of the transport; those of the protocol are ProtocolErrors. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  readonly code: RequestCode
  readonly details: ErrorDetails
  readonly headers: Readonly<Record<string, string>>

  constructor(
    code: RequestCode,
    message: string,
    more: { readonly details?: ErrorDetails; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message)
    this.code = code
    this.details = more.details ?? {}
    this.headers = more.headers ?? {}
  }
}

/** What hono itself throws: a body that is no JSON, another media type. */
const FRAMEWORK: Readonly<Record<number, RequestCode>> = {
  413: 'request.too_large',
  415: 'request.media_type',
}

/** The expected failure behind `error`; undefined for a bug. */
export function expectedFailure(error: unknown): ProtocolError | RequestError | undefined {
  if (error instanceof ProtocolError || error instanceof RequestError) return error
  if (error instanceof HTTPException && error.status < 500)
    return new RequestError(FRAMEWORK[error.status] ?? 'request.invalid', error.message)
  return undefined
}

const STATUS_OF_BUGS = 500

/** @returns the response's status, whatever was thrown. */
export function statusOf(error: unknown): ContentfulStatusCode {
  const failure = expectedFailure(error)
  return failure === undefined ? STATUS_OF_BUGS : PROBLEMS[failure.code].status
}

/** The problem as a response. The node's own troubles are named and not explained: their messages hold paths. */
export function problemResponse(error: unknown, requestId: string): Response {
  const failure = expectedFailure(error)
  const status = statusOf(error)
  const headers = new Headers({
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    'x-request-id': requestId,
  })
  if (failure instanceof RequestError)
    for (const [name, value] of Object.entries(failure.headers)) headers.set(name, value)
  const body =
    failure === undefined
      ? { type: 'about:blank', title: 'Internal Server Error', status, requestId }
      : {
          type: `urn:commonhold:problem:${failure.code}`,
          title: PROBLEMS[failure.code].title,
          status,
          code: failure.code,
          ...(status < 500 || failure instanceof RequestError
            ? { detail: failure.message, details: failure.details }
            : {}),
          requestId,
        }
  return new Response(JSON.stringify(body), { status, headers })
}
