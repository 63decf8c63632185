import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventId } from '@commonhold/protocol'
import { NO_ROUND, type RoundResult } from '../src/index.ts'
import { FOUNDER, TestCommunity } from './support/community.ts'
import { items, REVIEWERS, reviewAll } from './support/round.ts'
import { LABELS } from './support/texts.ts'

/** A round in which only `bea` and `cem` contribute, `cem` joining as `invite` says. */
function pair(invite: (community: TestCommunity) => void): RoundResult {
  const community = new TestCommunity({ labels: LABELS })
  for (const name of REVIEWERS) community.join(name, { reviewer: true })
  invite(community)
  community.openRound()
  for (const item of items(36, '', ['bea', 'cem'])) community.submit(item)
  reviewAll(community, NO_ROUND)
  community.closeReviews()
  return community.run()
}

const trainedValues = ({ attribution, holdOut }: RoundResult): readonly bigint[] =>
  Array.from(attribution.values)
    .filter(([leader]) => !holdOut.includes(leader as EventId))
    .map(([, value]) => value)

const anyWorth = (result: RoundResult): boolean => trainedValues(result).some((value) => value !== 0n)

test('nothing is worth anything where every hold-out item is by the author or somebody related', () => {
  const invited = pair((community) => {
    community.join('bea')
    community.join('cem', { by: 'bea' })
  })
  assert.ok(!anyWorth(invited), 'the inviter and the invited')
  const overSteps = pair((community) => {
    community.join('cem', { by: FOUNDER })
    community.join('dot', { by: 'cem' })
    community.join('bea', { by: 'dot' })
  })
  assert.ok(!anyWorth(overSteps), 'over two steps, the other way')
})

test('siblings under one inviter and strangers are measured on each other', () => {
  const siblings = pair((community) => {
    community.join('bea', { by: FOUNDER })
    community.join('cem', { by: FOUNDER })
  })
  assert.ok(anyWorth(siblings))
  const strangers = pair((community) => {
    community.join('bea')
    community.join('cem')
  })
  assert.ok(anyWorth(strangers))
})

test('every cluster of the data set has a value, and hold-out items the mean of the trained ones', () => {
  const result = pair((community) => {
    community.join('bea')
    community.join('cem')
  })
  const { values } = result.attribution
  assert.equal(values.size, result.rows.length)
  const trained = trainedValues(result)
  const sum = trained.reduce((total, one) => total + one, 0n)
  const mean = sum / BigInt(trained.length) - (sum < 0n && sum % BigInt(trained.length) !== 0n ? 1n : 0n)
  for (const leader of result.holdOut) assert.equal(values.get(leader), mean)
})

test('only the last rounds of the charter are kept', () => {
  const community = new TestCommunity({ labels: LABELS, averageRounds: 2 })
  for (const name of ['bea', 'cem', 'dot']) community.join(name)
  for (const name of REVIEWERS) community.join(name, { reviewer: true })
  let state = NO_ROUND
  for (let round = 1; round <= 3; round++) {
    community.openRound()
    for (const item of items(12, String(round))) community.submit(item)
    reviewAll(community, state)
    community.closeReviews()
    const result = community.run(state)
    assert.equal(result.attribution.recent.length, Math.min(round, 2))
    assert.deepEqual(result.attribution.recent.at(-1), result.attribution.values)
    if (round > 1) assert.deepEqual(result.attribution.recent[0], state.values.at(-1))
    community.close(result)
    state = result.state
  }
})
