import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  DEFAULT_RECIPE,
  decodeModel,
  encodeModel,
  evaluateClassifier,
  modelHash,
  parseRecipe,
  predict,
  trainClassifier,
} from '@commonhold/learning'
import { type Digest, sha256Hex, utf8 } from '@commonhold/protocol'
import fc from 'fast-check'
import { desk, seed } from './support/desk.ts'

const train = (examples = desk.examples, labels = desk.labels, from: Digest = desk.seed) =>
  trainClassifier(examples, labels, DEFAULT_RECIPE, from)
const model = train()

test('the same examples, order and seed give the same model; another order or seed gives another', () => {
  const hash = modelHash(model)
  assert.equal(modelHash(train()), hash)
  assert.notEqual(modelHash(train([...desk.examples].reverse())), hash)
  assert.notEqual(modelHash(train(desk.examples, desk.labels, seed('other'))), hash)
})

test('a model answers what it learnt', () => {
  const { correct, total } = evaluateClassifier(model, desk.examples)
  assert.equal(correct, total)
  assert.equal(predict(model, 'the lift does not work').label, 'repairs')
  assert.equal(predict(model, 'pagar el alquiler').label, 'rent')
})

test('a prediction survives the encoding, and its figures belong together', () => {
  const decoded = decodeModel(encodeModel(model))
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
      const prediction = predict(model, text)
      assert.deepEqual(predict(decoded, text), prediction)
      const { label, labelIndex, confidence, scores } = prediction
      assert.equal(label, model.labels[labelIndex])
      assert.equal(confidence, scores[labelIndex])
      assert.equal(confidence, Math.max(...scores))
      assert.ok(scores.every((score) => Number.isInteger(score) && score >= 0 && score <= 1_000_000))
      const sum = scores.reduce((all, score) => all + score, 0)
      assert.ok(Math.abs(sum - 1_000_000) <= scores.length)
    }),
  )
})

test('a text without a term that training saw is not known, whatever its confidence', () => {
  for (const text of ['', '?!', 'шум', '火']) assert.equal(predict(model, text).known, false)
})

test('scores are the sums that the format describes, of the quantised weights', () => {
  const text = 'rent of the lift'
  const { scores } = predict({ ...model, sharpness: 1024 }, text)
  const ratio = Math.log((scores[0] as number) / (scores[1] as number))
  // With every weight 0 only the bias is left; with scale 0 as well.
  const empty = { ...model, sharpness: 1024, weights: new Int8Array(model.weights.length) }
  const bias = predict(empty, text).scores
  assert.deepEqual(predict({ ...model, sharpness: 1024, scales: new Float32Array(4) }, text).scores, bias)
  const expected = Math.log((bias[0] as number) / (bias[1] as number))
  assert.notEqual(ratio, expected)
  assert.ok(Math.abs(expected - ((model.bias[0] as number) - (model.bias[1] as number))) < 1e-4)
})

test('two labels are enough, and so is one', () => {
  const two = desk.examples.filter(({ label }) => label !== 'noise')
  const { correct } = evaluateClassifier(train(two, ['rent', 'repairs']), two)
  assert.equal(correct, two.length)
  const one = train([{ text: 'hello', label: 'only' }], ['only'])
  assert.equal(predict(one, 'anything').label, 'only')
  assert.equal(predict(one, 'anything').confidence, 1_000_000)
})

test('what cannot be trained is refused', () => {
  assert.throws(() => train([]), { code: 'round.no_data' })
  assert.throws(() => train([{ text: 'a', label: 'elsewhere' }]), { code: 'contribution.label_unknown' })
  assert.throws(() => train(desk.examples, ['rent', 'noise', 'repairs']), /not sorted/)
  const diverging = { ...DEFAULT_RECIPE, ratePpm: 1_000_000_000, decayPpm: 100_000_000 }
  assert.throws(() => trainClassifier(desk.examples, desk.labels, diverging, desk.seed), {
    code: 'data.malformed',
  })
})

test('the default recipe is one, and nothing near it that is not', () => {
  assert.deepEqual(parseRecipe(DEFAULT_RECIPE), DEFAULT_RECIPE)
  const { epochs: _, ...missing } = DEFAULT_RECIPE
  for (const wrong of [
    null,
    1,
    [],
    {},
    missing,
    { ...DEFAULT_RECIPE, version: 2 },
    { ...DEFAULT_RECIPE, ratePpm: 1.5 },
  ]) {
    assert.throws(() => parseRecipe(wrong), { code: 'data.malformed' })
  }
})

test('evaluation counts by label, by group and against always guessing', () => {
  const items = desk.examples.map((example, i) => ({
    text: example.text,
    label: i === 0 ? 'rent' : example.label,
    ...(i % 3 === 0 ? { group: i % 2 === 0 ? 'es' : 'en' } : {}),
  }))
  const { accuracyPpm, confusion, groups, majority, correctByItem } = evaluateClassifier(model, items)
  assert.equal(correctByItem[0], false)
  assert.equal(accuracyPpm, Math.floor((23 / 24) * 1e6))
  assert.deepEqual(confusion, [
    [8, 0, 0, 0],
    [0, 8, 1, 0],
    [0, 0, 7, 0],
    [0, 0, 0, 0],
  ])
  assert.deepEqual(groups, [
    { group: 'es', total: 4, correct: 3 },
    { group: 'en', total: 4, correct: 4 },
  ])
  assert.deepEqual(majority, { label: 'noise', correct: 8 })
  assert.equal(evaluateClassifier(model, []).accuracyPpm, 0)
  assert.throws(() => evaluateClassifier(model, [{ text: 'a', label: 'b' }]), {
    code: 'contribution.label_unknown',
  })
})

test('confidence is calibrated: unlearnable labels are answered with little of it', () => {
  // Every text is the same sort of noise; the label is a coin.
  const coins = Array.from({ length: 200 }, (_, i) => ({
    text: sha256Hex(utf8(`text ${i}`)).replace(/[0-9]/g, ' '),
    label: Number.parseInt(sha256Hex(utf8(`coin ${i}`)).slice(0, 2), 16) < 128 ? 'heads' : 'tails',
  }))
  const guess = train(coins.slice(0, 150), ['heads', 'tails'])
  const { predictions } = evaluateClassifier(guess, coins.slice(150))
  const mean = predictions.reduce((sum, { confidence }) => sum + confidence, 0) / predictions.length
  assert.ok(mean < 750_000, `${mean}`)
  assert.ok(predictions.filter(({ known }) => known).length < 20)
})
