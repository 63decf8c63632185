import assert from 'node:assert/strict'
import { test } from 'node:test'
import { prng } from '@commonhold/kernels'
import { type GateInput, gate, wilson } from '@commonhold/learning'
import fc from 'fast-check'
import { vectors } from './support/vectors.ts'

type Verdict = { readonly promoted: boolean; readonly pPpm: number }
type GateVectors = {
  readonly refresh: readonly (Verdict & {
    readonly items: number
    readonly gained: number
    readonly lost: number
  })[]
  readonly recipe: readonly (Verdict & {
    readonly gained: number
    readonly lost: number
    readonly candidates: number
  })[]
  readonly wilson: readonly {
    readonly correct: number
    readonly total: number
    readonly lowPpm: number
    readonly highPpm: number
  }[]
}
const expected = vectors<GateVectors>('gate')

/** `gained` items only the candidate has right, then `lost` only the live release, then both. */
function pairs(items: number, gained: number, lost: number): Omit<GateInput, 'kind'> {
  return {
    candidateCorrect: Array.from({ length: items }, (_, i) => i < gained || i >= gained + lost),
    liveCorrect: Array.from({ length: items }, (_, i) => i >= gained),
    majorityCorrect: 0,
    groups: [],
  }
}

for (const { items, gained, lost, promoted, pPpm } of expected.refresh) {
  test(`refresh on ${items} items, ${gained} gained and ${lost} lost: ${promoted ? 'promoted' : 'refused'}`, () => {
    const result = gate({ kind: 'refresh', ...pairs(items, gained, lost) })
    assert.deepEqual({ promoted: result.promoted, pPpm: result.pPpm }, { promoted, pPpm })
    assert.deepEqual([result.counts.gained, result.counts.lost, result.counts.items], [gained, lost, items])
  })
}

for (const { gained, lost, candidates, promoted, pPpm } of expected.recipe) {
  test(`a recipe among ${candidates}, ${gained} gained and ${lost} lost: ${promoted ? 'promoted' : 'refused'}`, () => {
    const result = gate({ kind: 'recipe', ...pairs(200, gained, lost), candidates })
    assert.deepEqual({ promoted: result.promoted, pPpm: result.pPpm }, { promoted, pPpm })
  })
}

type Ratio = readonly [bigint, bigint]

const factorial = (n: number): bigint => (n <= 1 ? 1n : BigInt(n) * factorial(n - 1))

/** P(at least `successes` heads of `tosses`), by the definition. */
function slowTail(tosses: number, successes: number): Ratio {
  let ways = 0n
  for (let heads = successes; heads <= tosses; heads++) {
    ways += factorial(tosses) / (factorial(heads) * factorial(tosses - heads))
  }
  return [ways, 1n << BigInt(tosses)]
}

const ppmUp = ([above, below]: Ratio): number => Number((above * 1_000_000n + below - 1n) / below)
const counts = fc.record({ gained: fc.nat(12), lost: fc.nat(12), agreed: fc.integer({ min: 0, max: 900 }) })

test('a refresh is promoted when, given the margin, it would be superior at 5 %', () => {
  fc.assert(
    fc.property(counts, ({ gained, lost, agreed }) => {
      const items = gained + lost + agreed
      const result = gate({ kind: 'refresh', ...pairs(items, gained, lost) })
      const margin = Math.floor(items / 100)
      const p = slowTail(gained + lost + margin, gained + margin)
      assert.equal(result.pPpm, ppmUp(p))
      if (items >= 500) assert.equal(result.promoted, p[0] * 20n <= p[1])
      else assert.equal(result.promoted, items > 0 && 100 * (lost - gained) <= items)
    }),
  )
})

test('a candidate that truly loses a point is promoted in at most 5 % of hold-outs', () => {
  const lot = prng('7e'.repeat(32))
  for (const [gains, losses] of [
    [0, 10],
    [10, 20],
    [40, 50],
  ] as const) {
    let promoted = 0
    for (let run = 0; run < 400; run++) {
      let [gained, lost] = [0, 0]
      for (let item = 0; item < 600; item++) {
        const drawn = lot.below(1000)
        if (drawn < gains) gained++
        else if (drawn < gains + losses) lost++
      }
      if (gate({ kind: 'refresh', ...pairs(600, gained, lost) }).promoted) promoted++
    }
    assert.ok(
      promoted <= 0.05 * 400 + 9,
      `${promoted} of 400 with ${gains} gains and ${losses} losses in 1000`,
    )
  }
})

