import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TERM_BUCKETS, termCounts, words } from '@commonhold/learning'
import fc from 'fast-check'
import { vectors } from './support/vectors.ts'

type TermVector = {
  readonly text: string
  readonly words: readonly string[]
  readonly ids: readonly number[]
  readonly counts: readonly number[]
}

for (const vector of vectors<readonly TermVector[]>('terms')) {
  test(`the terms of ${JSON.stringify(vector.text)} are those of the reference`, () => {
    assert.deepEqual(words(vector.text), vector.words)
    const { ids, counts } = termCounts(vector.text)
    assert.deepEqual([...ids], vector.ids)
    assert.deepEqual([...counts], vector.counts)
  })
}

test('terms depend on the words alone: not on case, separators or what was counted before', () => {
  const text = fc.string({ unit: 'binary', maxLength: 80 })
  fc.assert(
    fc.property(text, text, (a, b) => {
      const counted = termCounts(a)
      termCounts(b)
      assert.deepEqual(termCounts(` ${words(a).join(' -- ')}\n`), counted)
    }),
  )
})

test('ids ascend strictly within 2^18 and every n-gram is counted', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
      const { ids, counts } = termCounts(text)
      ids.forEach((id, i) => {
        assert.ok(id < TERM_BUCKETS && (i === 0 || id > (ids[i - 1] as number)))
      })
      const split = words(text)
      const grams = split.reduce((sum, word) => {
        const padded = [...word].length + 2
        return sum + [2, 3, 4, 5].reduce((all, n) => all + Math.max(0, padded - n + 1), 0)
      }, 0)
      const total = counts.reduce((sum, count) => sum + count, 0)
      assert.equal(total, grams + split.length + Math.max(0, split.length - 1))
    }),
  )
})

test('a text of 100,000 characters is counted whole', () => {
  const { counts } = termCounts('ab '.repeat(33_334))
  assert.equal(Math.max(...counts), 33_334)
})
