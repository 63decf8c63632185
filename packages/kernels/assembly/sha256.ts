// SHA-256 (FIPS 180-4) of four messages at once: lane i of every i32x4 belongs to message i.
// Memory: page 0 holds the constants below, the caller (src/sha256.ts) owns everything from HEAP on.

/** Schedules of every second block of a node hash: see `prepare`. 256 rows of 64 words. */
const TAILS: usize = 0x10000
/** 64 vectors: schedule words plus round constants. */
const SUMS: usize = 0x20000
/** 64 vectors: schedule words. */
const WORDS: usize = 0x20400
/** 8 vectors: the chaining state. */
const STATE: usize = 0x20800
/** 4 lanes of four u32 for `many`: block address, blocks left, stride, output address. */
const LANES: usize = 0x20900
const IDLE: u32 = 0xffffffff

const IV = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
])
const K = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
])

// @ts-ignore: decorator
@inline
function add(a: v128, b: v128): v128 {
  return i32x4.add(a, b)
}

// @ts-ignore: decorator
@inline
function xor3(a: v128, b: v128, c: v128): v128 {
  return v128.xor(v128.xor(a, b), c)
}

// @ts-ignore: decorator
@inline
function rotate(x: v128, n: i32): v128 {
  return v128.or(i32x4.shr_u(x, n), i32x4.shl(x, 32 - n))
}

// @ts-ignore: decorator
@inline
function small0(x: v128): v128 {
  return xor3(rotate(x, 7), rotate(x, 18), i32x4.shr_u(x, 3))
}

// @ts-ignore: decorator
@inline
function small1(x: v128): v128 {
  return xor3(rotate(x, 17), rotate(x, 19), i32x4.shr_u(x, 10))
}

/** h + Sigma1(e) + Ch(e, f, g) + (word + constant). */
// @ts-ignore: decorator
@inline
function first(e: v128, f: v128, g: v128, h: v128, sum: usize): v128 {
  const big = xor3(rotate(e, 6), rotate(e, 11), rotate(e, 25))
  return add(add(add(h, v128.load(sum)), v128.bitselect(f, g, e)), big)
}

/** Sigma0(a) + Maj(a, b, c). */
// @ts-ignore: decorator
@inline
function second(a: v128, b: v128, c: v128): v128 {
  const big = xor3(rotate(a, 2), rotate(a, 13), rotate(a, 22))
  return add(big, v128.bitselect(c, b, v128.xor(a, b)))
}

// @ts-ignore: decorator
@inline
function swapBytes(x: v128): v128 {
  return v128.shuffle<i8>(x, x, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12)
}

/** Writes the four columns of the 4x4 words whose rows are given: words of one message become lanes. */
// @ts-ignore: decorator
@inline
function transpose(r0: v128, r1: v128, r2: v128, r3: v128, to: usize): void {
  const a = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5)
  const b = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5)
  const c = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7)
  const d = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7)
  v128.store(to, v128.shuffle<i64>(a, b, 0, 2))
  v128.store(to, v128.shuffle<i64>(a, b, 1, 3), 16)
  v128.store(to, v128.shuffle<i64>(c, d, 0, 2), 32)
  v128.store(to, v128.shuffle<i64>(c, d, 1, 3), 48)
}

/** WORDS[0..15] from the 64-byte blocks at four addresses. */
// @ts-ignore: decorator
@inline
function loadBlocks(p0: usize, p1: usize, p2: usize, p3: usize): void {
  for (let i: usize = 0; i < 64; i += 16) {
    transpose(
      swapBytes(v128.load(p0 + i)),
      swapBytes(v128.load(p1 + i)),
      swapBytes(v128.load(p2 + i)),
      swapBytes(v128.load(p3 + i)),
      WORDS + (i << 2),
    )
  }
}

