import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalText, type EventId, ProtocolError, type View } from '@commonhold/protocol'
import {
  demandSettledData,
  encodeState,
  NO_ROUND,
  type RoundResult,
  readCorpus,
  runRound,
  STEPS,
  type Step,
} from '../src/index.ts'
import { TestCommunity } from './support/community.ts'
import { items, joinAll, reviewAll, wavesOf } from './support/round.ts'
import { LABELS, textAbout } from './support/texts.ts'

function opened(charter = {}): TestCommunity {
  const community = new TestCommunity({ labels: LABELS, ...charter })
  joinAll(community)
  community.openRound({ heat: 5, keys: 5, noise: 5 })
  return community
}

/** Two rounds, the first of 45 items. @returns both results. */
function twoRounds(): {
  readonly community: TestCommunity
  readonly results: readonly [RoundResult, RoundResult]
} {
  const community = opened()
  for (const item of items(45)) community.submit(item, 'en')
  reviewAll(community, NO_ROUND)
  community.closeReviews()
  const first = community.run()
  community.close(first)
  community.openRound({ heat: 5 })
  for (const item of items(15, 'second')) community.submit(item, 'es')
  reviewAll(community, first.state)
  community.closeReviews()
  return { community, results: [first, community.run(first.state, 1_500_000n)] }
}

const bytesOf = ({ claims, state, pay }: RoundResult): string =>
  [canonicalText(claims), Buffer.from(encodeState(state)).toString('hex'), canonicalText(pay.statement)].join(
    '\n',
  )

const failsWith = (code: string) => (error: unknown) => error instanceof ProtocolError && error.code === code

test('two rounds, run twice from the same log, come to the same bytes', () => {
  const [one, two] = [twoRounds(), twoRounds()]
  assert.equal(bytesOf(one.results[0]), bytesOf(two.results[0]))
  assert.equal(bytesOf(one.results[1]), bytesOf(two.results[1]))
  const { state } = one.results[1]
  assert.equal(state.round, 2)
  assert.equal(state.accepted.size, 60)
  assert.equal(one.results[1].claims.logSize, one.community.view.size)
})

test('each step is told once and in order', () => {
  const community = opened()
  for (const item of items(18)) community.submit(item)
  reviewAll(community, NO_ROUND)
  community.closeReviews()
  const steps: Step[] = []
  runRound({
    view: community.view,
    contents: community.read,
    previous: NO_ROUND,
    deposits: { sponsors: 0n, customers: 0n },
    onStep: (step) => steps.push(step),
  })
  assert.deepEqual(steps, STEPS)
})

test('a release that the gate promoted is live in the next round, and is measured on its hold-out', () => {
  const { results } = twoRounds()
  const [first, second] = results
  assert.equal(first.claims.promoted, true)
  assert.equal(first.state.live?.hash, first.claims.modelHash)
  assert.equal(first.claims.metrics.liveCorrect, undefined, 'nothing was live before')
  assert.equal(second.training.live?.total, second.holdOut.length)
  assert.equal(second.claims.metrics.liveCorrect, second.training.live?.correct)
  assert.equal(second.claims.promoted, second.training.gate.promoted)
  const live = second.claims.promoted ? second.claims.modelHash : first.claims.modelHash
  assert.equal(second.state.live?.hash, live)
})

test('a first release that does not beat the majority guess is not promoted, and nothing becomes live', () => {
  const community = opened()
  // Labels that have nothing to do with the texts, most of them the same.
  for (const [i, item] of items(30).entries())
    community.submit({ ...item, label: i % 5 === 0 ? 'keys' : 'heat' })
  reviewAll(community, NO_ROUND)
  community.closeReviews()
  const { claims, state, training } = community.run()
  assert.ok(training.candidate.correct <= training.candidate.majority.correct)
  assert.equal(claims.promoted, false)
  assert.equal(state.live, undefined)
})

test('the hold-out is trained on from its round on: the release learns everything, the candidate does not', () => {
  const { results } = twoRounds()
  const [first, second] = results
  assert.equal(first.claims.metrics.trained, 45)
  assert.equal(first.training.candidate.total, first.holdOut.length)
  assert.ok(first.holdOut.every((leader) => second.rows.some((row) => row.leader === leader)))
  assert.ok(!second.holdOut.some((leader) => first.curation.accepted.has(leader)), 'used once')
})

/** The same view with every map rebuilt in another order of insertion, log order of contributions kept. */
function reordered(view: View): View {
  const turn = <K, V>(map: ReadonlyMap<K, V>): Map<K, V> => new Map(Array.from(map).reverse())
  return {
    ...view,
    members: turn(view.members),
    keys: turn(view.keys),
    nonces: turn(view.nonces),
    claims: turn(view.claims),
    rounds: view.rounds.map((round) => ({ ...round, gold: turn(round.gold), quotas: turn(round.quotas) })),
  }
}

