import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { aggregate, type Judgement, reviewWeights } from '../src/index.ts'
import {
  constant,
  copier,
  flipper,
  halfConstant,
  halfLazy,
  hashRing,
  type Played,
  play,
  random,
  type Scene,
  type Strategy,
  simulate,
  weigh,
} from './support/invented-reviewers.ts'
import { naiveAgreement } from './support/naive-agreement.ts'

const REVIEWERS = 20
const scene = (classes: number, seed: number): Scene => ({
  seed,
  classes,
  items: 700,
  reviewers: REVIEWERS,
  gold: 0.1,
  perItem: 'waves',
})
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

/** Mean weight of each strategy's players over some seeds, an honest member's being 1. */
function relativePay(
  classes: number,
  seeds: number,
  players: Readonly<Record<string, readonly number[]>>,
  strategies: Readonly<Record<string, Strategy>>,
): Record<string, number> {
  const assigned = new Map<number, Strategy>()
  for (const [name, who] of Object.entries(players))
    for (const one of who) assigned.set(one, strategies[name]!)
  const weights = Array.from({ length: seeds }, (_, seed) => simulate(scene(classes, seed + 1), assigned))
  const meanOf = (who: readonly number[]): number =>
    mean(weights.flatMap((round) => who.map((one) => round[one]!)))
  const honest = meanOf(
    Array.from({ length: REVIEWERS }, (_, who) => who).filter((who) => !assigned.has(who)),
  )
  return Object.fromEntries(Object.entries(players).map(([name, who]) => [name, meanOf(who) / honest]))
}

for (const classes of [2, 12]) {
  describe(`with ${classes} classes, an honest reviewer earning 1`, () => {
    test('a constant or random reviewer earns at most 0.10, a flipper 0.05, a half-lazy one 0.60', (t) => {
      const strategies = { constant, random, flipper, halfLazy, halfConstant }
      const players = { constant: [0], random: [1], flipper: [2], halfLazy: [3, 4], halfConstant: [5] }
      const pay = relativePay(classes, 8, players, strategies)
      t.diagnostic(JSON.stringify(pay))
      assert.ok(pay['constant']! <= 0.1)
      assert.ok(pay['random']! <= 0.1)
      assert.ok(pay['flipper']! <= 0.05)
      assert.ok(pay['halfLazy']! <= 0.6)
      assert.ok(pay['halfConstant']! <= 0.6)
    })

    test('a ring of 40 % that shares a rule earns at most 0.25', (t) => {
      const ring = { ring: [0, 1, 2, 3, 4, 5, 6, 7] }
      const same = relativePay(classes, 3, ring, { ring: constant })
      const byItem = relativePay(classes, 8, ring, { ring: hashRing })
      t.diagnostic(JSON.stringify({ same: same['ring'], byItem: byItem['ring'] }))
      assert.ok(same['ring']! <= 0.25)
      assert.ok(byItem['ring']! <= 0.25)
    })

    test('a copier among 10 % colluders earns at most 1.25', (t) => {
      const pay = relativePay(classes, 10, { copier: [0, 1] }, { copier: copier(new Set([0, 1])) })
      t.diagnostic(JSON.stringify(pay))
      assert.ok(pay['copier']! <= 1.25)
    })

    test('splitting one reviewer into two identities earns at most 1.05', (t) => {
      let whole = 0
      let split = 0
      for (let seed = 1; seed <= 4; seed++) {
        const played = play(scene(classes, seed), new Map())
        const before = weigh(played)
        // Several members in turn, each alone: the rest of the world is the same before and after.
        for (const member of played.ids.slice(0, 6)) {
          const after = weigh(splitInTwo(played, member))
          whole += before.get(member) ?? 0
          split += (after.get(member) ?? 0) + (after.get(`${member}-second`) ?? 0)
        }
      }
      t.diagnostic(JSON.stringify({ split: split / whole }))
      assert.ok(split / whole <= 1.05)
    })
  })
}

function splitInTwo(played: Played, member: string): Played {
  let count = 0
  const reviews = played.reviews.map((review) =>
    review.worker === member && count++ % 2 === 1 ? { ...review, worker: `${member}-second` } : review,
  )
  return { ...played, reviews }
}

const judgement = (item: string, worker: string, label: string): Judgement => ({ item, worker, label })

describe('correlated agreement', () => {
  test('is what counting every pair one by one gives', () => {
    for (const classes of [2, 4]) {
      const played = play(
        { ...scene(classes, 3), items: 60, reviewers: 6 },
        new Map([
          [0, random],
          [1, constant],
        ]),
      )
      const aggregation = aggregate(played.reviews, { classes: played.classes })
      const pays = reviewWeights({ judgements: played.reviews, gold: new Map(), aggregation })
      for (const [worker, { agreement }] of pays)
        assert.equal(agreement, naiveAgreement(played.reviews, worker))
    }
  })

  test('is zero for a reviewer without peers, who then weighs nothing', () => {
    const judgements = [judgement('i', 'a', 'x'), judgement('j', 'a', 'y')]
    const pays = reviewWeights({ judgements, gold: new Map(), aggregation: aggregate(judgements) })
    assert.deepEqual(pays.get('a'), {
      weight: 0n,
      valid: 2,
      goldAnswered: 0,
      goldInformedness: undefined,
      agreement: 0,
      compared: 0,
      dsInformedness: 0,
      factors: { gold: 1, agreement: 0, dsInformedness: 0 },
    })
  })
})

describe('the gold factor', () => {
  const items = ['a', 'b', 'c', 'd', 'e', 'f']
  const truth = (item: string): string => (items.indexOf(item) % 2 === 0 ? 'x' : 'y')
  const judgements = items.flatMap((item) => [
    judgement(item, 'ana', truth(item)),
    judgement(item, 'ben', truth(item)),
    judgement(item, 'cleo', 'x'),
  ])
  const pays = (gold: ReadonlyMap<string, string>) =>
    reviewWeights({ judgements, gold, aggregation: aggregate(judgements) })

  test('is 1 and said to be unmeasured without gold, or with gold of one class only', () => {
    for (const gold of [new Map(), new Map([['a', 'x']])]) {
      const cleo = pays(gold).get('cleo')
      assert.equal(cleo?.goldInformedness, undefined)
      assert.equal(cleo?.factors.gold, 1)
    }
  })

  test('is 0 for a constant answer and 1 for informed ones', () => {
    const gold = new Map(items.map((item) => [item, truth(item)]))
    assert.deepEqual([pays(gold).get('cleo')?.goldInformedness, pays(gold).get('cleo')?.factors.gold], [0, 0])
    assert.deepEqual(
      [pays(gold).get('ana')?.goldInformedness, pays(gold).get('ana')?.factors.gold],
      [1_000_000, 1],
    )
  })

  test('multiplies into the weight with the other factors', () => {
    const ana = pays(new Map()).get('ana')
    assert.ok(ana !== undefined && ana.weight > 0n)
    assert.equal(ana.weight, 6n * BigInt(ana.factors.agreement) * BigInt(ana.factors.dsInformedness))
  })
})
