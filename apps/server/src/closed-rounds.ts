/** What closed rounds left behind, read once and kept: the state that a round hands on, statements and reports. */
import { type Community, lastState, type RoundReport, readReport, readStatement } from '@commonhold/node'
import { NO_ROUND, type RoundResult, type RoundState } from '@commonhold/pipeline'
import { type MemberId, ProtocolError } from '@commonhold/protocol'

export type MemberStatement = RoundResult['pay']['statement']['members'][number]

/** Statements of so many rounds are kept parsed: one of 10,000 members takes megabytes. */
const STATEMENTS_KEPT = 4

type Parsed = ReadonlyMap<MemberId, MemberStatement>

export class ClosedRounds {
  readonly #community: Community
  #state: RoundState = NO_ROUND
  #loading: Promise<RoundState> | undefined
  readonly #statements = new Map<number, Promise<Parsed>>()

  constructor(community: Community) {
    this.#community = community
  }

  /** Number of the last closed round; 0 before the first. */
  get last(): number {
    const { rounds } = this.#community.view
    return rounds.at(-1)?.phase === 'closed' ? rounds.length : Math.max(0, rounds.length - 1)
  }

  /** The state after the last closed round. While a close is not durable yet it is still the one before. */
  async state(): Promise<RoundState> {
    if (this.#state.round === this.last) return this.#state
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined
    })
    return this.#loading
  }

  /** What each member earned in a closed round. @throws {ProtocolError} `round.unknown`. */
  async statement(round: number): Promise<Parsed> {
    const held = this.#statements.get(round)
    if (held !== undefined) return held
    const read = this.#readStatement(round)
    this.#statements.set(round, read)
    if (this.#statements.size > STATEMENTS_KEPT)
      this.#statements.delete([...this.#statements.keys()][0] as number)
    read.catch(() => this.#statements.delete(round))
    return read
  }

  /** @throws {ProtocolError} `round.unknown`. */
  report(round: number): Promise<RoundReport> {
    return readReport(this.#community, round)
  }

  async #load(): Promise<RoundState> {
    try {
      this.#state = await lastState(this.#community)
    } catch (error) {
      if (!(error instanceof ProtocolError) || error.code !== 'round.unknown') throw error
    }
    return this.#state
  }

  async #readStatement(round: number): Promise<Parsed> {
    const { members } = await readStatement(this.#community, round)
    return new Map(members.map((one) => [one.member, one]))
  }
}
