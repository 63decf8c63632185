import { ProtocolError } from '@commonhold/protocol'
import type { AppendAlso, AppendEntry, LogLease } from './lease.ts'

export type Decision = AppendEntry & { readonly also?: AppendAlso }

export type SequencerOptions<T> = {
  readonly lease: LogLease
  /** Size of the log, to which the view behind `decide` is up to date. */
  readonly nextIndex: number
  /**
   * Decides one submission against the view and applies it, synchronously. A `ProtocolError` refuses this submission and
   * must leave no effect; any other error is a bug and stops the sequencer.
   */
  readonly decide: (submission: T, index: number) => Decision
  /** Called once: the view is ahead of the log from here on, and the process must reload it. */
  readonly onFailure: (error: unknown) => void
  /** Bounds of one transaction (defaults 512 entries, 4 MB). */
  readonly maxEntries?: number
  readonly maxBytes?: number
}

export interface Sequencer<T> {
  /**
   * Resolves when the entry is durable.
   * @throws {ProtocolError} what `decide` threw; `store.unavailable` or `home.busy` once the sequencer is broken.
   */
  submit(submission: T): Promise<{ readonly index: number }>
  /** Takes no more and waits until everything submitted is settled. */
  close(): Promise<void>
}

type Waiting<T> = {
  readonly submission: T
  readonly resolve: (receipt: { readonly index: number }) => void
  readonly reject: (error: unknown) => void
}

type Decided<T> = { readonly waiting: Waiting<T>; readonly index: number; readonly decision: Decision }
type Refused<T> = { readonly waiting: Waiting<T>; readonly refusal: ProtocolError }

/** What one transaction answers. Refusals wait for it too: they may rest on entries that are not durable yet. */
type Group<T> = { readonly decided: Decided<T>[]; readonly refused: Refused<T>[] }

/**
 * Group commit: one loop decides whatever is queued, in order, appends it in one transaction and answers all of it; what
 * arrives meanwhile is the next group. A failed append rejects everything and breaks the sequencer for good, because
 * the view has applied what the log does not hold.
 */
export function createSequencer<T>(options: SequencerOptions<T>): Sequencer<T> {
  return new GroupCommitter(options)
}

class GroupCommitter<T> implements Sequencer<T> {
  readonly #options: SequencerOptions<T>
  readonly #queue: Waiting<T>[] = []
  #nextIndex: number
  #running: Promise<void> | undefined
  #closed = false
  #broken: ProtocolError | undefined

  constructor(options: SequencerOptions<T>) {
    this.#options = options
    this.#nextIndex = options.nextIndex
  }

  submit(submission: T): Promise<{ readonly index: number }> {
    if (this.#broken) return Promise.reject(this.#broken)
    if (this.#closed) {
      return Promise.reject(new ProtocolError('store.unavailable', 'the node is closing'))
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ submission, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#running
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      // One turn of the event loop: those just answered, and requests that have arrived, join this group.
      await new Promise((resolve) => setImmediate(resolve))
      const group: Group<T> = { decided: [], refused: [] }
      try {
        this.#decideInto(group)
        await this.#append(group.decided)
      } catch (error) {
        this.#break(error, group)
        break
      }
      for (const { waiting, index } of group.decided) waiting.resolve({ index })
      for (const { waiting, refusal } of group.refused) waiting.reject(refusal)
    }
    this.#running = undefined
  }

  #decideInto({ decided, refused }: Group<T>): void {
    const { decide, maxEntries = 512, maxBytes = 4 << 20 } = this.#options
    let bytes = 0
    let taken = 0
    try {
      for (; taken < this.#queue.length && decided.length < maxEntries && bytes < maxBytes; taken++) {
        const waiting = this.#queue[taken] as Waiting<T>
        const index = this.#nextIndex + decided.length
        const decision = orRefusal(() => decide(waiting.submission, index))
        if (decision instanceof ProtocolError) {
          refused.push({ waiting, refusal: decision })
        } else {
          decided.push({ waiting, index, decision })
          bytes += weight(decision)
        }
      }
    } finally {
      this.#queue.splice(0, taken)
    }
  }

  async #append(decided: readonly Decided<T>[]): Promise<void> {
    if (decided.length === 0) return
    const decisions = decided.map(({ decision }) => decision)
    await this.#options.lease.append(this.#nextIndex, decisions, {
      artifacts: decisions.flatMap(({ also }) => also?.artifacts ?? []),
      outbox: decisions.flatMap(({ also }) => also?.outbox ?? []),
    })
    this.#nextIndex += decided.length
  }

  #break(error: unknown, { decided, refused }: Group<T>): void {
    this.#broken = brokenBy(error)
    for (const { waiting } of [...decided, ...refused]) waiting.reject(this.#broken)
    for (const waiting of this.#queue.splice(0)) waiting.reject(this.#broken)
    this.#options.onFailure(error)
  }
}

function orRefusal(decide: () => Decision): Decision | ProtocolError {
  try {
    return decide()
  } catch (error) {
    if (error instanceof ProtocolError) return error
    throw error
  }
}

function weight({ bytes, addenda }: Decision): number {
  let sum = bytes.length
  for (const addendum of addenda) sum += addendum.bytes.length
  return sum
}

const brokenBy = (error: unknown): ProtocolError =>
  error instanceof ProtocolError
    ? error
    : new ProtocolError(
        'store.unavailable',
        'the node must be restarted: the last write failed',
        {},
        { cause: error },
      )