test('the order in which a view holds members, keys and quotas decides nothing', () => {
  const community = opened()
  for (const item of items(18)) community.submit(item)
  reviewAll(community, NO_ROUND)
  community.closeReviews()
  const expected = bytesOf(community.run())
  Object.assign(community.view, reordered(community.view))
  assert.equal(bytesOf(community.run()), expected)
})

test('what comes after the first wave changes neither the draws nor the data of the round', () => {
  const round = (late: boolean) => {
    const community = opened()
    const ids = items(18).map((item) => community.submit(item))
    community.openWave()
    if (late) for (const item of items(9, 'late')) community.submit(item)
    const { drawn } = wavesOf(community, NO_ROUND)
    for (const [item, some] of drawn)
      for (const id of some)
        community.review(
          community.names.get(id) as string,
          item,
          community.view.contributions.get(item)?.label,
        )
    community.closeReviews()
    return { ids, drawn, result: community.run(), community }
  }
  const [plain, late] = [round(false), round(true)]
  assert.deepEqual(late.drawn, plain.drawn)
  assert.deepEqual(
    late.result.rows.map(({ item }) => item),
    plain.ids,
  )
  assert.equal(late.result.claims.datasetRoot, plain.result.claims.datasetRoot)
  late.community.close(late.result)
  late.community.openRound()
  const { items: all } = readCorpus(late.community.view, 2, late.community.read, late.result.state)
  assert.equal(all.size, 27, 'they are in the next round')
})

test('a round needs closed reviews and a bound chain', () => {
  const community = opened()
  for (const item of items(9)) community.submit(item)
  assert.throws(() => community.run(), failsWith('round.bad_state'))
  reviewAll(community, NO_ROUND)
  assert.throws(() => community.run(), failsWith('round.bad_state'))
  community.closeReviews()
  const { chain } = community.view
  community.view.chain = undefined
  assert.throws(() => community.run(), failsWith('chain.not_bound'))
  community.view.chain = chain
  assert.equal(community.run().round, 1)
})

/** Whether the round would have data, asked before its reviews close and answered by closing it. */
function readiness(community: TestCommunity): readonly [before: string, after: string] {
  const outcome = (run: () => unknown): string => {
    try {
      run()
      return 'ok'
    } catch (error) {
      if (error instanceof ProtocolError) return error.code
      throw error
    }
  }
  const before = outcome(() => demandSettledData(community.view, community.read, NO_ROUND))
  community.closeReviews()
  return [before, outcome(() => community.run())]
}

test('a round without data says so before its reviews close, and after', () => {
  const cases: readonly [what: string, fill: (community: TestCommunity) => void, expected: string][] = [
    ['nothing at all', () => undefined, 'round.no_data'],
    ['items that nobody reviewed', (c) => void items(9).map((item) => c.submit(item)), 'round.no_data'],
    [
      'one label only',
      (c) => {
        for (let i = 0; i < 9; i++) c.submit({ author: 'bea', text: textAbout('heat', i), label: 'heat' })
        reviewAll(c, NO_ROUND)
      },
      'round.no_data',
    ],
    [
      'one item a label, which is held out',
      (c) => {
        for (const item of items(3)) c.submit(item)
        reviewAll(c, NO_ROUND)
      },
      'round.no_data',
    ],
    [
      'two labels of two items',
      (c) => {
        const some = items(6).filter(({ label }) => label !== 'noise')
        for (const item of some) c.submit(item)
        reviewAll(c, NO_ROUND)
      },
      'ok',
    ],
  ]
  for (const [what, fill, expected] of cases) {
    const community = opened()
    fill(community)
    assert.deepEqual(readiness(community), [expected, expected], what)
  }
})

test('no round under way cannot be asked whether it has data', () => {
  const community = new TestCommunity({ labels: LABELS })
  assert.throws(
    () => demandSettledData(community.view, community.read, NO_ROUND),
    failsWith('round.bad_state'),
  )
})

test('what an organiser wrote is not counted on for the hold-out where gold is committed', () => {
  const community = opened()
  const gold = items(6, 'gold', ['founder'])
  community.commitGold(gold)
  const ids = gold.map((item) => community.submit(item))
  reviewAll(community, NO_ROUND)
  assert.throws(() => demandSettledData(community.view, community.read, NO_ROUND), failsWith('round.no_data'))
  community.closeReviews()
  for (const [i, { text, label }] of gold.entries()) community.revealGold(ids[i] as EventId, text, label)
  assert.throws(() => community.run(), failsWith('round.no_data'))
})
