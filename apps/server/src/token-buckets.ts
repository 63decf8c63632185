/** Rate limits in memory: one token bucket a name, of at most so many names. */

export type Rate = {
  /** Tokens that come back in a second. */
  readonly perSecond: number
  /** Tokens at most, and at first. */
  readonly burst: number
}

/** Names kept at a time; the one not heard of for longest is forgotten first, as if its bucket were full. */
const MOST_NAMES = 50_000

type Bucket = { readonly tokens: number; readonly at: number }

export class TokenBuckets {
  readonly #rate: Rate
  readonly #mostNames: number
  /** In the order of last use. */
  readonly #buckets = new Map<string, Bucket>()

  constructor(rate: Rate, mostNames = MOST_NAMES) {
    this.#rate = rate
    this.#mostNames = mostNames
  }

  /** Seconds until `name` has a token, 0 if it has one now. @param now in milliseconds, never decreasing. */
  wait(name: string, now: number): number {
    const { tokens } = this.#at(name, now)
    return tokens >= 1 ? 0 : (1 - tokens) / this.#rate.perSecond
  }

  /** Takes a token, also one that is not there yet: then `name` waits the longer. */
  take(name: string, now: number): void {
    const { tokens } = this.#at(name, now)
    this.#buckets.delete(name)
    this.#buckets.set(name, { tokens: tokens - 1, at: now })
    if (this.#buckets.size > this.#mostNames) {
      const [oldest] = this.#buckets.keys()
      this.#buckets.delete(oldest as string)
    }
  }

  get size(): number {
    return this.#buckets.size
  }

  #at(name: string, now: number): Bucket {
    const { perSecond, burst } = this.#rate
    const { tokens, at } = this.#buckets.get(name) ?? { tokens: burst, at: now }
    return { tokens: Math.min(burst, tokens + ((now - at) / 1000) * perSecond), at: now }
  }
}

/** What an address is limited by: itself, or for IPv6 its /64, which one household or host has whole. */
export function addressGroup(address: string): string {
  const plain = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
  if (!plain.includes(':') || plain.includes('.')) return plain
  const [head = '', tail] = plain.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0')
  return [...left, ...zeros, ...right].slice(0, 4).join(':')
}
