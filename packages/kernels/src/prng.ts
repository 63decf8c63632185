/** Seeded pseudo-random numbers for draws by lot and training orders: xoshiro128** (Blackman and Vigna, 2018). */
import { fromHex, imul } from '@commonhold/protocol'

export type Prng = {
  /** The next unsigned 32-bit integer. */
  readonly next: () => number
  /** Uniform in [0, bound), without bias, for an integer bound in [1, 2^32]. */
  readonly below: (bound: number) => number
}

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by))

/** @param seed - 32 bytes in lower-case hex, as taggedHash gives them. Word i of the state = word i xor word i + 4. */
export function prng(seed: string): Prng {
  const bytes = fromHex(seed)
  if (bytes.length !== 32) throw new Error(`a seed has 32 bytes, not ${bytes.length}`)
  const words = new DataView(bytes.buffer)
  const half = (i: number): number => words.getInt32(4 * i) ^ words.getInt32(4 * i + 16)
  let [a, b, c, d] = [half(0), half(1), half(2), half(3)]
  // The all-zero state is the generator's only fixed point.
  if ((a | b | c | d) === 0) a = 1
  const next = (): number => {
    const result = imul(rotate(imul(b, 5), 7), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = rotate(d, 11)
    return result
  }
  const below = (bound: number): number => {
    const limit = 4_294_967_296 - (4_294_967_296 % bound)
    let drawn = next()
    while (drawn >= limit) drawn = next()
    return drawn % bound
  }
  return { next, below }
}

/** 0 .. size-1 in an order by lot (Fisher and Yates, from the last place down). */
export function permutation(size: number, from: Prng): Uint32Array<ArrayBuffer> {
  const order = new Uint32Array(size)
  for (let i = 0; i < size; i++) order[i] = i
  for (let i = size - 1; i > 0; i--) {
    const j = from.below(i + 1)
    const moved = order[i] as number
    order[i] = order[j] as number
    order[j] = moved
  }
  return order
}
