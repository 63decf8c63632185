import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AcceptedCluster, NO_ROUND } from '../src/index.ts'
import { FOUNDER, TestCommunity } from './support/community.ts'
import { items, joinAll, REVIEWERS, reviewAll, truthful, wavesOf } from './support/round.ts'
import { LABELS, textAbout } from './support/texts.ts'

function opened(charter = {}): TestCommunity {
  const community = new TestCommunity({ labels: LABELS, ...charter })
  joinAll(community)
  community.openRound()
  return community
}

const outcome = ({ item, author, label, standing, round }: AcceptedCluster) => ({
  item,
  author,
  label,
  standing,
  round,
})

test('consensus with the author accepts, another consensus corrects, and the round is noted', () => {
  const community = opened()
  for (const item of items(12)) community.submit(item)
  const text = textAbout('heat', 99)
  const wrong = community.submit({ author: 'bea', text, label: 'noise' })
  const say = truthful(community)
  reviewAll(community, NO_ROUND, (item, name) => (item === wrong ? 'heat' : say(item, name)))
  community.closeReviews()
  const { fresh } = community.run().curation
  assert.equal(fresh.length, 13)
  const last = fresh.at(-1) as AcceptedCluster
  assert.deepEqual(outcome(last), {
    item: wrong,
    author: community.idOf('bea'),
    label: 'heat',
    standing: 'corrected',
    round: 1,
  })
  for (const { standing } of fresh.slice(0, -1)) assert.equal(standing, 'accepted')
})

test('a near-copy with the right label gets the credit of a correction: it brought the label, not the text', () => {
  const community = opened()
  for (const item of items(12)) community.submit(item)
  const text = textAbout('heat', 99)
  const leader = community.submit({ author: 'bea', text, label: 'noise' })
  const right = community.submit({ author: 'cem', text: `${text}!`, label: 'heat' })
  community.submit({ author: 'dot', text: `${text}?`, label: 'heat' })
  const say = truthful(community)
  reviewAll(community, NO_ROUND, (item, name) => (item === leader ? 'heat' : say(item, name)))
  community.closeReviews()
  const { rows, curation } = community.run()
  const cluster = curation.accepted.get(leader) as AcceptedCluster
  assert.deepEqual(outcome(cluster), {
    item: right,
    author: community.idOf('cem'),
    label: 'heat',
    standing: 'corrected',
    round: 1,
  })
  assert.equal(rows.filter((row) => row.leader === leader).length, 1, 'a copy is trained on never')
})

test('one text handed in under every label is asked for its first label only', () => {
  const community = opened()
  for (const item of items(12)) community.submit(item)
  const text = textAbout('heat', 99)
  const leader = community.submit({ author: 'bea', text, label: 'noise' })
  community.submit({ author: 'bea', text: `${text}!`, label: 'heat' })
  community.submit({ author: 'bea', text: `${text}?`, label: 'keys' })
  const say = truthful(community)
  reviewAll(community, NO_ROUND, (item, name) => (item === leader ? 'heat' : say(item, name)))
  community.closeReviews()
  const cluster = community.run().curation.accepted.get(leader) as AcceptedCluster
  assert.equal(cluster.item, leader)
  assert.equal(cluster.standing, 'corrected')
})

test('nobody is drawn to judge a cluster that holds an item of their own', () => {
  const community = opened()
  for (const item of items(12)) community.submit(item)
  const text = textAbout('heat', 99)
  const leader = community.submit({ author: 'bea', text, label: 'heat' })
  for (const [i, author] of REVIEWERS.slice(1).entries())
    community.submit({ author, text: `${text}${'!'.repeat(i + 1)}`, label: 'noise' })
  const say = truthful(community)
  reviewAll(community, NO_ROUND, say)
  community.closeReviews()
  const drawn = community.run().waves.drawn.get(leader)
  assert.ok(drawn?.includes(community.idOf(REVIEWERS[0] as string)))
  for (const author of REVIEWERS.slice(1)) assert.ok(!drawn?.includes(community.idOf(author)))
})

