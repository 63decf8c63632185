/** Rounds run again over the prefix of the log that they closed, and what the node claimed about them. */
import { type Contents, NO_ROUND, type RoundResult, type RoundState, runRound } from '@commonhold/pipeline'
import {
  type Canonical,
  type EventOf,
  encodeCanonical,
  equalBytes,
  type MemberId,
  type UnixMillis,
  unixMillis,
  type View,
} from '@commonhold/protocol'
import { firstDifference, type Place } from './difference.ts'
import { type ChainBlock, payoutRecords, payoutsPath, statementPath } from './export-format.ts'
import { type AuditSource, parseJson, readNeeded } from './source.ts'
import { Mismatch, type StepBook } from './steps.ts'

export type Amounts = { readonly money: bigint; readonly shares: bigint }

/** What the audit itself found for a round. */
export type AuditedRound = {
  readonly round: number
  readonly claims: RoundResult['claims']
  readonly block: ChainBlock
  /** Cumulative amounts of the payout tree's leaves. */
  readonly leaves: ReadonlyMap<MemberId, Amounts>
  readonly drawn: number
  /** When the reviews closed: the block whose deposits count lies behind it. */
  readonly reviewsClosedAt: UnixMillis
  readonly gold: number
  /** Gold answers committed, opened or not: an organiser who commits two to one text shows here. */
  readonly committed: number
}

/** In the order in which one follows from another: the first that differs is the cause. */
const FIELDS = [
  'logSize',
  'seed',
  'datasetRoot',
  'modelHash',
  'promoted',
  'metrics',
  'attributionRoot',
  'statementsRoot',
  'payoutRoot',
  'totals',
] as const

export const roundStep = (round: number): string => `round ${round}`
export const statementStep = (round: number): string => `round ${round} statement`
export const payoutsStep = (round: number): string => `round ${round} payouts`

type OnProgress = (progress: { readonly step: string; readonly done: number; readonly total: number }) => void

export class RoundAudit {
  readonly rounds: AuditedRound[] = []
  readonly #book: StepBook
  readonly #source: AuditSource
  readonly #onProgress: OnProgress | undefined
  /** Undefined after a round that could not be run: nothing later can. */
  #state: RoundState | undefined = NO_ROUND

  constructor(book: StepBook, source: AuditSource, onProgress?: OnProgress) {
    this.#book = book
    this.#source = source
    this.#onProgress = onProgress
  }

  async check(closed: EventOf<'round.closed'>, view: View, contents: Contents): Promise<void> {
    const { round } = closed
    const previous = this.#state
    this.#book.declare([roundStep(round), statementStep(round), payoutsStep(round)])
    if (previous === undefined) return
    const { sponsors, customers } = closed.totals
    const result = await this.#book.check(roundStep(round), roundStep(round), () =>
      runRound({
        view,
        contents,
        previous,
        deposits: { sponsors: BigInt(sponsors), customers: BigInt(customers) },
        onStep: (step) =>
          this.#onProgress?.({ step: `${roundStep(round)}: ${step}`, done: view.size, total: view.size }),
      }),
    )
    this.#state = result?.state
    if (result === undefined) return
    this.#compare(closed, result)
    await this.#book.check(statementStep(round), statementPath(round), () => this.#statement(result))
    await this.#book.check(payoutsStep(round), payoutsPath(round), () => this.#payouts(result))
    this.rounds.push(audited(closed, view, result))
  }

  #compare(closed: EventOf<'round.closed'>, { claims, rows, pay }: RoundResult): void {
    const name = roundStep(closed.round)
    const places: Place[] = []
    for (const field of FIELDS) {
      const place = firstDifference(claims[field], closed[field], `${name}, ${field}`)
      if (place !== undefined) places.push(place)
    }
    if (places[0] !== undefined) this.#book.fail(name, places[0])
    const { correct, total } = claims.metrics
    this.#book.pass(
      name,
      `${rows.length} training rows, ${correct} of ${total} hold-out items right, ${pay.rows.length} payout leaves: all roots equal`,
    )
  }

  async #statement({ round, pay }: RoundResult): Promise<void> {
    const size = await this.#compareFile(statementPath(round), pay.statement)
    this.#book.pass(statementStep(round), `${pay.statement.members.length} members, ${size} bytes equal`)
  }

  async #payouts(result: RoundResult): Promise<void> {
    const records = payoutRecords(result)
    await this.#compareFile(payoutsPath(result.round), records)
    this.#book.pass(payoutsStep(result.round), `${records.length} rows with their proofs equal`)
  }

  /** Byte for byte; where the file is JSON, the first value that differs is named. */
  async #compareFile(path: string, value: object): Promise<number> {
    const expected = encodeCanonical(value as Canonical)
    const found = await readNeeded(this.#source, path)
    if (equalBytes(expected, found)) return expected.length
    const place = firstDifference(value, parseJson(found, path), path)
    if (place !== undefined) throw new Mismatch(place.where, place.expected, place.found)
    throw new Mismatch(path, 'the canonical encoding', 'another encoding of the same values')
  }
}

function audited(closed: EventOf<'round.closed'>, view: View, result: RoundResult): AuditedRound {
  let drawn = 0
  for (const some of result.waves.drawn.values()) drawn += some.length
  return {
    round: closed.round,
    claims: result.claims,
    block: closed.block,
    leaves: new Map(result.pay.rows.map(({ member, money, shares }) => [member, { money, shares }])),
    drawn,
    reviewsClosedAt: view.rounds[closed.round - 1]?.reviewsClosedAt ?? unixMillis(0),
    gold: view.rounds[closed.round - 1]?.gold.size ?? 0,
    committed: view.rounds[closed.round - 1]?.goldCommitments.size ?? 0,
  }
}
