import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ProtocolError } from '@commonhold/protocol'
import fc from 'fast-check'
import { exp2Q30, log2Q20 } from '../src/fixed-log.ts'
import { aggregate, type Judgement } from '../src/index.ts'
import { logTables } from '../tools/log-tables.ts'
import { type AggregateVector, VECTORS } from '../tools/review-vectors.ts'
import { accuracy, CROWD_SETS, crowdIsMissing, readCrowdSet } from './support/crowd-sets.ts'
import { floatDawidSkene } from './support/float-dawid-skene.ts'

const judgement = (item: string, worker: string, label: string): Judgement => ({ item, worker, label })
const read = (url: URL): string => readFileSync(fileURLToPath(url), 'utf8')

describe('the logarithm tables', () => {
  test('are what the tool makes', () => {
    assert.equal(read(new URL('../src/log-tables.gen.ts', import.meta.url)), logTables())
  })

  test('give log2 within 2 units of 2^-20, exactly at powers of two', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (x) => {
        assert.ok(Math.abs(log2Q20(x) - Math.log2(x) * 2 ** 20) <= 2)
      }),
    )
    for (let exponent = 0; exponent < 53; exponent++) assert.equal(log2Q20(2 ** exponent), exponent * 2 ** 20)
  })

  test('give powers of two within 64 units of 2^-30, and 0 where nothing is left', () => {
    fc.assert(
      fc.property(fc.nat(31 * 2 ** 20), (d) => {
        assert.ok(Math.abs(exp2Q30(d) - 2 ** (30 - d / 2 ** 20)) <= 64)
      }),
    )
    assert.equal(exp2Q30(0), 2 ** 30)
    assert.equal(exp2Q30(31 * 2 ** 20), 0)
    assert.equal(exp2Q30(2 ** 45), 0)
  })
})

