import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type EventId, encodeCanonical, type MemberId } from '@commonhold/protocol'
import { NO_ROUND, type RoundResult, type RoundState } from '../src/index.ts'
import { FOUNDER, TestCommunity } from './support/community.ts'
import { naiveRoot } from './support/naive-root.ts'
import { AUTHORS, items, joinAll, REVIEWERS, reviewAll, truthful } from './support/round.ts'
import { LABELS, textAbout } from './support/texts.ts'

type Played = {
  readonly community: TestCommunity
  readonly results: readonly RoundResult[]
  /** Standings that the first round is made to have. */
  readonly gold: EventId
  readonly corrected: EventId
}

const DEPOSITS = [1_000_003n, 1_700_019n, 1_700_019n]

/** Three rounds with gold, a corrected item, somebody without an address, and imports among the rest. */
function play(): Played {
  const community = new TestCommunity({ labels: LABELS, imported: 'accepted', averageRounds: 2 })
  joinAll(community)
  community.join('poor', { poor: true })
  const results: RoundResult[] = []
  let gold: EventId | undefined
  let corrected: EventId | undefined
  for (const [i, sponsors] of DEPOSITS.entries()) {
    const series = String(i)
    const previous = results.at(-1)?.state ?? NO_ROUND
    community.openRound({ heat: 6, keys: 6, noise: 6 })
    const question = { text: textAbout('keys', 70, series), label: 'keys' }
    community.commitGold([question])
    for (const item of items(24, series, [...AUTHORS, 'poor'])) community.submit(item, 'en')
    community.import(items(6, `imported ${series}`, ['somebody']))
    const asked = community.submit({ author: FOUNDER, ...question })
    const wrong = community.submit({ author: 'bea', text: textAbout('heat', 71, series), label: 'noise' })
    const say = truthful(community)
    reviewAll(community, previous, (item, name) => (item === wrong ? 'heat' : say(item, name)))
    community.closeReviews()
    community.revealGold(asked, question.text, question.label)
    const result = community.run(previous, sponsors)
    results.push(result)
    community.close(result)
    gold ??= asked
    corrected ??= wrong
  }
  return { community, results, gold: gold as EventId, corrected: corrected as EventId }
}

const played = play()
const sum = (amounts: Iterable<bigint | string>): bigint =>
  Array.from(amounts).reduce<bigint>((total, one) => total + BigInt(one), 0n)

test('after every round the deposits are what was allocated and what is carried, to the last unit', () => {
  for (const [i, { pay }] of played.results.entries()) {
    const { totals, carried } = pay.statement
    assert.equal(BigInt(totals.allocated) + sum(Object.values(carried)), DEPOSITS[i])
    assert.equal(BigInt(totals.allocated), sum([totals.promised, totals.reserved, totals.unvested]))
  }
})

test("a member's lines sum to what the member earned, and all members' to what the round paid", () => {
  let allocated = 0n
  for (const { pay } of played.results) {
    const { members, totals, pools, carried } = pay.statement
    for (const { earned, lines } of members)
      assert.equal(sum(lines.map(({ amount }) => amount)), BigInt(earned))
    assert.equal(sum(members.map(({ earned }) => earned)), BigInt(totals.earned))
    assert.equal(sum(Object.values(pools)) - sum(Object.values(carried)), BigInt(totals.earned))
    allocated += BigInt(totals.earned)
    assert.equal(BigInt(totals.allocated), allocated)
  }
})

test('work vests by half, a quarter and the rest, and what is claimable grows by what vests', () => {
  const [first, second, third] = played.results as [RoundResult, RoundResult, RoundResult]
  const lines = first.pay.closed.lines.map(({ amount }) => amount)
  const later = (result: RoundResult) =>
    sum(
      result.pay.statement.members.flatMap(({ vesting }) =>
        vesting.filter(({ round }) => round === 1).map(({ amount }) => amount),
      ),
    )
  assert.equal(later(first), sum(lines.map((amount) => amount / 2n)))
  assert.equal(later(second), sum(lines.map((amount) => amount / 4n)))
  assert.equal(later(third), sum(lines.map((amount) => amount - amount / 2n - amount / 4n)))
  const before = new Map(
    second.pay.statement.members.map(({ member, claimable }) => [member, BigInt(claimable)]),
  )
  for (const { member, claimable, vesting } of third.pay.statement.members)
    assert.equal(BigInt(claimable) - (before.get(member) ?? 0n), sum(vesting.map(({ amount }) => amount)))
})

