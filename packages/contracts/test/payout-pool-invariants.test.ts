// Random lives of a pool, action by action beside a plain model of what should happen.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { person, Reverted } from './support/evm.ts'
import { runs } from './support/fuzz.ts'
import type { Tree } from './support/naive-payout-tree.ts'
import {
  ACTIVATION_DELAY,
  deployPool,
  GUARDIAN,
  memberId,
  PUBLISHER,
  RELAYER,
  rowsOf,
  SPONSOR,
  SWEEP_DELAY,
  TREASURY,
  totals,
} from './support/pool-fixture.ts'
import { type Answer, PoolModel } from './support/pool-model.ts'

const MEMBERS = 4
const SPONSOR_MONEY = 1_000_000n
const fixture = await deployPool(undefined, SPONSOR_MONEY)
const { chain, pool, token, shares } = fixture

type Action =
  | { readonly do: 'deposit'; readonly source: 0 | 1; readonly amount: bigint }
  | { readonly do: 'give'; readonly amount: bigint }
  | {
      readonly do: 'post'
      readonly growth: readonly (readonly [bigint, bigint])[]
      /** Added to the sum of the rows: 0 is the truth. */
      readonly lie: bigint
      /** Added to the number of the round: 0 is right. */
      readonly skip: bigint
      /** Post what is pending once more. */
      readonly again: boolean
    }
  | { readonly do: 'activate' | 'veto' | 'sweep' }
  | { readonly do: 'claim'; readonly member: number; readonly age: number }
  | { readonly do: 'claimBatch'; readonly age: number }
  | { readonly do: 'announceSweep'; readonly amount: bigint }
  | { readonly do: 'warp'; readonly seconds: bigint }

const WEEK = 7n * 86_400n
const amount = fc.bigInt({ min: 0n, max: 200n })
/** What each member's row grows by; now and then it falls, as an honest publisher's never does. */
const growth = fc.array(fc.tuple(fc.bigInt({ min: -5n, max: 25n }), fc.bigInt({ min: -2n, max: 9n })), {
  minLength: 1,
  maxLength: MEMBERS,
})
const source = fc.constantFrom<0 | 1>(0, 1)
const age = fc.constantFrom(0, 0, 0, 1, 2)
const member = fc.nat(MEMBERS - 1)
const mostly = <T>(usual: T, ...rare: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(usual, ...rare) },
  )
const warp = (seconds: bigint): Action => ({ do: 'warp', seconds })

const post = fc.record({
  do: fc.constant('post' as const),
  growth,
  lie: mostly(0n, 1n, -1n, 500n),
  skip: mostly(0n, 1n),
  again: mostly(false, true),
})
const give = fc.record({ do: fc.constant('give' as const), amount })
const announceSweep = fc.record({
  do: fc.constant('announceSweep' as const),
  amount: mostly(7n, 0n, 150n, 1_000n),
})
const anything: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ do: fc.constant('deposit' as const), source, amount }),
  give,
  post,
  fc.record({ do: fc.constantFrom('activate' as const, 'veto' as const, 'sweep' as const) }),
  fc.record({ do: fc.constant('claim' as const), member, age }),
  fc.record({ do: fc.constant('claimBatch' as const), age }),
  announceSweep,
  fc.record({
    do: fc.constant('warp' as const),
    seconds: fc.constantFrom(1n, ACTIVATION_DELAY - 1n, ACTIVATION_DELAY, SWEEP_DELAY, WEEK),
  }),
)
// Steps that make sense only one after the other, or hardly any life would see a second round.
const round = fc
  .tuple(source, amount, post, anything)
  .map(([source, amount, post, between]): readonly Action[] => [
    { do: 'deposit', source, amount },
    post,
    between,
    warp(ACTIVATION_DELAY),
    { do: 'activate' },
  ])
const claims = fc
  .array(fc.record({ do: fc.constant('claim' as const), member, age }), { minLength: 1, maxLength: 4 })
  .map((all): readonly Action[] => all)
const vetoed = post.map((post): readonly Action[] => [post, { do: 'veto' }])
const swept = fc
  .tuple(
    give,
    announceSweep,
    anything,
    fc.constantFrom(SWEEP_DELAY - 1n, SWEEP_DELAY, SWEEP_DELAY, SWEEP_DELAY + WEEK),
  )
  .map(([given, announce, between, seconds]): readonly Action[] => [
    given,
    announce,
    between,
    warp(seconds),
    { do: 'sweep' },
  ])
