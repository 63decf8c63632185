import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventId } from '@commonhold/protocol'
import { NO_ROUND, type RoundState, readCorpus } from '../src/index.ts'
import { TestCommunity } from './support/community.ts'
import { items, joinAll, reviewAll } from './support/round.ts'
import { LABELS, textAbout } from './support/texts.ts'

function opened(): TestCommunity {
  const community = new TestCommunity({ labels: LABELS })
  joinAll(community)
  community.openRound()
  return community
}

const clustersOf = (community: TestCommunity, round: number, previous: RoundState = NO_ROUND) =>
  readCorpus(community.view, round, community.read, previous).clusters

test('a near-duplicate joins the first item that it repeats, whoever sent it', () => {
  const community = opened()
  const text = textAbout('heat', 1)
  const other = community.submit({ author: 'cem', text: textAbout('keys', 1), label: 'keys' })
  const leader = community.submit({ author: 'bea', text, label: 'heat' })
  const copy = community.submit({ author: 'cem', text: `${text} !`, label: 'noise' })
  const again = community.submit({ author: 'bea', text: text.toUpperCase(), label: 'heat' })
  assert.deepEqual(
    clustersOf(community, 1),
    new Map([
      [other, [other]],
      [leader, [leader, copy, again]],
    ]),
  )
})

test('clusters of a round stay in the next, where copies join them and new texts lead their own', () => {
  const community = opened()
  const first = items(12).map((item) => community.submit(item))
  reviewAll(community, NO_ROUND)
  community.closeReviews()
  const result = community.run()
  community.close(result)
  community.openRound()
  const copy = community.submit({ author: 'dot', text: `${textAbout('heat', 0)} ...`, label: 'heat' })
  const fresh = community.submit({ author: 'dot', text: textAbout('heat', 500), label: 'heat' })
  const clusters = clustersOf(community, 2, result.state)
  assert.deepEqual(Array.from(clusters.keys()), [...first, fresh])
  assert.deepEqual(clusters.get(first[0] as EventId), [first[0], copy])
  assert.deepEqual(
    result.state.clusters.get(first[0] as EventId),
    [first[0]],
    'the state before stays as it was',
  )
})

test('submissions after the first wave belong to the next round', () => {
  const community = opened()
  const early = community.submit({ author: 'bea', text: textAbout('heat', 1), label: 'heat' })
  community.openWave()
  const late = community.submit({ author: 'bea', text: textAbout('heat', 2), label: 'heat' })
  assert.deepEqual(Array.from(clustersOf(community, 1).keys()), [early])
  assert.deepEqual(Array.from(clustersOf(community, 2).keys()), [early, late])
})

test('an erased text is near nothing, not even another erased one', () => {
  const community = opened()
  const ids = [1, 2, 3].map((i) =>
    community.submit({ author: 'bea', text: `${textAbout('heat', 1)}${'.'.repeat(i)}`, label: 'heat' }),
  )
  assert.equal(clustersOf(community, 1).size, 1)
  const { clusters, items: all } = readCorpus(community.view, 1, () => undefined, NO_ROUND)
  assert.deepEqual(Array.from(clusters.keys()), ids)
  assert.equal(all.get(ids[0] as EventId)?.vector.ids.length, 0)
})
