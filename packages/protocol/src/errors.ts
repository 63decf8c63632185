/** Every failure that a caller can act on: `area.reason`. Codes are public: add, never rename. */
export const ERROR_CODES = [
  'audit.mismatch',
  'chain.not_bound',
  'chain.rejected',
  'chain.unreachable',
  'community.foreign',
  'contribution.duplicate',
  'contribution.label_unknown',
  'contribution.unknown',
  'data.malformed',
  'data.too_large',
  'encoding.invalid',
  'entry.too_large',
  'event.invalid',
  'event.out_of_order',
  'gold.mismatch',
  'home.busy',
  'home.missing',
  'home.exists',
  'home.unusable',
  'import.conflict',
  'key.unknown',
  'key.invalid',
  'log.bad_checkpoint',
  'log.bad_proof',
  'log.bad_tile',
  'log.fork',
  'log.missing',
  'member.exists',
  'member.not_allowed',
  'member.unknown',
  'nonce.reused',
  'payout.bad_proof',
  'payout.nothing_to_claim',
  'review.duplicate',
  'review.not_allowed',
  'round.bad_state',
  'round.no_data',
  'round.unknown',
  'signature.invalid',
  'store.corrupt',
  'store.unavailable',
  'time.backwards',
  'usage.invalid',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]
export type ErrorDetails = Readonly<Record<string, string | number>>

/**
 * An expected failure. `code` is for programs, `message` for people (one line that says what and where), `details`
 * for both; nothing in `details` may be secret. Bugs throw plain `Error` instead.
 */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  readonly code: ErrorCode
  readonly details: ErrorDetails

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.details = details
  }
}
