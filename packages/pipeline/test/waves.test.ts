import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Charter, EventId, MemberId } from '@commonhold/protocol'
import { NO_ROUND, type RoundState } from '../src/index.ts'
import { FOUNDER, TestCommunity } from './support/community.ts'
import { AUTHORS, items, joinAll, REVIEWERS, reviewAll, sorted, wavesOf } from './support/round.ts'
import { LABELS, textAbout } from './support/texts.ts'

const REVIEWS: Charter['reviews'] = { first: 2, most: 4, acceptPpm: 800_000 }

function opened(reviews = REVIEWS): TestCommunity {
  const community = new TestCommunity({ labels: LABELS, reviews })
  joinAll(community)
  community.openRound()
  return community
}

const waves = (community: TestCommunity, previous: RoundState = NO_ROUND) => wavesOf(community, previous)
const nameOf = (community: TestCommunity, id: MemberId): string =>
  [FOUNDER, ...AUTHORS, ...REVIEWERS].find((name) => community.idOf(name) === id) ?? 'a stranger'

test('nobody is drawn before the first wave, and then as many reviewers as the charter says', () => {
  const community = opened()
  const ids = items(9).map((item) => community.submit(item))
  assert.deepEqual(waves(community).undecided, ids)
  assert.equal([...waves(community).drawn.values()].flat().length, 0)
  community.openWave()
  const { drawn } = waves(community)
  assert.deepEqual([...drawn.keys()], ids)
  for (const some of drawn.values()) assert.equal(new Set(some).size, 2)
})

test('only reviewers whose role is older than the wave are drawn', () => {
  const community = opened()
  const item = community.submit({ author: 'bea', text: textAbout('heat', 1), label: 'heat' })
  community.openWave()
  community.join('late', { reviewer: true })
  const first = new Set(waves(community).drawn.get(item))
  assert.ok(!first.has(community.idOf('late')))
  for (const id of first) assert.ok(community.view.members.get(id)?.roles.has('reviewer'))
  assert.ok(!first.has(community.idOf('bea')), 'an author is no reviewer')
})

test('nobody is drawn for an own item or for one of somebody related by invites', () => {
  const community = new TestCommunity({ labels: LABELS, reviews: { first: 5, most: 5, acceptPpm: 800_000 } })
  community.join('top', { by: FOUNDER, reviewer: true })
  community.join('child', { by: 'top', reviewer: true })
  community.join('grandchild', { by: 'child', reviewer: true })
  community.join('sibling', { by: 'top', reviewer: true })
  community.join('stranger', { reviewer: true })
  community.openRound()
  const submit = (author: string, i: number) =>
    community.submit({ author, text: textAbout('heat', i), label: 'heat' })
  const byGrandchild = submit('grandchild', 1)
  const byTop = submit('top', 2)
  const byFounder = submit(FOUNDER, 3)
  community.openWave()
  const { drawn } = waves(community)
  const ids = (...names: readonly string[]) => sorted(names.map((name) => community.idOf(name)))
  assert.deepEqual(sorted(drawn.get(byGrandchild) ?? []), ids('sibling', 'stranger'))
  assert.deepEqual(sorted(drawn.get(byTop) ?? []), ids('stranger'))
  const invited = ids('top', 'child', 'grandchild', 'sibling', 'stranger')
  assert.deepEqual(sorted(drawn.get(byFounder) ?? []), invited, 'an organiser is judged by the invited')
})

test('whoever is not sure has answered, and somebody else is drawn in the next wave', () => {
  const community = opened()
  const item = community.submit({ author: 'bea', text: textAbout('heat', 1), label: 'heat' })
  community.openWave()
  const [unsure, sure] = waves(community).drawn.get(item) as readonly MemberId[]
  community.review(nameOf(community, unsure as MemberId), item)
  community.review(nameOf(community, sure as MemberId), item, 'heat')
  assert.deepEqual(waves(community).undecided, [item], 'one label is less than the first wave asks for')
  community.openWave()
  const { drawn, reviews } = waves(community)
  assert.equal(reviews.length, 2)
  const third = drawn.get(item)?.at(-1) as MemberId
  assert.equal(drawn.get(item)?.length, 3)
  community.review(nameOf(community, third), item, 'heat')
  assert.deepEqual(waves(community).undecided, [])
})