/** SUMS from WORDS[0..15]. */
function schedule(): void {
  for (let t: usize = 0; t < 16; t++) {
    v128.store(SUMS + (t << 4), add(v128.load(WORDS + (t << 4)), v128.load32_splat(K + (t << 2))))
  }
  for (let t: usize = 16; t < 64; t++) {
    const w = WORDS + (t << 4)
    const word = add(
      add(small1(v128.load(w - 32)), v128.load(w - 112)),
      add(small0(v128.load(w - 240)), v128.load(w - 256)),
    )
    v128.store(w, word)
    v128.store(SUMS + (t << 4), add(word, v128.load32_splat(K + (t << 2))))
  }
}

/** Adds the 64 rounds over SUMS to STATE. Eight rounds a turn: the variables come back to their names. */
function rounds(): void {
  let a = v128.load(STATE)
  let b = v128.load(STATE, 16)
  let c = v128.load(STATE, 32)
  let d = v128.load(STATE, 48)
  let e = v128.load(STATE, 64)
  let f = v128.load(STATE, 80)
  let g = v128.load(STATE, 96)
  let h = v128.load(STATE, 112)
  for (let sum = SUMS; sum < SUMS + 1024; sum += 128) {
    h = first(e, f, g, h, sum)
    d = add(d, h)
    h = add(h, second(a, b, c))
    g = first(d, e, f, g, sum + 16)
    c = add(c, g)
    g = add(g, second(h, a, b))
    f = first(c, d, e, f, sum + 32)
    b = add(b, f)
    f = add(f, second(g, h, a))
    e = first(b, c, d, e, sum + 48)
    a = add(a, e)
    e = add(e, second(f, g, h))
    d = first(a, b, c, d, sum + 64)
    h = add(h, d)
    d = add(d, second(e, f, g))
    c = first(h, a, b, c, sum + 80)
    g = add(g, c)
    c = add(c, second(d, e, f))
    b = first(g, h, a, b, sum + 96)
    f = add(f, b)
    b = add(b, second(c, d, e))
    a = first(f, g, h, a, sum + 112)
    e = add(e, a)
    a = add(a, second(b, c, d))
  }
  v128.store(STATE, add(a, v128.load(STATE)))
  v128.store(STATE, add(b, v128.load(STATE, 16)), 16)
  v128.store(STATE, add(c, v128.load(STATE, 32)), 32)
  v128.store(STATE, add(d, v128.load(STATE, 48)), 48)
  v128.store(STATE, add(e, v128.load(STATE, 64)), 64)
  v128.store(STATE, add(f, v128.load(STATE, 80)), 80)
  v128.store(STATE, add(g, v128.load(STATE, 96)), 96)
  v128.store(STATE, add(h, v128.load(STATE, 112)), 112)
}

/**
 * The second block of a node hash (RFC 6962: 01, left, right: 65 bytes) holds one free byte, the last of `right`;
 * the rest is padding. So its whole schedule, round constants added, is one of 256, computed here once: it saves
 * nearly a quarter of the work of that block.
 */
export function prepare(): void {
  for (let byte: u32 = 0; byte < 256; byte += 4) {
    for (let i: usize = 1; i < 15; i++) v128.store(WORDS + (i << 4), i32x4.splat(0))
    v128.store(WORDS, add(i32x4.splat((byte << 24) | 0x800000), i32x4(0, 0x1000000, 0x2000000, 0x3000000)))
    v128.store(WORDS, i32x4.splat(65 * 8), 240)
    schedule()
    const row = TAILS + (<usize>byte << 8)
    for (let t: usize = 0; t < 64; t++) {
      for (let lane: usize = 0; lane < 4; lane++) {
        store<u32>(row + (lane << 8) + (t << 2), load<u32>(SUMS + (t << 4) + (lane << 2)))
      }
    }
  }
}

/**
 * Hashes `count` nodes: 64 bytes each at `input`, 32 bytes each to `output`. `output` may be `input`. Works in
 * fours: up to three hashes beyond `count` are read and written, and one byte before `input` is read.
 */
