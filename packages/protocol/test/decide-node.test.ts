import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Digest, type ErrorCode, type EventType, nextLink, taggedHash } from '@commonhold/protocol'
import { address, type Fields, hash32, hashOf, RULES, TestCommunity } from './support/community.ts'

const block = { number: 9, hash: hash32('9') }

function refused(c: TestCommunity, code: ErrorCode, wording: RegExp, type: EventType, fields: Fields): void {
  c.refuses(code, wording, 'node', c.byNode(type, fields))
}

test('a chain is bound once', () => {
  const c = new TestCommunity()
  c.bindChain()
  assert.equal(c.view.chain?.pool, address('2'))
  const again = { token: address('1'), pool: address('5'), shares: address('3'), anchor: address('4') }
  refused(c, 'round.bad_state', /bound already/, 'chain.bound', { chainId: 1, ...again, practice: false })
})

test('rounds open one after the other', () => {
  const c = new TestCommunity()
  const open = (round: number) => ({ round, quotas: [] })
  refused(c, 'round.bad_state', /next round is 1/, 'round.opened', open(2))
  c.openRound()
  refused(c, 'round.bad_state', /round 1 is not closed/, 'round.opened', open(2))
  refused(c, 'round.bad_state', /round 1 is not closed/, 'round.opened', open(1))
  c.closeReviews()
  c.append('node', c.closing())
  for (const round of [1, 3]) refused(c, 'round.bad_state', /next round is 2/, 'round.opened', open(round))
  c.openRound()
  assert.deepEqual(
    c.view.rounds.map(({ round, phase }) => [round, phase]),
    [
      [1, 'closed'],
      [2, 'submissions'],
    ],
  )
})

test('a round opens with at most one quota for each label of the charter', () => {
  const c = new TestCommunity()
  const quota = (label: string) => ({ label, quota: 4 })
  const open = (...labels: readonly string[]) => ({ round: 1, quotas: labels.map(quota) })
  refused(c, 'contribution.label_unknown', /"Heating"/, 'round.opened', open('Heating'))
  refused(c, 'event.invalid', /two quotas/, 'round.opened', open('heating', 'heating'))
  c.node('round.opened', open('plumbing', 'billing'))
  assert.deepEqual(
    [...(c.view.rounds[0]?.quotas ?? [])],
    [
      ['plumbing', 4],
      ['billing', 4],
    ],
  )
})

test('waves open in order until the reviews close, each with the history up to it', () => {
  const c = new TestCommunity(['ana'])
  const wave = (number: number, round = 1) => ({ round, wave: number })
  refused(c, 'round.bad_state', /not under way/, 'round.wave.opened', wave(1))
  c.openRound()
  for (const number of [2, 3])
    refused(c, 'round.bad_state', /next wave is 1/, 'round.wave.opened', wave(number))
  refused(c, 'round.bad_state', /not under way/, 'round.wave.opened', wave(1, 2))
  c.openWave()
  const histories = [c.view.history]
  refused(c, 'round.bad_state', /next wave is 2/, 'round.wave.opened', wave(1))
  c.contribute('ana', 'x')
  c.openWave()
  histories.push(c.view.history)
  assert.deepEqual(
    c.view.rounds[0]?.waves.map(({ history }) => history),
    histories,
  )
  c.closeReviews()
  refused(c, 'round.bad_state', /reviews have closed/, 'round.wave.opened', wave(3))
})

test('reviews close once, and fix the history of the draws', () => {
  const c = new TestCommunity(['ana'])
  refused(c, 'round.bad_state', /not under way/, 'round.reviews.closed', { round: 1 })
  c.openRound()
  refused(c, 'round.bad_state', /not under way/, 'round.reviews.closed', { round: 2 })
  c.closeReviews()
  const then = c.view.history
  refused(c, 'round.bad_state', /closed already/, 'round.reviews.closed', { round: 1 })
  c.contribute('ana', 'x')
  assert.equal(c.view.rounds[0]?.history, then)
  assert.notEqual(c.view.history, then)
})

test('a node that committed to a chain of links reveals one before the last with every draw', () => {
  const c = new TestCommunity(['ana'])
  const links = [taggedHash('test-link')]
  while (links.length < 4) links.push(nextLink(links.at(-1) as Digest))
  const [, first, second, lot] = links
  c.node('round.opened', { round: 1, quotas: [], lot })
  for (const link of [undefined, lot, first])
    refused(c, 'round.bad_state', /not the link/, 'round.wave.opened', {
      round: 1,
      wave: 1,
      ...(link === undefined ? {} : { link }),
    })
  c.node('round.wave.opened', { round: 1, wave: 1, link: second })
  refused(c, 'round.bad_state', /not the link/, 'round.reviews.closed', { round: 1, link: second })
  c.node('round.reviews.closed', { round: 1, link: first })
})

test('a node that committed to no link reveals none', () => {
  const c = new TestCommunity(['ana'])
  c.openRound()
  refused(c, 'round.bad_state', /not the link/, 'round.wave.opened', {
    round: 1,
    wave: 1,
    link: taggedHash('any'),
  })
})

