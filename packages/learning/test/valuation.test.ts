import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fitValuation, termCounts, valuationVectors } from '@commonhold/learning'
import fc from 'fast-check'
import { vectors } from './support/vectors.ts'

type ValuationVector = {
  readonly texts: readonly string[]
  readonly vectors: readonly { readonly ids: readonly number[]; readonly weights: readonly number[] }[]
}

const { texts, vectors: expected } = vectors<ValuationVector>('valuation')

test('valuation vectors are those of the reference', () => {
  const plain = valuationVectors(texts).map(({ ids, weights }) => ({ ids: [...ids], weights: [...weights] }))
  assert.deepEqual(plain, expected)
})

test('a fitted valuation gives the same texts the same vectors', () => {
  const { vector } = fitValuation(texts)
  assert.deepEqual(texts.map(vector), valuationVectors(texts))
})

test('weights stand for tf-idf to within half a step, the largest being 127', () => {
  const word = fc.constantFrom('lift', 'rent', 'noise', 'ruido', 'alquiler', 'अलमारी')
  const sentence = fc.array(word, { minLength: 1, maxLength: 8 }).map((list) => list.join(' '))
  fc.assert(
    fc.property(fc.array(sentence, { minLength: 1, maxLength: 12 }), (corpus) => {
      const having = new Map<number, number>()
      const rows = corpus.map(termCounts)
      for (const { ids } of rows) for (const id of ids) having.set(id, (having.get(id) ?? 0) + 1)
      valuationVectors(corpus).forEach(({ ids, weights }, row) => {
        const { counts } = rows[row] as { counts: Uint32Array }
        const floats = Array.from(ids, (id, i) => {
          const rarity = 1 + Math.log2((corpus.length + 1) / ((having.get(id) as number) + 1))
          return (1 + Math.log2(counts[i] as number)) * rarity
        })
        const largest = Math.max(...floats)
        assert.equal(Math.max(...weights), 127)
        floats.forEach((value, i) => {
          assert.ok(Math.abs((weights[i] as number) - (127 * value) / largest) < 0.52)
        })
      })
    }),
    { numRuns: 60 },
  )
})

test('terms that no fitted text has are the rarest', () => {
  const { vector } = fitValuation(['rent rent rent', 'rent again', 'rent'])
  const { ids, weights } = vector('rent xyz')
  const rent = new Set(termCounts('rent').ids)
  ids.forEach((id, i) => {
    if (rent.has(id)) assert.ok((weights[i] as number) < 60)
    else assert.equal(weights[i], 127)
  })
})

test('a text without words, and a valuation of no texts, give what there is', () => {
  assert.equal(fitValuation(['a']).vector('?!').ids.length, 0)
  assert.deepEqual(new Set(fitValuation([]).vector('one').weights), new Set([127]))
  assert.deepEqual(valuationVectors([]), [])
})

test('texts of any length are weighed together as one by one', () => {
  const long = Array.from({ length: 3 }, (_, i) =>
    Array.from({ length: 900 }, (_, n) => `w${i}x${n}`).join(' '),
  )
  const corpus = ['short', ...long, '']
  assert.deepEqual(valuationVectors(corpus), corpus.map(fitValuation(corpus).vector))
})