export function nodes(input: usize, output: usize, count: u32): void {
  for (let done: u32 = 0; done < count; done += 4) {
    for (let i: usize = 0; i < 8; i++) v128.store(STATE + (i << 4), v128.load32_splat(IV + (i << 2)))
    // The prefix moves everything by one byte: load from one byte earlier, then put 01 in front.
    const at = input - 1
    loadBlocks(at, at + 64, at + 128, at + 192)
    v128.store(
      WORDS,
      v128.or(v128.and(v128.load(WORDS), i32x4.splat(0x00ffffff)), i32x4.splat(0x01000000)),
    )
    schedule()
    rounds()
    const t0 = TAILS + (<usize>load<u8>(input, 63) << 8)
    const t1 = TAILS + (<usize>load<u8>(input, 127) << 8)
    const t2 = TAILS + (<usize>load<u8>(input, 191) << 8)
    const t3 = TAILS + (<usize>load<u8>(input, 255) << 8)
    for (let i: usize = 0; i < 256; i += 16) {
      transpose(v128.load(t0 + i), v128.load(t1 + i), v128.load(t2 + i), v128.load(t3 + i), SUMS + (i << 2))
    }
    rounds()
    for (let half: usize = 0; half < 2; half++) {
      const from = STATE + (half << 6)
      transpose(v128.load(from), v128.load(from, 16), v128.load(from, 32), v128.load(from, 48), WORDS)
      for (let lane: usize = 0; lane < 4; lane++) {
        v128.store(output + (lane << 5) + (half << 4), swapBytes(v128.load(WORDS + (lane << 4))))
      }
    }
    input += 256
    output += 128
  }
}

// @ts-ignore: decorator
@inline
function start(lane: usize, job: usize, output: usize): void {
  const entry = LANES + (lane << 4)
  store<u32>(entry, load<u32>(job))
  store<u32>(entry, load<u32>(job, 4), 4)
  store<u32>(entry, 64, 8)
  store<u32>(entry, <u32>output, 12)
  for (let i: usize = 0; i < 8; i++) {
    store<u32>(STATE + (i << 4) + (lane << 2), load<u32>(IV + (i << 2)))
  }
}

/**
 * Hashes `count` messages of any lengths. A job is two u32: the address of the padded message and its number of
 * 64-byte blocks. A lane takes the next job when it is done, so lengths need not match; 32 bytes each to `output`.
 */
export function many(jobs: usize, count: u32, output: usize): void {
  let next: u32 = 0
  let live: i32 = 0
  for (let lane: usize = 0; lane < 4; lane++) {
    if (next < count) {
      start(lane, jobs + (<usize>next << 3), output + (<usize>next << 5))
      next++
      live++
    } else {
      // An idle lane hashes whatever is at `jobs`, for nobody.
      const entry = LANES + (lane << 4)
      store<u32>(entry, <u32>jobs)
      store<u32>(entry, IDLE, 4)
      store<u32>(entry, 0, 8)
    }
  }
  while (live > 0) {
    let run = load<u32>(LANES, 4)
    for (let lane: usize = 1; lane < 4; lane++) {
      const left = load<u32>(LANES + (lane << 4), 4)
      if (left < run) run = left
    }
    for (let r: u32 = 0; r < run; r++) {
      loadBlocks(load<u32>(LANES), load<u32>(LANES, 16), load<u32>(LANES, 32), load<u32>(LANES, 48))
      schedule()
      rounds()
      for (let lane: usize = 0; lane < 4; lane++) {
        const entry = LANES + (lane << 4)
        store<u32>(entry, load<u32>(entry) + load<u32>(entry, 8))
      }
    }
    for (let lane: usize = 0; lane < 4; lane++) {
      const entry = LANES + (lane << 4)
      const left = load<u32>(entry, 4)
      if (left == IDLE) continue
      store<u32>(entry, left - run, 4)
      if (left != run) continue
      const to = <usize>load<u32>(entry, 12)
      for (let i: usize = 0; i < 8; i++) {
        store<u32>(to + (i << 2), bswap<u32>(load<u32>(STATE + (i << 4) + (lane << 2))))
      }
      if (next < count) {
        start(lane, jobs + (<usize>next << 3), output + (<usize>next << 5))
        next++
      } else {
        store<u32>(entry, <u32>jobs)
        store<u32>(entry, IDLE, 4)
        store<u32>(entry, 0, 8)
        live--
      }
    }
  }
}
