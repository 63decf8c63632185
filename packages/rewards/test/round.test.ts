import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  encodeCanonical,
  type MemberId,
  memberId,
  ProtocolError,
  sha256Hex,
  utf8,
} from '@commonhold/protocol'
import fc from 'fast-check'
import {
  type Address,
  buildStatement,
  type ClosedRound,
  closeRound,
  NO_REWARDS,
  openRound,
  payoutRows,
  type RewardState,
  type RoundStatement,
  type RoundWork,
  vestedOf,
  type Work,
} from '../src/index.ts'

const MEMBERS = ['ana', 'ben', 'cleo'].map((name) => memberId(sha256Hex(utf8(name))))
const [ANA, BEN] = MEMBERS as [MemberId, MemberId, MemberId]
const address = (n: number): Address => `0x${String(n).padStart(40, '0')}`
const PAY_TO = new Map<MemberId, Address>([[ANA, address(1)]])

const review = (member: MemberId, item: string, weight = 1n): Work => ({
  member,
  kind: 'review',
  item,
  weight,
  reviewed: true,
})
const NOTHING: RoundWork = { base: { quotas: new Map(), items: [] }, value: [], reviews: [], improvers: [] }
const settle = (
  state: RewardState,
  sponsors: bigint,
  work: Partial<RoundWork>,
  reversed: Parameters<typeof openRound>[1]['reversed'] = [],
  customers = 0n,
): ClosedRound =>
  closeRound(openRound(state, { deposits: { sponsors, customers }, reversed }), { ...NOTHING, ...work })
const moneyOf = (state: RewardState, member: MemberId): bigint => state.accounts.get(member)?.money ?? 0n

describe('vesting', () => {
  test('gives a half, a quarter and a quarter, with what rounding leaves in the last', () => {
    assert.deepEqual(
      [-1, 0, 1, 2, 9].map((age) => vestedOf(1003n, age)),
      [0n, 501n, 751n, 1003n, 1003n],
    )
  })

  test('happens over the three rounds from the one that earned it', () => {
    // 20 % of 1000 is for reviews.
    const first = settle(NO_REWARDS, 1000n, { reviews: [review(ANA, 'r')] })
    const second = settle(first.state, 1000n, {})
    const third = settle(second.state, 1000n, {})
    const fourth = settle(third.state, 1000n, {})
    assert.deepEqual(
      [first, second, third, fourth].map(({ state }) => moneyOf(state, ANA)),
      [100n, 150n, 200n, 200n],
    )
    assert.equal(third.state.pending.length, 0)
  })
})

describe('a reversal', () => {
  const first = settle(NO_REWARDS, 1000n, { reviews: [review(ANA, 'wrong'), review(BEN, 'right')] })
  const reversed = [{ member: ANA, item: 'wrong' }]

  test('takes the unvested part back into the next pool and leaves what had vested', () => {
    const before = openRound(first.state, { deposits: { sponsors: 1000n, customers: 0n } })
    const after = openRound(first.state, { deposits: { sponsors: 1000n, customers: 0n }, reversed })
    const sum = ({ pools }: typeof before): bigint =>
      pools.base + pools.value + pools.reviews + pools.improvers
    assert.equal(sum(after) - sum(before), 50n)
    assert.equal(after.forfeits[0]?.amount, 50n)
    const closed = closeRound(after, NOTHING)
    assert.equal(moneyOf(closed.state, ANA), 50n)
  })

  test('touches nobody else', () => {
    const plain = settle(settle(first.state, 1000n, {}).state, 1000n, {})
    const reverted = settle(settle(first.state, 1000n, {}, reversed).state, 1000n, {})
    assert.equal(moneyOf(reverted.state, BEN), moneyOf(plain.state, BEN))
    assert.equal(moneyOf(reverted.state, BEN), 100n)
  })

  test('stands in the statement of the member', () => {
    const statement = buildStatement(settle(first.state, 1000n, {}, reversed), PAY_TO)
    const ana = statement.members.find(({ member }) => member === ANA)
    assert.deepEqual([ana?.forfeited, ana?.claimable, ana?.unvested], ['50', '50', '0'])
  })
})

describe('a part with nobody eligible', () => {
  test('carries to the same part of the next round', () => {
    const first = settle(NO_REWARDS, 1000n, { reviews: [review(ANA, 'r')] })
    assert.deepEqual(first.state.carried, {
      base: 350n,
      value: 350n,
      reviews: 0n,
      improvers: 100n,
      customers: 0n,
    })
    const second = openRound(first.state, { deposits: { sponsors: 2000n, customers: 7n } })
    assert.deepEqual(second.pools, { base: 700n, value: 700n, reviews: 200n, improvers: 200n, customers: 7n })
  })
})

