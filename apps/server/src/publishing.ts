/**
 * Checkpoints by themselves: soon after an append the log's files are brought up to date and signed. One at a time, and
 * no timer runs while nothing was appended.
 */
import type { Community } from '@commonhold/node'
import type { Checkpoint } from '@commonhold/store'

/** Gathers what a busy second appends, and leaves most of a second for writing the files. */
const DELAY_MS = 400
const LONGEST_WAIT_MS = 30_000

export class Publishing {
  readonly #community: Community
  readonly #onError: (error: unknown) => void
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  #wanted = false
  #failures = 0
  #closed = false
  #last: Checkpoint | undefined

  constructor(community: Community, onError: (error: unknown) => void) {
    this.#community = community
    this.#onError = onError
  }

  /** The latest checkpoint that was published. */
  get last(): Checkpoint | undefined {
    return this.#last
  }

  get failing(): boolean {
    return this.#failures > 0
  }

  /** Something was appended. */
  touch(): void {
    this.#wanted = true
    this.#schedule()
  }

  /** Publishes what there is, now. @throws what publishing throws. */
  async publish(): Promise<void> {
    await this.#running
    this.#wanted = false
    await this.#community.publish()
    const { store, view } = this.#community
    this.#last = await store.log.checkpoint()
    if (view.size > (this.#last?.size ?? 0)) this.touch()
  }

  /** No more timers; a publication that runs is waited for. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#running
  }

  #schedule(): void {
    if (this.#closed || this.#timer !== undefined || this.#running !== undefined) return
    const wait = this.#failures === 0 ? DELAY_MS : Math.min(LONGEST_WAIT_MS, 1000 * 2 ** (this.#failures - 1))
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#running = this.#attempt()
    }, wait)
  }

  async #attempt(): Promise<void> {
    this.#wanted = false
    try {
      await this.#community.publish()
      this.#last = await this.#community.store.log.checkpoint()
      this.#failures = 0
    } catch (error) {
      this.#failures++
      this.#wanted = true
      this.#onError(error)
    }
    this.#running = undefined
    if (this.#wanted) this.#schedule()
  }
}
