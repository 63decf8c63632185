import { compareText } from '@commonhold/protocol'

/**
 * Splits `pool` in proportion to `weights` by the largest-remainder method. The amounts sum to `pool` exactly; the units
 * left over go to the largest remainders, of equals to the smaller id (byte order), so that the order of the map decides
 * nothing but the order of the result.
 *
 * @param pool Amount in the smallest unit, >= 0.
 * @param weights >= 0; a zero total gives an empty map: nobody is paid.
 */
export function allocate<Id extends string>(pool: bigint, weights: ReadonlyMap<Id, bigint>): Map<Id, bigint> {
  if (pool < 0n) throw new Error('a pool is not negative')
  let total = 0n
  for (const [id, weight] of weights) {
    if (weight < 0n) throw new Error(`the weight of ${id} is negative`)
    total += weight
  }
  if (total === 0n) return new Map()
  let left = pool
  const remainders: { readonly id: Id; readonly remainder: bigint }[] = []
  const amounts = new Map<Id, bigint>()
  for (const [id, weight] of weights) {
    const product = pool * weight
    const amount = product / total
    left -= amount
    amounts.set(id, amount)
    remainders.push({ id, remainder: product - amount * total })
  }
  remainders.sort((a, b) => compareBigint(b.remainder, a.remainder) || compareText(a.id, b.id))
  for (const { id } of remainders.slice(0, Number(left))) amounts.set(id, (amounts.get(id) ?? 0n) + 1n)
  return amounts
}

const compareBigint = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)
