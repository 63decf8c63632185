// One pass of softmax regression by SGD over sparse rows (docs/spec/learning.md, Training). Lane q of a row belongs to
// class q; every sum runs in one fixed order, every operation is IEEE 754 without fusing: all engines agree to the bit.
// src/softmax.ts lays out the memory. A row of weights is `lanes` f32, `lanes` a multiple of 16 (one cache line).

const LOG2E: f32 = 1.44269504088896341
// ln 2 in two parts: the first has few enough bits that n times it is exact.
const LN2_HIGH: f32 = 0.693359375
const LN2_LOW: f32 = -2.12194440e-4
/** exp of less is taken as exp of this, about 2^-126. */
const SMALLEST: f32 = -87.0

/**
 * exp of four f32 <= 0, within 2 units in the last place: Cephes' polynomial on [-ln2/2, ln2/2], scaled by 2^n.
 */
// @ts-ignore: decorator
@inline
function exp4(x: v128): v128 {
  const clamped = f32x4.max(x, f32x4.splat(SMALLEST))
  const n = f32x4.nearest(f32x4.mul(clamped, f32x4.splat(LOG2E)))
  let r = f32x4.sub(clamped, f32x4.mul(n, f32x4.splat(LN2_HIGH)))
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(LN2_LOW)))
  let p = f32x4.splat(1.9875691500e-4)
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3981999507e-3))
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3))
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2))
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1))
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1))
  p = f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(p, r), r), r), f32x4.splat(1.0))
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23)
  return f32x4.mul(p, power)
}

/** In place: scores of `classes` classes to probabilities; the lanes beyond them to 0. */
function softmax(scores: usize, classes: u32, lanes: u32): void {
  let best = load<f32>(scores)
  for (let q: u32 = 1; q < classes; q++) best = max<f32>(best, load<f32>(scores + 4 * q))
  const end = scores + 4 * lanes
  for (let at = scores; at < end; at += 16) {
    v128.store(at, exp4(f32x4.sub(v128.load(at), f32x4.splat(best))))
  }
  for (let at = scores + 4 * classes; at < end; at += 4) store<f32>(at, 0)
  let sums = f32x4.splat(0)
  for (let at = scores; at < end; at += 16) sums = f32x4.add(sums, v128.load(at))
  const sum =
    f32x4.extract_lane(sums, 0) +
    f32x4.extract_lane(sums, 1) +
    (f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3))
  const factor = f32x4.splat(1 / sum)
  for (let at = scores; at < end; at += 16) v128.store(at, f32x4.mul(v128.load(at), factor))
}

/** exp4 by itself, for its test: four f32 at `at`, in place. */
export function expInPlace(at: usize): void {
  v128.store(at, exp4(v128.load(at)))
}

/** scores = (sum of values[j] * row of rows[j]) * scale + bias. `rows` holds addresses, in the order of the sum. */
function score(
  rows: usize,
  values: usize,
  size: u32,
  lanes: u32,
  scale: f32,
  bias: usize,
  scores: usize,
): void {
  for (let from: usize = 0; from < 4 * lanes; from += 64) {
    let a = f32x4.splat(0)
    let b = f32x4.splat(0)
    let c = f32x4.splat(0)
    let d = f32x4.splat(0)
    for (let j: usize = 0; j < 4 * size; j += 4) {
      const row = <usize>load<u32>(rows + j) + from
      const value = v128.load32_splat(values + j)
      a = f32x4.add(a, f32x4.mul(value, v128.load(row)))
      b = f32x4.add(b, f32x4.mul(value, v128.load(row, 16)))
      c = f32x4.add(c, f32x4.mul(value, v128.load(row, 32)))
      d = f32x4.add(d, f32x4.mul(value, v128.load(row, 48)))
    }
    const factor = f32x4.splat(scale)
    const out = scores + from
    v128.store(out, f32x4.add(f32x4.mul(a, factor), v128.load(bias + from)))
    v128.store(out, f32x4.add(f32x4.mul(b, factor), v128.load(bias + from, 16)), 16)
    v128.store(out, f32x4.add(f32x4.mul(c, factor), v128.load(bias + from, 32)), 32)
    v128.store(out, f32x4.add(f32x4.mul(d, factor), v128.load(bias + from, 48)), 48)
  }
}

