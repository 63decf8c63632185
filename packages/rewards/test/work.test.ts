import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { memberId } from '@commonhold/protocol'
import fc from 'fast-check'
import { allocateBase, allocateWork, type BaseItem, type Work } from '../src/index.ts'

const ANA = memberId('aa'.repeat(32))
const BEN = memberId('bb'.repeat(32))
const item = (
  id: string,
  category: string,
  verdict: BaseItem['verdict'] = 'accepted',
  member = ANA,
): BaseItem => ({
  item: id,
  member,
  category,
  verdict,
})
const amounts = (
  lines: readonly { readonly item: string; readonly amount: bigint }[],
): Record<string, bigint> => Object.fromEntries(lines.map(({ item: id, amount }) => [id, amount]))

describe('base pay', () => {
  const quotas = new Map([
    ['heating', 3],
    ['noise', 1],
  ])

  test('an item within the quota earns budget / quota, and the rest stays unspent', () => {
    const { lines, unspent } = allocateBase(400n, quotas, [item('a', 'heating'), item('b', 'heating')])
    assert.deepEqual(amounts(lines), { a: 100n, b: 100n })
    assert.equal(unspent, 200n)
  })

  test('above the quota a category shares its own budget and no more', () => {
    const noise = ['a', 'b', 'c', 'd'].map((id) => item(id, 'noise'))
    const { lines, unspent } = allocateBase(400n, quotas, [...noise, item('e', 'heating')])
    assert.deepEqual(amounts(lines), { a: 25n, b: 25n, c: 25n, d: 25n, e: 100n })
    assert.equal(unspent, 200n)
  })

  test('a corrected item earns half', () => {
    const { lines } = allocateBase(400n, quotas, [item('a', 'heating'), item('b', 'heating', 'corrected')])
    assert.deepEqual(amounts(lines), { a: 100n, b: 50n })
  })

  test('a category without a quota earns nothing, and without any quota the budget stays whole', () => {
    const unwanted = allocateBase(400n, quotas, [item('a', 'parking')])
    assert.deepEqual([amounts(unwanted.lines), unwanted.unspent], [{ a: 0n }, 400n])
    assert.equal(allocateBase(400n, new Map(), [item('a', 'heating')]).unspent, 400n)
  })

  test('amounts and what is unspent sum to the budget', () => {
    const items = fc.array(
      fc.record({
        category: fc.constantFrom('heating', 'noise', 'parking'),
        verdict: fc.constantFrom('accepted' as const, 'corrected' as const),
      }),
      { maxLength: 20 },
    )
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 12n }), items, (budget, list) => {
        const paid = allocateBase(
          budget,
          quotas,
          list.map((one, i) => ({ ...one, item: `i${i}`, member: ANA })),
        )
        const spent = paid.lines.reduce((sum, { amount }) => sum + amount, 0n)
        assert.equal(spent + paid.unspent, budget)
        assert.ok(paid.unspent >= 0n)
      }),
    )
  })
})

describe('value pay', () => {
  test('splitting one owner into two changes no line', () => {
    const values = fc.array(fc.bigInt({ min: 0n, max: 1000n }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(values, (averages) => {
        const owned = (owner: (i: number) => typeof ANA) =>
          averages.map(
            (weight, i): Work => ({ item: `i${i}`, member: owner(i), kind: 'value', weight, reviewed: true }),
          )
        const one = allocateWork(
          10n ** 18n,
          owned(() => ANA),
          'sponsors',
        )
        const two = allocateWork(
          10n ** 18n,
          owned((i) => (i % 2 === 0 ? ANA : BEN)),
          'sponsors',
        )
        one.lines.forEach(({ amount }, i) => {
          const difference = amount - two.lines[i]!.amount
          assert.ok(difference <= 1n && difference >= -1n)
        })
      }),
    )
  })
})

test('a pool with no positive weight stays whole, and its lines say zero', () => {
  const work: Work[] = [{ member: ANA, kind: 'review', item: 'r', weight: 0n, reviewed: true }]
  const { lines, unspent } = allocateWork(10n, work, 'sponsors')
  assert.equal(unspent, 10n)
  assert.equal(lines[0]?.amount, 0n)
})

test('the same work twice is a bug', () => {
  const work: Work = { member: ANA, kind: 'review', item: 'r', weight: 1n, reviewed: true }
  assert.throws(() => allocateWork(10n, [work, work], 'sponsors'), /twice/)
})
