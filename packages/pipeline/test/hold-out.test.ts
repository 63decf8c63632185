import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareText, type EventId, memberId, taggedHash } from '@commonhold/protocol'
import fc from 'fast-check'
import { drawHoldOut, type HoldOutRule } from '../src/hold-out.ts'
import type { AcceptedCluster } from '../src/index.ts'

const SEED = taggedHash('test-seed')

const cluster = (i: number, label: string, author: number): AcceptedCluster => {
  const leader: EventId = taggedHash('leader', String(i))
  const id = memberId(taggedHash('author', String(author)))
  return {
    leader,
    item: leader,
    author: id,
    label,
    lang: undefined,
    standing: 'accepted',
    imported: false,
    round: 1,
  }
}

const clusters = fc
  .array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(29)), { maxLength: 120 })
  .map((rows) => rows.map(([label, author], i) => cluster(i, label, author)))
const rules: fc.Arbitrary<HoldOutRule> = fc.record({
  shareBasisPoints: fc.integer({ min: 1, max: 5_000 }),
  most: fc.integer({ min: 1, max: 60 }),
})

/** The rule once more, by sorting and counting, for rounds in which nobody's part is capped. */
function naive(
  fresh: readonly AcceptedCluster[],
  { shareBasisPoints, most }: HoldOutRule,
): readonly string[] {
  const ticket = ({ leader }: AcceptedCluster) => taggedHash('hold-out', SEED, leader)
  const byTicket = (a: AcceptedCluster, b: AcceptedCluster) => compareText(ticket(a), ticket(b))
  const drawn = ['a', 'b', 'c'].flatMap((label) => {
    const own = fresh.filter((one) => one.label === label).sort(byTicket)
    return own.slice(0, Math.max(1, Math.floor((own.length * shareBasisPoints) / 10_000)))
  })
  return drawn
    .sort(byTicket)
    .slice(0, most)
    .map(({ leader }) => leader)
    .sort(compareText)
}

test('the hold-out is the share of each label with the smallest tickets, and at least one', () => {
  fc.assert(
    fc.property(clusters, rules, (all, rule) => {
      const few = all.map((one, i) => ({ ...one, author: memberId(taggedHash('author', String(i % 19))) }))
      assert.deepEqual(drawHoldOut(few, SEED, rule), naive(few, rule))
    }),
  )
})

test('no order of the clusters changes the hold-out', () => {
  fc.assert(
    fc.property(clusters, rules, fc.infiniteStream(fc.nat()), (all, rule, random) => {
      const shuffled = all
        .map((one) => ({ one, at: random.next().value as number }))
        .sort((a, b) => a.at - b.at)
        .map(({ one }) => one)
      assert.deepEqual(drawHoldOut(shuffled, SEED, rule), drawHoldOut(all, SEED, rule))
    }),
  )
})

test('once twenty authors have new clusters, none stands behind more than one in twenty, rounded up', () => {
  fc.assert(
    fc.property(clusters, rules, (all, rule) => {
      // Twenty authors in any case, and one with a quarter of everything.
      const fresh = all.map((one, i) => (i % 4 === 0 ? { ...one, author: memberId('f'.repeat(64)) } : one))
      for (let i = 0; i < 20; i++) fresh.push(cluster(1_000 + i, 'abc'[i % 3] as string, 100 + i))
      const drawn = new Set(drawHoldOut(fresh, SEED, rule))
      const planned = naive(fresh, rule).length
      const byAuthor = new Map<string, number>()
      for (const { leader, author } of fresh)
        if (drawn.has(leader)) byAuthor.set(author, (byAuthor.get(author) ?? 0) + 1)
      for (const count of byAuthor.values()) assert.ok(count <= Math.ceil(planned / 20))
      assert.ok(drawn.size <= planned)
    }),
  )
})

test('nineteen authors are not capped, twenty are', () => {
  const round = (authors: number) => {
    // One author has every cluster but one of each other author.
    const fresh = Array.from({ length: 200 }, (_, i) => cluster(i, 'a', i < authors ? i : 0))
    const drawn = new Set(drawHoldOut(fresh, SEED, { shareBasisPoints: 1_000, most: 1_000 }))
    const first = memberId(taggedHash('author', '0'))
    return fresh.filter(({ leader, author }) => drawn.has(leader) && author === first).length
  }
  assert.ok(round(19) > 10)
  assert.equal(round(20), 1)
})

test('another seed draws others', () => {
  const fresh = Array.from({ length: 100 }, (_, i) => cluster(i, 'a', i % 5))
  const rule = { shareBasisPoints: 1_000, most: 1_000 }
  assert.notDeepEqual(drawHoldOut(fresh, taggedHash('other'), rule), drawHoldOut(fresh, SEED, rule))
})