test('a round closes after its reviews, over a log that has their end, by the rules in force', () => {
  const c = new TestCommunity(['ana'])
  c.refuses('round.bad_state', /not under way/, 'node', c.closing({ round: 1 }))
  c.openRound()
  const opened = c.view.size
  c.refuses('round.bad_state', /reviews of the round have not closed/, 'node', c.closing())
  c.openWave()
  c.refuses('round.bad_state', /reviews of the round have not closed/, 'node', c.closing())
  c.closeReviews()
  const complete = c.view.size
  c.contribute('ana', 'for the next round')
  for (const logSize of [0, opened, complete - 1])
    c.refuses('round.bad_state', /before the end of its reviews/, 'node', c.closing({ logSize }))
  c.refuses('round.bad_state', /not in the log/, 'node', c.closing({ logSize: c.view.size + 1 }))
  c.refuses('round.bad_state', /not the rules/, 'node', c.closing({ rules: hashOf('other') }))
  c.refuses('round.bad_state', /not under way/, 'node', c.closing({ round: 2 }))
  for (const logSize of [complete, c.view.size])
    assert.equal(c.decide('node', c.closing({ logSize })).kind, 'append')
  c.append('node', c.closing())
  c.refuses('round.bad_state', /not closed|have not closed/, 'node', c.closing())
})

test('rules are adopted by the node when they are others, and rounds close by them', () => {
  const c = new TestCommunity()
  const rules = { version: '2', digest: hashOf('newer rules') }
  refused(c, 'round.bad_state', /in force already/, 'rules.adopted', {
    rules: { version: '2', digest: RULES },
  })
  c.refuses('member.not_allowed', /node's key only/, 'founder', c.byNode('rules.adopted', { rules }))
  c.node('rules.adopted', { rules })
  c.openRound()
  c.closeReviews()
  c.refuses('round.bad_state', /not the rules/, 'node', c.closing())
  c.append('node', c.closing({ rules: rules.digest }))
})

test('a payout root is posted once, for a closed round, as the round closed with it', () => {
  const c = new TestCommunity()
  const posting = (fields: Fields = {}) => ({
    round: 1,
    payoutRoot: hash32('a'),
    tx: hash32('c'),
    block,
    ...fields,
  })
  refused(c, 'chain.not_bound', /no chain/, 'payout.posted', posting())
  c.bindChain()
  refused(c, 'round.bad_state', /round 1 is not closed/, 'payout.posted', posting())
  c.openRound()
  c.closeReviews()
  refused(c, 'round.bad_state', /round 1 is not closed/, 'payout.posted', posting())
  c.append('node', c.closing())
  refused(c, 'round.bad_state', /not the payout root/, 'payout.posted', posting({ payoutRoot: hash32('b') }))
  refused(c, 'round.bad_state', /round 2 is not closed/, 'payout.posted', posting({ round: 2 }))
  c.node('payout.posted', posting())
  assert.equal(c.view.rounds[0]?.posted?.tx, hash32('c'))
  refused(c, 'round.bad_state', /posted already/, 'payout.posted', posting())
})

test('claims are of members, and what they have claimed only grows', () => {
  const c = new TestCommunity(['ana'])
  const claim = (money: string, shares: string, who = c.person('ana').id) => ({
    who,
    money,
    shares,
    tx: hash32('d'),
    block,
  })
  refused(c, 'chain.not_bound', /no chain/, 'payout.claimed', claim('1', '1'))
  c.bindChain()
  refused(c, 'member.unknown', /no member/, 'payout.claimed', claim('1', '1', c.person('nobody').id))
  refused(c, 'round.bad_state', /stands in the log/, 'payout.claimed', claim('0', '0'))
  const large = '9'.repeat(40)
  c.node('payout.claimed', claim(large, '5'))
  refused(c, 'round.bad_state', /stands in the log/, 'payout.claimed', claim(large, '5'))
  refused(c, 'round.bad_state', /cannot become less/, 'payout.claimed', claim(`${large}9`, '4'))
  refused(c, 'round.bad_state', /cannot become less/, 'payout.claimed', claim('10', '6'))
  c.node('payout.claimed', claim(large, '6'))
  assert.deepEqual(c.view.claims.get(c.person('ana').id), { money: BigInt(large), shares: 6n })
})

test('the history covers every payload and no time stamp', () => {
  const [a, b] = [new TestCommunity(['ana']), new TestCommunity(['ana'])]
  b.at = (b.at + 5) as never
  const event = a.contribution('ana', 'x')
  const before = a.view.history
  const [id] = a.append('ana', event)
  b.append('ana', event)
  assert.equal(a.view.history, b.view.history)
  assert.notEqual(a.view.at, b.view.at)
  const bytes = (hex: string) => Buffer.from(hex, 'hex')
  assert.equal(a.view.history, taggedHash('history', bytes(before), bytes(id as string)))
})