/** row of rows[j] -= values[j] * rate * errors, for all j. */
function descend(rows: usize, values: usize, size: u32, lanes: u32, rate: f32, errors: usize): void {
  for (let from: usize = 0; from < 4 * lanes; from += 64) {
    const factor = f32x4.splat(rate)
    const a = f32x4.mul(factor, v128.load(errors + from))
    const b = f32x4.mul(factor, v128.load(errors + from, 16))
    const c = f32x4.mul(factor, v128.load(errors + from, 32))
    const d = f32x4.mul(factor, v128.load(errors + from, 48))
    for (let j: usize = 0; j < 4 * size; j += 4) {
      const row = <usize>load<u32>(rows + j) + from
      const value = v128.load32_splat(values + j)
      v128.store(row, f32x4.sub(v128.load(row), f32x4.mul(value, a)))
      v128.store(row, f32x4.sub(v128.load(row, 16), f32x4.mul(value, b)), 16)
      v128.store(row, f32x4.sub(v128.load(row, 32), f32x4.mul(value, c)), 32)
      v128.store(row, f32x4.sub(v128.load(row, 48), f32x4.mul(value, d)), 48)
    }
  }
}

/**
 * One epoch over the examples `order[0..count)`. Example i has terms [offsets[i], offsets[i + 1]) of `rows` (addresses of
 * weight rows) and `values`, and label labels[i]. True weights are row * scale: shrinking them all by 1 - rate * decay is one
 * multiplication of `scale`. The true label's score is lowered by `margin` before the softmax. The rate falls by `fall` after each step; the bias learns at `biasRate` times the rate.
 * @returns the scale after the epoch.
 */
export function epoch(
  order: usize,
  count: u32,
  offsets: usize,
  rows: usize,
  values: usize,
  labels: usize,
  classes: u32,
  lanes: u32,
  bias: usize,
  errors: usize,
  rate: f64,
  fall: f64,
  biasRate: f64,
  decay: f64,
  margin: f32,
  scale: f64,
): f64 {
  for (let k: u32 = 0; k < count; k++) {
    const example = <usize>load<u32>(order + 4 * k) << 2
    const from = <usize>load<u32>(offsets + example)
    const size = load<u32>(offsets + example, 4) - <u32>from
    const terms = rows + (from << 2)
    const weights = values + (from << 2)
    score(terms, weights, size, lanes, <f32>scale, bias, errors)
    const target = errors + 4 * load<u32>(labels + example)
    store<f32>(target, load<f32>(target) - margin)
    softmax(errors, classes, lanes)
    store<f32>(target, load<f32>(target) - 1)
    scale *= 1 - rate * decay
    descend(terms, weights, size, lanes, <f32>(rate / scale), errors)
    const step = f32x4.splat(<f32>(rate * biasRate))
    for (let at: usize = 0; at < 4 * lanes; at += 16) {
      v128.store(bias + at, f32x4.sub(v128.load(bias + at), f32x4.mul(step, v128.load(errors + at))))
    }
    rate -= fall
  }
  return scale
}

/** Scores (rows of `lanes` at `out`, before softmax) of the examples `order[0..count)` with the weights as they stand. */
export function scores(
  order: usize,
  count: u32,
  offsets: usize,
  rows: usize,
  values: usize,
  lanes: u32,
  bias: usize,
  scale: f64,
  out: usize,
): void {
  for (let k: u32 = 0; k < count; k++) {
    const example = <usize>load<u32>(order + 4 * k) << 2
    const from = <usize>load<u32>(offsets + example)
    const size = load<u32>(offsets + example, 4) - <u32>from
    score(rows + (from << 2), values + (from << 2), size, lanes, <f32>scale, bias, out)
    out += 4 * lanes
  }
}
