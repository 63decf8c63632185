// Inner products of 8-bit rows with four 16-bit queries at once. src/top-k.ts lays out the memory.

/**
 * products[q][r] = row r . query q for four queries (`products` has four rows of `stride` i32). `width` is a multiple
 * of 16: a row is `width` bytes, a query `width` i16. Widening a row once for four queries is what makes it fast.
 */
export function dots4(rows: usize, count: u32, width: u32, queries: usize, products: usize, stride: u32): void {
  const bytes: usize = width * 2
  const query1 = queries + bytes
  const query2 = query1 + bytes
  const query3 = query2 + bytes
  const line: usize = stride * 4
  for (let r: u32 = 0; r < count; r++) {
    let sum0 = i32x4.splat(0)
    let sum1 = i32x4.splat(0)
    let sum2 = i32x4.splat(0)
    let sum3 = i32x4.splat(0)
    for (let at: usize = 0; at < bytes; at += 32) {
      const packed = v128.load(rows)
      rows += 16
      const low = i16x8.extend_low_i8x16_s(packed)
      const high = i16x8.extend_high_i8x16_s(packed)
      sum0 = dot(sum0, low, high, queries + at)
      sum1 = dot(sum1, low, high, query1 + at)
      sum2 = dot(sum2, low, high, query2 + at)
      sum3 = dot(sum3, low, high, query3 + at)
    }
    const out = products + r * 4
    store<i32>(out, total(sum0))
    store<i32>(out + line, total(sum1))
    store<i32>(out + 2 * line, total(sum2))
    store<i32>(out + 3 * line, total(sum3))
  }
}

// @ts-ignore: decorator
@inline
function dot(sum: v128, low: v128, high: v128, query: usize): v128 {
  const first = i32x4.dot_i16x8_s(low, v128.load(query))
  return i32x4.add(sum, i32x4.add(first, i32x4.dot_i16x8_s(high, v128.load(query, 16))))
}

// @ts-ignore: decorator
@inline
function total(sum: v128): i32 {
  return (
    i32x4.extract_lane(sum, 0) +
    i32x4.extract_lane(sum, 1) +
    i32x4.extract_lane(sum, 2) +
    i32x4.extract_lane(sum, 3)
  )
}
