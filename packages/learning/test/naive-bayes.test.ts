import assert from 'node:assert/strict'
import { test } from 'node:test'
import { naiveBayes, termCounts } from '@commonhold/learning'
import fc from 'fast-check'
import { desk } from './support/desk.ts'

test('adding and removing are exact opposites, in whatever order', () => {
  const picks = fc.array(fc.nat(desk.examples.length - 1), { maxLength: 12 })
  fc.assert(
    fc.property(picks, picks, (kept, passing) => {
      const at = (i: number) => desk.examples[i] as { text: string; label: string }
      const plain = naiveBayes(desk.labels)
      for (const i of kept) plain.add(at(i))
      const busy = naiveBayes(desk.labels)
      for (const i of passing) busy.add(at(i))
      for (const i of [...kept].reverse()) busy.add(at(i))
      for (const i of passing) busy.remove(at(i))
      assert.equal(busy.digest(), plain.digest())
      assert.deepEqual(busy.scores('rent and noise'), plain.scores('rent and noise'))
    }),
    { numRuns: 40 },
  )
})

test('scores are the logarithms of the textbook, in units of 2^-16 bits', () => {
  const bayes = naiveBayes(desk.labels)
  for (const example of desk.examples) bayes.add(example)
  const text = 'ruido en el patio, ruido'
  const counts = new Map<string, Map<number, number>>()
  for (const { text: of, label } of desk.examples) {
    const row = counts.get(label) ?? new Map<number, number>()
    counts.set(label, row)
    const terms = termCounts(of)
    terms.ids.forEach((id, i) => {
      row.set(id, (row.get(id) ?? 0) + (terms.counts[i] as number))
    })
  }
  const terms = termCounts(text)
  bayes.scores(text).forEach((score, c) => {
    const label = desk.labels[c] as string
    const row = counts.get(label) ?? new Map<number, number>()
    const total = [...row.values()].reduce((sum, n) => sum + n, 0)
    let expected = Math.log2(desk.examples.filter((example) => example.label === label).length + 1)
    terms.ids.forEach((id, i) => {
      const share = ((row.get(id) ?? 0) + 1 / 400) / (total + 262_144 / 400)
      expected += (terms.counts[i] as number) * Math.log2(share)
    })
    assert.ok(Math.abs(score / 65_536 - expected) < 0.01, `${label}: ${score / 65_536} for ${expected}`)
  })
  assert.equal(bayes.label(text), 'noise')
})

test('what was not added cannot be removed, and nothing changes', () => {
  const bayes = naiveBayes(['a', 'b'])
  bayes.add({ text: 'one two', label: 'a' })
  const before = bayes.digest()
  for (const example of [
    { text: 'one three', label: 'a' },
    { text: 'one two', label: 'b' },
    { text: 'one two one', label: 'a' },
    { text: '', label: 'b' },
  ]) {
    assert.throws(() => bayes.remove(example), { code: 'data.malformed' })
    assert.equal(bayes.digest(), before)
  }
  assert.throws(() => bayes.add({ text: 'x', label: 'c' }), { code: 'contribution.label_unknown' })
  assert.throws(() => naiveBayes(['b', 'a']), /not sorted/)
})