test('whoever has no address is reserved: counted, and outside the payout tree', () => {
  const { community, results } = played
  const poor = community.idOf('poor')
  for (const { pay, claims } of results) {
    const without = pay.statement.members.filter(({ reserved }) => reserved)
    assert.ok(without.some(({ member, claimable }) => member === poor && BigInt(claimable) > 0n))
    assert.equal(sum(without.map(({ claimable }) => claimable)), BigInt(claims.totals.reserved))
    assert.ok(!pay.rows.some(({ member }) => without.some((one) => one.member === member)))
    assert.equal(sum(pay.rows.map(({ money }) => money)), BigInt(claims.totals.promisedMoney))
    assert.equal(sum(pay.rows.map(({ shares }) => shares)), BigInt(claims.totals.promisedShares))
  }
})

test('a member who names an address later enters the tree with everything since the beginning', () => {
  const { community, results } = play()
  community.byMember('poor', 'member.payout.set', { address: `0x${'ab'.repeat(20)}` })
  community.openRound()
  for (const item of items(12, 'last')) community.submit(item)
  const previous = (results.at(-1) as RoundResult).state
  reviewAll(community, previous)
  community.closeReviews()
  const { pay } = community.run(previous, DEPOSITS.at(-1))
  const poor = community.idOf('poor')
  const own = pay.statement.members.find(({ member }) => member === poor)
  const row = pay.rows.find(({ member }) => member === poor)
  assert.equal(own?.reserved, false)
  assert.equal(String(row?.money), own?.claimable)
  assert.equal(row?.payTo, `0x${'ab'.repeat(20)}`)
})

test('base is paid once for what was newly accepted or corrected, never for imports and gold', () => {
  for (const { pay, curation } of played.results) {
    const base = pay.closed.lines.filter(({ kind }) => kind === 'base')
    const due = curation.fresh.filter(({ standing }) => standing === 'accepted' || standing === 'corrected')
    assert.deepEqual(new Set(base.map(({ item }) => item)), new Set(due.map(({ item }) => item)))
    assert.equal(base.length, due.length)
    assert.ok(due.length < curation.fresh.length)
  }
})

test('value is paid by the last rounds, never to corrected items and gold, and hold-out items get a mean', () => {
  for (const [i, { pay, rows, holdOut }] of played.results.entries()) {
    const recent = played.results
      .slice(Math.max(0, i - 1), i + 1)
      .map(({ attribution }) => attribution.values)
    for (const row of rows) {
      const lines = pay.closed.lines.filter(
        ({ item, kind, source }) =>
          item === row.item && source === 'sponsors' && (kind === 'value' || kind === 'holdout'),
      )
      if (row.standing === 'corrected' || row.standing === 'gold') {
        assert.deepEqual(lines, [])
        continue
      }
      const worth = sum(recent.map((values) => values.get(row.leader) ?? 0n))
      assert.equal(lines.length, 1)
      assert.equal(lines[0]?.kind, holdOut.includes(row.leader) ? 'holdout' : 'value')
      assert.equal(lines[0]?.weight, worth > 0n ? worth : 0n)
    }
  }
})

test('gold and corrected items stand in the data set', () => {
  const [{ rows }] = played.results as [RoundResult]
  assert.equal(rows.find(({ item }) => item === played.gold)?.standing, 'gold')
  assert.equal(rows.find(({ item }) => item === played.corrected)?.standing, 'corrected')
})