const life = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: round },
      { weight: 4, arbitrary: claims },
      { weight: 2, arbitrary: vetoed },
      { weight: 2, arbitrary: swept },
      { weight: 3, arbitrary: anything.map((one): readonly Action[] => [one]) },
    ),
    { minLength: 8, maxLength: 16 },
  )
  .map((parts) => parts.flat())

class Life {
  readonly model = new PoolModel(chain.time, ACTIVATION_DELAY, SWEEP_DELAY)
  /** Trees that were posted, newest first. */
  readonly trees: Tree[] = []

  /** Does one action in the model and on chain. */
  async step(action: Action): Promise<readonly [expected: Answer, actual: Answer]> {
    const { model } = this
    switch (action.do) {
      case 'deposit': {
        const expected = model.deposit(action.source, action.amount)
        return [expected, await answer(pool.send(SPONSOR, 'deposit', [action.source, action.amount]))]
      }
      case 'give':
        return [
          model.give(action.amount),
          await answer(token.send(SPONSOR, 'transfer', [pool.address, action.amount])),
        ]
      case 'post':
        return this.#post(action)
      case 'activate':
        return [model.activate(), await answer(pool.send(RELAYER, 'activate', []))]
      case 'veto':
        return [model.veto(), await answer(pool.send(GUARDIAN, 'veto', []))]
      case 'claim': {
        const tree = this.trees[action.age]
        const row = tree?.claims[action.member]
        if (!tree || !row) return [undefined, undefined]
        return [model.claim(row, tree), await answer(pool.send(RELAYER, 'claim', [row.claim, row.proof]))]
      }
      case 'claimBatch': {
        const tree = this.trees[action.age]
        if (!tree) return [undefined, undefined]
        const claims = tree.claims.map(({ claim }) => claim)
        const proofs = tree.claims.map(({ proof }) => proof)
        return [model.claimBatch(tree), await answer(pool.send(RELAYER, 'claimBatch', [claims, proofs]))]
      }
      case 'announceSweep':
        return [
          model.announceSweep(action.amount),
          await answer(pool.send(PUBLISHER, 'announceSweep', [action.amount])),
        ]
      case 'sweep':
        return [model.executeSweep(), await answer(pool.send(RELAYER, 'sweep', []))]
      case 'warp':
        chain.warp(action.seconds)
        model.time = chain.time
        return [undefined, undefined]
    }
  }

  async #post(action: Action & { readonly do: 'post' }): Promise<readonly [Answer, Answer]> {
    const { model } = this
    const last = model.pending ?? model.active
    const repeated = action.again ? model.pending : undefined
    const tree = repeated?.tree ?? fixture.tree(rowsOf(grown(last?.tree, action.growth)))
    const sum = totals(tree)
    const money = sum.money + action.lie
    const promised = repeated?.promised ?? { money: money < 0n ? 0n : money, shares: sum.shares }
    const round = (model.active?.round ?? 0n) + 1n + action.skip
    const expected = model.post(round, tree, promised)
    if (expected === undefined) this.trees.unshift(tree)
    const sent = pool.send(PUBLISHER, 'post', [round, tree.root, promised.money, promised.shares])
    return [expected, await answer(sent)]
  }
}

function grown(
  tree: Tree | undefined,
  growth: readonly (readonly [bigint, bigint])[],
): readonly (readonly [bigint, bigint])[] {
  const floor = (value: bigint): bigint => (value < 0n ? 0n : value)
  const length = Math.max(growth.length, tree?.claims.length ?? 0)
  return Array.from({ length }, (_, i) => {
    const [money = 0n, votes = 0n] = growth[i] ?? []
    const before = tree?.claims[i]?.claim
    return [floor((before?.money ?? 0n) + money), floor((before?.shares ?? 0n) + votes)]
  })
}

const answer = (sent: Promise<unknown>): Promise<Answer> =>
  sent.then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof Reverted) return error.errorName
      throw error
    },
  )