test('imported items stand with their own label and earn the standing that says so', () => {
  const community = opened({ imported: 'accepted' })
  const ids = community.import(items(12))
  community.closeReviews()
  const { fresh } = community.run().curation
  assert.deepEqual(
    fresh.map(({ item, standing, label }) => ({ item, standing, label })),
    ids.map((item) => ({ item, standing: 'imported', label: community.view.contributions.get(item)?.label })),
  )
})

test('an item whose gold answer is revealed is gold', () => {
  const community = opened()
  const gold = { text: textAbout('keys', 50), label: 'keys' }
  community.commitGold([gold])
  for (const other of items(12)) community.submit(other)
  const item = community.submit({ author: FOUNDER, ...gold })
  reviewAll(community, NO_ROUND)
  community.closeReviews()
  community.revealGold(item, gold.text, gold.label)
  const { curation, holdOut, pay } = community.run()
  assert.equal(curation.accepted.get(item)?.standing, 'gold')
  assert.ok(!holdOut.includes(item))
  assert.ok(!pay.closed.lines.some((line) => line.item === item), 'gold is never paid')
})

test('what stays undecided waits, and a later round decides it with the reviews of both', () => {
  const community = opened()
  for (const item of items(30)) community.submit(item)
  const disputed = community.submit({ author: 'bea', text: textAbout('heat', 99), label: 'heat' })
  const say = truthful(community)
  const wrong = ['keys', 'noise']
  reviewAll(community, NO_ROUND, (item, name) => (item === disputed ? wrong.pop() : say(item, name)), 1)
  const before = wavesOf(community, NO_ROUND).reviews.filter(({ item }) => item === disputed)
  assert.equal(before.length, 2)
  community.closeReviews()
  const first = community.run()
  assert.equal(first.curation.accepted.size, 30)
  assert.ok(!first.curation.accepted.has(disputed))
  assert.ok(!first.rows.some(({ leader }) => leader === disputed))
  community.close(first)
  community.openRound()
  for (const item of items(6, 'second')) community.submit(item)
  reviewAll(community, first.state)
  const { reviews, drawn } = wavesOf(community, first.state)
  const own = reviews.filter(({ item }) => item === disputed)
  assert.deepEqual(own.slice(0, 2), before, 'earlier reviews still count')
  assert.ok(own.length > 2, 'and others were asked')
  assert.equal(new Set(drawn.get(disputed)).size, own.length, 'nobody twice')
  community.closeReviews()
  const second = community.run(first.state)
  assert.deepEqual(second.curation.accepted.get(disputed)?.standing, 'accepted')
  const now = second.waves.reviews.filter(({ index }) => index > (community.view.rounds[1]?.opened ?? 0))
  const valid = [...second.pay.reviewers.values()].reduce((sum, one) => sum + one.valid, 0)
  assert.equal(valid, now.length, 'earlier reviews are not paid again')
})

test('gold that its own round left undecided is gold when a later round settles it', () => {
  const community = opened({ reviews: { first: 2, most: 5, acceptPpm: 800_000 } })
  const gold = { text: textAbout('heat', 99), label: 'heat' }
  community.commitGold([gold])
  for (const other of items(12)) community.submit(other)
  const item = community.submit({ author: FOUNDER, ...gold })
  const say = truthful(community)
  reviewAll(community, NO_ROUND, (id, name) => (id === item ? undefined : say(id, name)), 1)
  community.closeReviews()
  community.revealGold(item, gold.text, gold.label)
  const first = community.run()
  assert.ok(!first.curation.accepted.has(item))
  community.close(first)
  community.openRound()
  for (const other of items(6, 'second')) community.submit(other)
  // Who was not sure before has answered.
  community.join('new', { reviewer: true })
  reviewAll(community, first.state)
  community.closeReviews()
  const second = community.run(first.state)
  assert.equal(second.curation.accepted.get(item)?.standing, 'gold')
  assert.ok(!second.holdOut.includes(item))
  assert.ok(!second.pay.closed.lines.some((line) => line.item === item))
})