test('reviews are paid to reviewers of the round by their weight, which the result explains', () => {
  const { community, results } = played
  const reviewers = new Set<MemberId>([FOUNDER, ...REVIEWERS].map((name) => community.idOf(name)))
  for (const { pay, round } of results) {
    const lines = pay.closed.lines.filter(({ kind }) => kind === 'review')
    assert.ok(lines.length > 0)
    for (const { member, item, weight } of lines) {
      assert.ok(reviewers.has(member))
      assert.equal(item, String(round))
      assert.equal(weight, pay.reviewers.get(member)?.weight)
    }
  }
})

test('statements and rows stand in ascending order of members, and the claims repeat their totals', () => {
  for (const { pay, claims } of played.results) {
    for (const rows of [pay.statement.members, pay.rows])
      for (let i = 1; i < rows.length; i++)
        assert.ok((rows[i - 1]?.member as string) < (rows[i]?.member as string))
    assert.equal(claims.totals.pool, String(sum(Object.values(pay.statement.pools))))
    assert.equal(claims.statementsRoot, pay.statementsRoot)
    assert.equal(claims.payoutRoot, pay.tree.payoutRoot)
  }
})

test('the root of statements is over the round, then each member', () => {
  for (const { pay } of played.results) {
    const { members, ...header } = pay.statement
    const leaves = [header, ...members].map((leaf) => Buffer.from(encodeCanonical(leaf)))
    assert.equal(pay.statementsRoot, naiveRoot(leaves).toString('hex'))
  }
})

test('imported items earn no base, even where imported reviews settle them: nobody pays themselves by two files', () => {
  const community = new TestCommunity({ labels: LABELS, imported: 'review' })
  joinAll(community)
  community.openRound({ heat: 6, keys: 6, noise: 6 })
  for (const item of items(24, 'own', AUTHORS)) community.submit(item)
  const imported = community.import(items(6, 'file', ['somebody']))
  for (const item of imported) {
    const { label } = community.view.contributions.get(item) as { readonly label: string }
    community.importReviews([
      { item, worker: 'one', label },
      { item, worker: 'two', label },
    ])
  }
  reviewAll(community, NO_ROUND, truthful(community))
  community.closeReviews()
  const { pay, curation } = community.run(NO_ROUND, 1_000_000n)
  const settled = curation.fresh.filter(({ item }) => imported.includes(item))
  assert.ok(settled.length > 0)
  const paid = new Set(pay.closed.lines.filter(({ kind }) => kind === 'base').map(({ item }) => item))
  for (const { item } of settled) assert.ok(!paid.has(item))
  for (const line of pay.closed.lines)
    if (imported.includes(line.item as EventId)) assert.equal(line.reviewed, false)
})

test('what an imported author earned is paid to the member on the seat, from the round after the grant on', () => {
  const community = new TestCommunity({ labels: LABELS, imported: 'accepted' })
  joinAll(community)
  const play = (previous: RoundState, series: string, deposits: bigint): RoundResult => {
    community.openRound({ heat: 6, keys: 6, noise: 6 })
    for (const item of items(24, series, AUTHORS)) community.submit(item)
    community.import(items(9, `file ${series}`, ['nadia']))
    reviewAll(community, previous, truthful(community))
    community.closeReviews()
    const result = community.run(previous, deposits)
    community.close(result)
    return result
  }
  const first = play(NO_ROUND, 'one', 1_000_000n)
  const author = first.rows.find(({ imported }) => imported)?.author as MemberId
  assert.equal(first.pay.statement.members.find(({ member }) => member === author)?.reserved, true)
  const [file] = Array.from(community.view.imports).find(([, { authors }]) => authors.has(author)) ?? []
  community.byMember(FOUNDER, 'member.seat.granted', { file, author, who: community.idOf('bea') })
  const second = play(first.state, 'two', 2_000_000n)
  const row = second.pay.rows.find(({ member }) => member === author)
  assert.equal(row?.payTo, second.pay.rows.find(({ member }) => member === community.idOf('bea'))?.payTo)
  assert.equal(row?.money, second.state.rewards.accounts.get(author)?.money)
})
