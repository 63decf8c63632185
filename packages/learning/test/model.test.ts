import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type ClassifierModel,
  decodeModel,
  encodeModel,
  modelHash,
  trainClassifier,
} from '@commonhold/learning'
import { equalBytes, ProtocolError, toHex } from '@commonhold/protocol'
import fc from 'fast-check'
import { desk, modelVectors, seed } from './support/desk.ts'

for (const vector of modelVectors) {
  test(`training gives the reference's bytes: ${vector.note}`, () => {
    const model = trainClassifier(vector.examples, vector.labels, vector.recipe, vector.seed)
    const bytes = encodeModel(model)
    assert.equal(toHex(bytes.subarray(0, 400)), vector.head)
    assert.equal(bytes.length, vector.bytes)
    assert.equal(modelHash(model), vector.modelHash)
  })
}

const model = trainClassifier(desk.examples, desk.labels, desk.recipe, desk.seed)
const bytes = encodeModel(model)

test('a model decodes to itself', () => {
  assert.deepEqual(decodeModel(bytes), model)
  assert.deepEqual(decodeModel(Uint8Array.of(7, ...bytes).subarray(1)), model)
})

test('labels in any script survive', () => {
  const labels = ['Ärger', 'سؤال', 'शोर'].sort((a, b) => (a < b ? -1 : 1))
  const examples = labels.map((label, i) => ({ text: `text ${i}`, label }))
  const other = trainClassifier(examples, labels, desk.recipe, seed('labels'))
  assert.deepEqual(decodeModel(encodeModel(other)).labels, labels)
})

const malformed = (given: Uint8Array): void => {
  assert.throws(() => decodeModel(given), { name: 'ProtocolError', code: 'data.malformed' })
}

test('every truncation, and a byte too many, is malformed', () => {
  for (let size = 0; size < 500; size++) malformed(bytes.subarray(0, size))
  malformed(bytes.subarray(0, bytes.length - 1))
  malformed(Uint8Array.of(...bytes, 0))
})

test('bytes that are changed anywhere are refused, or are the encoding of the model they decode to', () => {
  const place = fc.oneof(fc.nat(400), fc.nat(bytes.length - 1))
  fc.assert(
    fc.property(place, fc.integer({ min: 1, max: 255 }), (at, by) => {
      const changed = bytes.slice()
      changed[at] = (changed[at] as number) ^ by
      let decoded: ClassifierModel
      try {
        decoded = decodeModel(changed)
      } catch (error) {
        assert.ok(error instanceof ProtocolError && error.code === 'data.malformed', String(error))
        return
      }
      assert.ok(equalBytes(encodeModel(decoded), changed))
      assert.notEqual(modelHash(decoded), modelHash(model))
    }),
    { numRuns: 400 },
  )
})

test('arbitrary bytes never give anything but a ProtocolError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(80), (tail, kept) => {
      malformed(Uint8Array.of(...bytes.subarray(0, kept), ...tail))
    }),
  )
})

test('each rule of the format is checked', () => {
  const broken = (change: Partial<ClassifierModel>): void => malformed(encodeModel({ ...model, ...change }))
  broken({ labels: [...model.labels].reverse() })
  broken({ labels: ['a', 'a', 'b', 'c'] })
  broken({ texts: model.texts + 1 })
  broken({ sharpness: 0 })
  broken({ threshold: 1_000_001 })
  broken({ scales: model.scales.map(() => -1) })
  broken({ bias: model.bias.map(() => Number.NaN) })
  broken({ ids: model.ids.slice().reverse() })
  broken({ ids: model.ids.map((id) => id + 262_144) })
  broken({ frequencies: model.frequencies.map(() => 0) })
  broken({ frequencies: model.frequencies.map(() => model.texts + 1) })
  broken({ weights: model.weights.map(() => -128) })
  broken({ recipe: { ...model.recipe, epochs: 0 } })
  broken({ recipe: { ...model.recipe, further: 1 } as ClassifierModel['recipe'] })
  broken({ recipe: { ...model.recipe, kind: 'answer' } as unknown as ClassifierModel['recipe'] })
})
