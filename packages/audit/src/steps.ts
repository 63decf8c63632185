/** The book of an audit: its steps in order, each with a verdict and how much the verdict proves. */
import { ProtocolError } from '@commonhold/protocol'
import { type Place, show } from './difference.ts'

/**
 * - recomputable: whoever has the export comes to the same verdict by themselves
 * - attested: somebody's word stands behind it, `reason` says whose
 */
export type Level = 'recomputable' | 'attested'

export type StepReport = {
  readonly name: string
  /** False too for a step that was not reached. */
  readonly ok: boolean
  readonly reached: boolean
  readonly level: Level
  /** Of an attested step: why it is not recomputable. */
  readonly reason?: string
  readonly detail: string
  readonly ms?: number
}

export type Difference = Place & { readonly step: string }

/** A value that is not what it must be. Never leaves this package: it becomes a failed step. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch'
  readonly place: Place

  constructor(where: string, expected: unknown, found: unknown) {
    super(`${where}: expected ${show(expected)}, found ${show(found)}`)
    this.place = { where, expected: show(expected), found: show(found) }
  }
}

/** Thrown when nothing that comes later can be checked; the failed step stands in the book. */
export class Stopped extends Error {
  override readonly name = 'Stopped'
}

type Step = {
  readonly name: string
  level: Level
  reason: string | undefined
  detail: string
  state: 'open' | 'passed' | 'failed'
  difference: Place | undefined
  ms: number
}

export class StepBook {
  readonly #steps = new Map<string, Step>()
  readonly #now: (() => number) | undefined

  /** @param now milliseconds, from the shell: the core has no clock. */
  constructor(now: (() => number) | undefined) {
    this.#now = now
  }

  /** Enters steps at the end of the book. @param reason makes them attested. */
  declare(names: readonly string[], reason?: string): void {
    for (const name of names) {
      this.#steps.set(name, {
        name,
        level: reason === undefined ? 'recomputable' : 'attested',
        reason,
        detail: '',
        state: 'open',
        difference: undefined,
        ms: 0,
      })
    }
  }

  /** The last word counts, but a step that failed stays failed. */
  pass(name: string, detail: string): void {
    const step = this.#step(name)
    if (step.state !== 'failed') Object.assign(step, { state: 'passed', detail })
  }

  /** The first difference of a step counts. */
  fail(name: string, place: Place): void {
    const step = this.#step(name)
    if (step.state === 'failed') return
    const { where, expected, found } = place
    const detail = `${where}: expected ${expected}, found ${found}`
    Object.assign(step, { state: 'failed', difference: place, detail })
  }

  attest(name: string, reason: string): void {
    Object.assign(this.#step(name), { level: 'attested', reason })
  }

  failed(name: string): boolean {
    return this.#steps.get(name)?.state === 'failed'
  }

  /**
   * Runs a part of a step. What it finds wrong is entered in the book.
   *
   * @param where the place for errors that do not name one.
   * @returns undefined if it failed.
   */
  async check<T>(name: string, where: string, run: () => Promise<T> | T): Promise<T | undefined> {
    const start = this.#now?.() ?? 0
    try {
      return await run()
    } catch (error) {
      this.fail(name, placeOf(error, where))
      return undefined
    } finally {
      this.#addTime(name, start)
    }
  }

  /** As `check`, for work without which the audit cannot go on. @throws {Stopped} */
  async demand<T>(name: string, where: () => string, run: () => Promise<T> | T): Promise<T> {
    const start = this.#now?.() ?? 0
    try {
      return await run()
    } catch (error) {
      this.fail(name, placeOf(error, where()))
      throw new Stopped()
    } finally {
      this.#addTime(name, start)
    }
  }

  /** `demand` for work that does not wait: an entry at a time, a promise each would cost more than the work. */
  demandNow<T>(name: string, where: () => string, run: () => T): T {
    const start = this.#now?.() ?? 0
    try {
      return run()
    } catch (error) {
      this.fail(name, placeOf(error, where()))
      throw new Stopped()
    } finally {
      this.#addTime(name, start)
    }
  }

  report(): { readonly steps: readonly StepReport[]; readonly firstDifference: Difference | undefined } {
    const steps: StepReport[] = []
    let firstDifference: Difference | undefined
    for (const { name, level, reason, detail, state, difference, ms } of this.#steps.values()) {
      if (difference !== undefined) firstDifference ??= { step: name, ...difference }
      steps.push({
        name,
        ok: state === 'passed',
        reached: state !== 'open',
        level,
        ...(level === 'attested' && reason !== undefined ? { reason } : {}),
        detail: state === 'open' ? 'not reached' : detail,
        ...(this.#now === undefined ? {} : { ms }),
      })
    }
    return { steps, firstDifference }
  }

  #step(name: string): Step {
    const step = this.#steps.get(name)
    if (step === undefined) throw new Error(`no step ${name}`)
    return step
  }

  #addTime(name: string, start: number): void {
    if (this.#now !== undefined) this.#step(name).ms += this.#now() - start
  }
}

/** Bad input becomes a place in the report; anything else is a bug and passes through. */
function placeOf(error: unknown, where: string): Place {
  if (error instanceof Mismatch) return error.place
  if (error instanceof ProtocolError)
    return { where, expected: 'what the rules demand', found: `${error.message} (${error.code})` }
  throw error
}
