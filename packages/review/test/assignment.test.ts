import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Digest, type MemberId, memberId, sha256Hex, taggedHash, utf8 } from '@commonhold/protocol'
import fc from 'fast-check'
import { acceptance, drawReviewers, type Lot, needsMore } from '../src/index.ts'

const member = (n: number): MemberId => memberId(sha256Hex(utf8(`member ${n}`)))
const SEED = sha256Hex(utf8('seed'))
const lotOf = (items: number, reviewers: number, perItem: number, more: Partial<Lot> = {}): Lot => ({
  seed: SEED,
  items: Array.from({ length: items }, (_, i) => ({
    id: sha256Hex(utf8(`item ${i}`)),
    authors: [member(i % 5)],
  })),
  reviewers: Array.from({ length: reviewers }, (_, n) => member(n)),
  already: () => [],
  perItem,
  conflict: () => false,
  ...more,
})

describe('the lot', () => {
  const shapes = [
    fc.integer({ min: 1, max: 30 }),
    fc.integer({ min: 1, max: 9 }),
    fc.integer({ min: 1, max: 5 }),
  ] as const

  test('never gives a member their own item, one of their subtree, or the same item twice', () => {
    fc.assert(
      fc.property(...shapes, (items, reviewers, perItem) => {
        const related = (a: MemberId, b: MemberId): boolean => a === member(1) && b === member(2)
        const lot = lotOf(items, reviewers, perItem, { conflict: related, already: () => [member(0)] })
        for (const [i, { reviewers: drawn }] of drawReviewers(lot).entries()) {
          const author = lot.items[i]!.authors[0]!
          assert.equal(new Set([...drawn, member(0)]).size, drawn.length + 1)
          for (const reviewer of drawn) assert.ok(reviewer !== author && !related(reviewer, author))
        }
      }),
    )
  })

  test('gives every item as many as it shall have, or everybody eligible', () => {
    fc.assert(
      fc.property(...shapes, (items, reviewers, perItem) => {
        const lot = lotOf(items, reviewers, perItem)
        for (const [i, { reviewers: drawn }] of drawReviewers(lot).entries()) {
          const eligible = lot.reviewers.filter((reviewer) => reviewer !== lot.items[i]!.authors[0]!).length
          assert.equal(drawn.length, Math.min(perItem, eligible))
        }
      }),
    )
  })

  test('balances loads to within one where nobody is excluded', () => {
    const strangers = Array.from({ length: 7 }, (_, n) => member(100 + n))
    const loads = new Map<MemberId, number>()
    for (const { reviewers } of drawReviewers(lotOf(50, 0, 3, { reviewers: strangers }))) {
      for (const reviewer of reviewers) loads.set(reviewer, (loads.get(reviewer) ?? 0) + 1)
    }
    const counts = [...loads.values()]
    assert.ok(Math.max(...counts) - Math.min(...counts) <= 1)
  })

  test('gives a single item to the smallest hashes, in any order of reviewers', () => {
    const lot = lotOf(1, 9, 2)
    const ticket = (reviewer: MemberId): Digest => taggedHash('review-lot', SEED, lot.items[0]!.id, reviewer)
    const expected = lot.reviewers
      .filter((reviewer) => reviewer !== member(0))
      .sort((a, b) => (ticket(a) < ticket(b) ? -1 : 1))
      .slice(0, 2)
    assert.deepEqual(drawReviewers(lot)[0]?.reviewers, expected)
    assert.deepEqual(
      drawReviewers({ ...lot, reviewers: [...lot.reviewers].reverse() })[0]?.reviewers,
      expected,
    )
  })

  test('adds only what a further wave lacks, and another seed draws others', () => {
    const lot = lotOf(20, 9, 3)
    const wave = drawReviewers({ ...lot, already: () => [member(7), member(8)] })
    assert.ok(wave.every(({ reviewers }) => reviewers.length === 1))
    assert.notDeepEqual(drawReviewers({ ...lot, seed: sha256Hex(utf8('another')) }), drawReviewers(lot))
  })
})

describe('waves', () => {
  const posterior = (...shares: number[]) => ({ posterior: shares })

  test('start with two, continue one by one while undecided, and end at five', () => {
    const undecided = posterior(40_000, 25_536)
    assert.deepEqual(
      [0, 1, 2, 3, 4, 5, 6].map((reviewed) => needsMore(undecided, reviewed)),
      [2, 1, 1, 1, 1, 0, 0],
    )
    assert.equal(needsMore(undefined, 0), 2)
    assert.equal(needsMore(posterior(60_000, 5536), 2), 0)
  })
})

describe('acceptance', () => {
  // 0.8 x 2^16 = 52,428.8
  const at = (share: number) => ({ label: 'a', posterior: [share, 65_536 - share] })

  test('needs a posterior of 0.8 exactly', () => {
    assert.equal(acceptance(at(52_429), 'a'), 'accepted')
    assert.equal(acceptance(at(52_428), 'a'), 'undecided')
  })

  test('corrects where the consensus differs from the author', () => {
    assert.equal(acceptance(at(52_429), 'b'), 'corrected')
    assert.equal(acceptance(at(40_000), 'b'), 'undecided')
  })

  test('follows the charter', () => {
    const rules = { acceptPpm: 500_000, firstWave: 3, mostReviewers: 3 }
    assert.equal(acceptance(at(32_768), 'a', rules), 'accepted')
    assert.equal(needsMore(undefined, 1, rules), 2)
  })
})