describe('shares', () => {
  test('come one per unit vested, from reviewed work paid by sponsors only', () => {
    const value = (member: MemberId, reviewed: boolean): Work => ({
      member,
      kind: 'value',
      item: 'v',
      weight: 1n,
      reviewed,
    })
    const closed = settle(NO_REWARDS, 2000n, { value: [value(ANA, true), value(BEN, false)] }, [], 400n)
    const account = (member: MemberId) => closed.state.accounts.get(member)
    // Each earns 350 from sponsors and 200 from customers; half of it vests.
    assert.deepEqual(account(ANA), { money: 275n, shares: 175n })
    assert.deepEqual(account(BEN), { money: 275n, shares: 0n })
  })
})

test('deposits below what was promised are refused', () => {
  const { state } = settle(NO_REWARDS, 1000n, { reviews: [review(ANA, 'r')] })
  assert.throws(
    () => openRound(state, { deposits: { sponsors: 100n, customers: 0n } }),
    (error) => error instanceof ProtocolError && error.code === 'round.bad_state',
  )
})

test('a member without an address is reserved, and enters whole when an address comes', () => {
  const first = settle(NO_REWARDS, 1000n, { reviews: [review(ANA, 'a'), review(BEN, 'b')] })
  const statement = buildStatement(first, PAY_TO)
  assert.deepEqual(
    payoutRows(first.state, PAY_TO).map(({ member }) => member),
    [ANA],
  )
  assert.equal(statement.totals.promised, '50')
  assert.equal(statement.totals.reserved, '50')
  const second = settle(first.state, 1000n, {})
  const rows = payoutRows(second.state, new Map([...PAY_TO, [BEN, address(2)]]))
  assert.equal(rows.find(({ member }) => member === BEN)?.money, 75n)
})

const rounds = fc.array(
  fc.record({
    sponsors: fc.bigInt({ min: 0n, max: 1_000_000n }),
    customers: fc.bigInt({ min: 0n, max: 1_000_000n }),
    reviews: fc.array(fc.tuple(fc.nat(2), fc.bigInt({ min: 0n, max: 50n })), { maxLength: 5 }),
    value: fc.array(fc.tuple(fc.nat(2), fc.bigInt({ min: 0n, max: 50n })), { maxLength: 5 }),
    reverse: fc.option(fc.nat(2)),
  }),
  { minLength: 1, maxLength: 6 },
)

/** The identities of docs/spec/payouts.md, section 4, from the statement alone. */
function assertBooks(statement: RoundStatement, before: RoundStatement | undefined): void {
  const { totals, carried, members } = statement
  const big = (texts: readonly string[]): bigint => texts.reduce((sum, text) => sum + BigInt(text), 0n)
  assert.equal(BigInt(totals.deposits), big([totals.allocated, ...Object.values(carried)]))
  assert.equal(BigInt(totals.allocated), big([totals.promised, totals.reserved, totals.unvested]))
  assert.equal(big(members.map(({ earned }) => earned)), BigInt(totals.earned))
  for (const member of members) {
    assert.equal(big(member.lines.map(({ amount }) => amount)), BigInt(member.earned))
    const earlier = before?.members.find((other) => other.member === member.member)
    const vesting = big(member.vesting.map(({ amount }) => amount))
    assert.equal(BigInt(member.claimable), BigInt(earlier?.claimable ?? '0') + vesting)
    assert.equal(
      BigInt(member.unvested),
      BigInt(earlier?.unvested ?? '0') + BigInt(member.earned) - vesting - BigInt(member.forfeited),
    )
  }
}

test('over any rounds the books balance: deposits = claimable + reserved + unvested + carried', () => {
  fc.assert(
    fc.property(rounds, (list) => {
      let state = NO_REWARDS
      let before: RoundStatement | undefined
      const deposits = { sponsors: 0n, customers: 0n }
      for (const [i, { reverse, ...round }] of list.entries()) {
        deposits.sponsors += round.sponsors
        deposits.customers += round.customers
        const works = (kind: Work['kind'], rows: readonly (readonly [number, bigint])[]): Work[] =>
          rows.map(([who, weight], n) => ({
            member: MEMBERS[who]!,
            kind,
            item: `${i}.${n}`,
            weight,
            reviewed: true,
          }))
        const reversed = reverse === null ? [] : [{ member: MEMBERS[reverse]!, item: `${i - 1}.0` }]
        const closed = settle(
          state,
          deposits.sponsors,
          { reviews: works('review', round.reviews), value: works('value', round.value) },
          reversed,
          deposits.customers,
        )
        const statement = buildStatement(closed, PAY_TO)
        assertBooks(statement, before)
        encodeCanonical(statement)
        state = closed.state
        before = statement
      }
    }),
  )
})