test('a reviewer who was drawn and did not answer is followed by another, up to the most', () => {
  const community = opened({ first: 1, most: 2, acceptPpm: 800_000 })
  const item = community.submit({ author: 'bea', text: textAbout('heat', 1), label: 'heat' })
  for (const expected of [1, 2, 2]) {
    community.openWave()
    assert.equal(waves(community).drawn.get(item)?.length, expected)
  }
})

test('a review counts only if a wave before it drew its author', () => {
  const community = opened({ first: 1, most: 4, acceptPpm: 999_999 })
  const item = community.submit({ author: 'bea', text: textAbout('heat', 1), label: 'heat' })
  community.openWave()
  const [drawn] = waves(community).drawn.get(item) as readonly MemberId[]
  const others = [FOUNDER, ...REVIEWERS].filter((name) => community.idOf(name) !== drawn)
  for (const name of others) community.review(name, item, 'noise')
  assert.deepEqual(waves(community).reviews, [], 'nobody asked them')
  // Those who answered unasked may be drawn afterwards, and what they said before does not count even then.
  community.openWave()
  assert.equal(waves(community).drawn.get(item)?.length, 2)
  assert.deepEqual(waves(community).reviews, [])
  const own = community.review(nameOf(community, drawn as MemberId), item, 'heat')
  assert.deepEqual(
    waves(community).reviews.map(({ id }) => id),
    [own],
  )
})

test('imported reviews count without a draw, and no item that they settle is drawn for', () => {
  const community = new TestCommunity({ labels: LABELS, reviews: REVIEWS, imported: 'review' })
  joinAll(community)
  community.openRound()
  const [settled, open] = community.import(items(2)) as readonly [EventId, EventId]
  community.importReviews(
    ['x', 'y', 'z'].map((worker) => ({ item: settled, worker, label: items(1)[0]?.label as string })),
  )
  assert.deepEqual(waves(community).undecided, [open])
  assert.equal(waves(community).reviews.length, 3)
  community.openWave()
  const { drawn } = waves(community)
  assert.equal(drawn.get(settled)?.length, 0)
  assert.equal(drawn.get(open)?.length, 2)
})

test('imported items are accepted without a wave where the charter says so', () => {
  const community = new TestCommunity({ labels: LABELS, imported: 'accepted' })
  joinAll(community)
  community.openRound()
  community.import(items(3))
  const own = community.submit({ author: 'bea', text: textAbout('heat', 77), label: 'heat' })
  assert.deepEqual(waves(community).waiting, [own])
})

test('each draw depends on the log before its wave alone', () => {
  const draw = (extra: boolean) => {
    const community = opened()
    const ids = items(9).map((item) => community.submit(item))
    community.openWave()
    if (extra) community.join('late', { reviewer: true })
    return ids.map((id) => waves(community).drawn.get(id))
  }
  assert.deepEqual(draw(true), draw(false))
  const community = opened()
  community.join('early')
  const ids = items(9).map((item) => community.submit(item))
  community.openWave()
  assert.notDeepEqual(
    ids.map((id) => waves(community).drawn.get(id)),
    draw(false),
    'an event before the wave changes the lot',
  )
})

test('the load is shared: nobody is drawn for more than one item above another', () => {
  const community = opened()
  for (const item of items(30)) community.submit(item)
  community.openWave()
  const load = new Map<MemberId, number>()
  for (const some of waves(community).drawn.values())
    for (const id of some) load.set(id, (load.get(id) ?? 0) + 1)
  const counts = [...load.values()]
  assert.equal(
    counts.reduce((sum, one) => sum + one, 0),
    60,
  )
  assert.ok(Math.max(...counts) - Math.min(...counts) <= 1)
})

test('reviewing ends: every item is decided or has the most reviewers, and nobody judged it twice', () => {
  const community = opened()
  const ids = items(12).map((item) => community.submit(item))
  // Everybody always says something else: nothing is ever decided by agreement.
  const say = (item: EventId, reviewer: string) =>
    LABELS[(ids.indexOf(item) + reviewer.charCodeAt(0)) % LABELS.length] as string
  reviewAll(community, NO_ROUND, say)
  const { drawn, undecided } = waves(community)
  assert.deepEqual(undecided, [])
  for (const some of drawn.values()) {
    assert.ok(some.length <= REVIEWS.most)
    assert.equal(new Set(some).size, some.length)
  }
})