describe('aggregation', () => {
  for (const name of VECTORS) {
    test(`of ${name} gives the labels and, within 0.001, the posteriors of the vector`, () => {
      const url = new URL(`../../../vectors/review/aggregate-${name}.json`, import.meta.url)
      const { classes, judgements, items } = JSON.parse(read(url)) as AggregateVector
      const { items: estimates } = aggregate(
        judgements.map(([item, worker, label]) => ({ item, worker, label })),
        { classes },
      )
      assert.deepEqual(
        estimates.map(({ item, label }) => [item, label]),
        items.map(({ item, label }) => [item, label]),
      )
      for (const [i, { posterior }] of estimates.entries()) {
        for (const [t, share] of posterior.entries()) {
          assert.ok(Math.abs(share / 65_536 - items[i]!.posterior[t]!) < 0.001)
        }
      }
    })
  }

  test('of the public crowd sets is as good as the float reference, and never 4.5 points below majority', {
    skip: crowdIsMissing,
  }, (t) => {
    const rows = CROWD_SETS.map((name) => {
      const { judgements, truth } = readCrowdSet(name)
      const { items } = aggregate(judgements)
      const reference = floatDawidSkene(judgements)
      return {
        name,
        integer: accuracy(new Map(items.map(({ item, label }) => [item, label])), truth),
        float: accuracy(new Map([...reference].map(([item, { label }]) => [item, label])), truth),
        majority: accuracy(majority(judgements), truth),
      }
    })
    for (const row of rows) {
      t.diagnostic(JSON.stringify(row))
      assert.ok(row.integer >= row.majority - 4.5, row.name)
    }
    const mean = (of: (row: (typeof rows)[number]) => number): number =>
      rows.reduce((sum, row) => sum + of(row), 0) / rows.length
    assert.ok(mean(({ integer }) => integer) >= mean(({ float }) => float) - 0.1)
  })

  test('counts the last of a repeated pair, and says how many it left out', () => {
    const twice = aggregate([judgement('i', 'w', 'a'), judgement('i', 'v', 'b'), judgement('i', 'w', 'b')])
    const once = aggregate([judgement('i', 'w', 'b'), judgement('i', 'v', 'b')], { classes: ['a', 'b'] })
    assert.equal(twice.repeats, 1)
    assert.equal(once.repeats, 0)
    assert.equal(twice.items[0]?.label, 'b')
    assert.deepEqual(aggregate([judgement('i', 'w', 'b'), judgement('i', 'v', 'b')]).items, [
      { item: 'i', label: 'b', confidencePpm: 1_000_000, posterior: [65_536] },
    ])
  })

  test('lists items in order of first appearance, workers and classes in byte order', () => {
    const { items, workers, classes } = aggregate([
      judgement('z', 'v', 'b'),
      judgement('a', 'B', 'a'),
      judgement('z', 'B', 'Z'),
    ])
    assert.deepEqual(
      [items.map(({ item }) => item), workers.map(({ worker }) => worker), classes],
      [
        ['z', 'a'],
        ['B', 'v'],
        ['Z', 'a', 'b'],
      ],
    )
  })

  test('of a perfect tie takes the first class in byte order', () => {
    const { items } = aggregate([judgement('i', 'v', 'b'), judgement('i', 'w', 'a')])
    assert.equal(items[0]?.label, 'a')
    assert.deepEqual(items[0]?.posterior, [32_768, 32_768])
    assert.equal(items[0]?.confidencePpm, 500_000)
  })

  test('does not depend on the order of judgements, and posteriors sum to 2^16', () => {
    const one = fc.record({
      item: fc.constantFrom('i', 'j', 'k', 'l'),
      worker: fc.constantFrom('u', 'v', 'w', 'x', 'y'),
      label: fc.constantFrom('a', 'b', 'c'),
    })
    const judgements = fc.uniqueArray(one, {
      selector: ({ item, worker }) => `${item} ${worker}`,
      minLength: 1,
    })
    fc.assert(
      fc.property(judgements, (list) => {
        const forwards = aggregate(list)
        const backwards = new Map(aggregate([...list].reverse()).items.map((item) => [item.item, item]))
        for (const item of forwards.items) {
          assert.deepEqual(backwards.get(item.item), item)
          assert.equal(
            item.posterior.reduce((a, b) => a + b, 0),
            65_536,
          )
        }
      }),
      { numRuns: 50 },
    )
  })

  test('of nothing is empty, and a label outside the classes is refused', () => {
    const { items, workers } = aggregate([], { classes: ['a'] })
    assert.deepEqual([items, workers], [[], []])
    assert.throws(
      () => aggregate([judgement('i', 'w', 'c')], { classes: ['a', 'b'] }),
      (error) => error instanceof ProtocolError && error.code === 'contribution.label_unknown',
    )
  })

  test('tells an informed worker from a constant and a contrary one', () => {
    const truth = (i: number): string => (i % 3 === 0 ? 'a' : 'b')
    const other = (i: number): string => (i % 3 === 0 ? 'b' : 'a')
    const judgements = Array.from({ length: 60 }, (_, i) => [
      ...['good-1', 'good-2', 'good-3'].map((worker) => judgement(`${i}`, worker, truth(i))),
      judgement(`${i}`, 'constant', 'b'),
      judgement(`${i}`, 'contrary', other(i)),
    ]).flat()
    const informed = new Map(aggregate(judgements).workers.map((w) => [w.worker, w.informedness]))
    assert.ok(informed.get('good-1')! > 990_000)
    assert.ok(Math.abs(informed.get('constant')!) < 1000)
    assert.ok(informed.get('contrary')! < -990_000)
  })
})

/** Most votes; of equals the first label in byte order. */
function majority(judgements: readonly Judgement[]): Map<string, string> {
  const votes = new Map<string, Map<string, number>>()
  for (const { item, label } of judgements) {
    const counts = votes.get(item) ?? new Map<string, number>()
    votes.set(item, counts.set(label, (counts.get(label) ?? 0) + 1))
  }
  return new Map(
    [...votes].map(([item, counts]) => {
      const [best] = [...counts].sort(([a, inA], [b, inB]) => inB - inA || (a < b ? -1 : 1))
      return [item, best?.[0] ?? '']
    }),
  )
}