test('the p-value of a recipe is the sum over all outcomes, and more candidates need more', () => {
  fc.assert(
    fc.property(counts, fc.integer({ min: 1, max: 4 }), ({ gained, lost, agreed }, candidates) => {
      const result = gate({ kind: 'recipe', ...pairs(gained + lost + agreed, gained, lost), candidates })
      const p = slowTail(gained + lost, gained)
      assert.equal(result.pPpm, ppmUp(p))
      assert.equal(result.promoted, p[0] * 100n * BigInt(candidates) <= p[1])
    }),
  )
})

test('the order of items does not matter, and one more gain never turns a promotion into a refusal', () => {
  fc.assert(
    fc.property(counts, ({ gained, lost, agreed }) => {
      // The one more gain is an item that both had right: the hold-out stays as large.
      const items = gained + lost + agreed + 1
      const input = pairs(items, gained, lost)
      for (const kind of ['refresh', 'recipe'] as const) {
        const result = gate({ kind, ...input })
        const reversed = {
          ...input,
          candidateCorrect: [...input.candidateCorrect].reverse(),
          liveCorrect: [...(input.liveCorrect ?? [])].reverse(),
        }
        assert.deepEqual(gate({ kind, ...reversed }), result)
        if (result.promoted) assert.ok(gate({ kind, ...pairs(items, gained + 1, lost) }).promoted)
      }
    }),
  )
})

test('a release that answers exactly like the live one passes as a refresh and not as a recipe', () => {
  for (const items of [1, 50, 499, 500, 1000]) {
    assert.ok(gate({ kind: 'refresh', ...pairs(items, 0, 0) }).promoted)
    assert.ok(!gate({ kind: 'recipe', ...pairs(items, 0, 0) }).promoted)
  }
})

test('a group of 50 that got significantly worse stops a candidate that is better over all', () => {
  const groups = (size: number): (string | undefined)[] =>
    Array.from({ length: 400 }, (_, i) => (i >= 60 && i < 60 + size ? 'es' : i % 2 === 0 ? 'en' : undefined))
  const input = pairs(400, 60, 8)
  const stopped = gate({ kind: 'recipe', ...input, groups: groups(50) })
  assert.equal(stopped.promoted, false)
  assert.equal(stopped.reason, 'group-worse')
  const es = stopped.groups.find(({ group }) => group === 'es')
  // Eight of eight discordant pairs lost: 1/256.
  assert.deepEqual(es, { group: 'es', items: 50, gained: 0, lost: 8, pPpm: 3907, worse: true })
  assert.equal(gate({ kind: 'refresh', ...input, groups: groups(50) }).reason, 'group-worse')
  assert.equal(gate({ kind: 'recipe', ...input, groups: groups(49) }).reason, 'superior')
})

test('a first release must be above always guessing the most frequent label', () => {
  const first = (correct: number, majorityCorrect: number) =>
    gate({
      kind: 'first',
      candidateCorrect: [0, 1, 2, 3].map((i) => i < correct),
      majorityCorrect,
      groups: [],
    })
  assert.equal(first(3, 2).reason, 'above-majority')
  assert.equal(first(2, 2).reason, 'not-above-majority')
  assert.equal(first(0, 0).promoted, false)
})

test('lists that do not belong together are a bug of the caller', () => {
  const input = pairs(4, 1, 1)
  const { liveCorrect: _, ...without } = input
  assert.throws(() => gate({ kind: 'refresh', ...without }), /the same items/)
  assert.throws(() => gate({ kind: 'first', ...input }), /the same items/)
  assert.throws(() => gate({ kind: 'recipe', ...input, candidates: 0 }), /0 candidates/)
  assert.throws(() => gate({ kind: 'recipe', ...input, groups: ['a'] }), /one group/)
})

test('Wilson intervals are those of the reference, and hold the share itself', () => {
  for (const { correct, total, lowPpm, highPpm } of expected.wilson) {
    assert.deepEqual(wilson(correct, total), { lowPpm, highPpm })
  }
  fc.assert(
    fc.property(fc.nat(5000), fc.nat(5000), (correct, wrong) => {
      const { lowPpm, highPpm } = wilson(correct, correct + wrong)
      const share = correct + wrong === 0 ? 0.5 : correct / (correct + wrong)
      assert.ok(lowPpm <= share * 1e6 && share * 1e6 <= highPpm && lowPpm >= 0 && highPpm <= 1_000_000)
    }),
  )
  assert.deepEqual(wilson(0, 0), { lowPpm: 0, highPpm: 1_000_000 })
  for (const [correct, total] of [
    [2, 1],
    [-1, 1],
    [0.5, 1],
  ] as const) {
    assert.throws(() => wilson(correct, total), { code: 'data.malformed' })
  }
})