/** Lives that end early in a shrunk form name the broken sentence in their assertion. */
const live = (sentence: string, usual: number, check: (life: Life) => Promise<void>): unknown =>
  test(sentence, () =>
    fc.assert(
      fc.asyncProperty(life, (actions) =>
        chain.scratch(async () => {
          const pool = new Life()
          for (const action of actions) {
            const [expected, actual] = await pool.step(action)
            assert.equal(actual, expected, `${action.do}: the pool and the rules disagree`)
            await check(pool)
          }
        }),
      ),
      { numRuns: runs(usual) },
    ),
  )

live('what was promised is always covered, by deposits and by balance plus claimed', 7, async ({ model }) => {
  const deposits = (await pool.read('deposited', [0])) + (await pool.read('deposited', [1]))
  const balance = await token.read('balanceOf', [pool.address])
  const [claimed] = await pool.read('totalClaimed', [])
  const [active] = await pool.read('activePromised', [])
  const [, , pending] = await pool.read('pending', [])
  for (const promised of [active, pending]) assert.ok(deposits >= promised && balance + claimed >= promised)
  assert.ok(active >= claimed)
  assert.equal(balance, model.balance)
  assert.equal(await pool.read('surplus', []), model.surplus)
})

live('a member is never paid more than their highest leaf', 7, async ({ model }) => {
  for (let i = 1; i <= MEMBERS; i++) {
    const [money, votes] = await pool.read('claimed', [memberId(i)])
    const highest = model.highest.get(memberId(i)) ?? { money: 0n, shares: 0n }
    assert.ok(money <= highest.money && votes <= highest.shares)
    const expected = model.claimed.get(memberId(i)) ?? { money: 0n, shares: 0n }
    assert.deepEqual([money, votes], [expected.money, expected.shares])
  }
})

live('the old root pays until the new one activates', 7, async ({ model }) => {
  assert.equal(await pool.read('activeRound', []), model.active?.round ?? 0n)
  assert.equal(BigInt(await pool.read('activeRoot', [])), BigInt(model.active?.tree.root ?? 0n))
  for (const tree of [model.active?.tree, model.pending?.tree]) {
    const row = tree?.claims[0]
    if (!tree || !row || tree.root === model.active?.tree.root) continue
    await pool.refuses('InvalidProof', RELAYER, 'claim', [row.claim, row.proof])
  }
})

live('deposited money leaves only by claims', 7, async ({ model }) => {
  const [claimed, votes] = await pool.read('totalClaimed', [])
  const [sponsors, customers] = [await pool.read('deposited', [0]), await pool.read('deposited', [1])]
  const [balance, swept] = [
    await token.read('balanceOf', [pool.address]),
    await token.read('balanceOf', [TREASURY]),
  ]
  assert.ok(balance >= sponsors + customers - claimed)
  assert.ok(swept <= model.gifts)
  assert.equal(balance, sponsors + customers + model.gifts - claimed - swept)
  assert.deepEqual([sponsors, customers, swept], [...model.deposited, model.swept])
  let members = 0n
  for (let i = 1; i <= MEMBERS; i++) members += await token.read('balanceOf', [person(i)])
  assert.equal(members, claimed)
  assert.equal(await shares.read('totalSupply', []), votes)
})

live('whatever happened, the next round can promise all deposits and pay them', 4, async ({ model }) => {
  const deposits = model.deposited[0] + model.deposited[1]
  const left = deposits - model.total.money
  if (left === 0n) return
  const before = model.claimed.get(memberId(1))?.money ?? 0n
  const all = fixture.tree(rowsOf([[before + left, 0n]]))
  const [row] = all.claims
  assert.ok(row)
  await chain.scratch(async () => {
    chain.warp(ACTIVATION_DELAY)
    if (model.pending) await pool.send(RELAYER, 'activate', [])
    const round = (await pool.read('activeRound', [])) + 1n
    const [, votes] = await pool.read('activePromised', [])
    await pool.send(PUBLISHER, 'post', [round, all.root, deposits, votes])
    chain.warp(ACTIVATION_DELAY)
    await pool.send(RELAYER, 'activate', [])
    await pool.send(RELAYER, 'claim', [row.claim, row.proof])
    assert.equal(await token.read('balanceOf', [pool.address]), model.surplus)
  })
})
