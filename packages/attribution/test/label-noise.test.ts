import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { valuationVectors } from '@commonhold/learning'
import { taggedHash } from '@commonhold/protocol'
import { knnShapley, type TrainPoint } from '../src/index.ts'
import { anySeed } from './support/random-points.ts'

const { COMMONHOLD_SHARED } = process.env
const shared = COMMONHOLD_SHARED ?? join(import.meta.dirname, '../../../../shared')
const file = join(shared, 'data/banking77/train.csv')
const CLASSES = 77
const TRAIN = 3000
const HOLD_OUT = 500

/** Rows of `text,category`: a text in quotes may hold commas and doubled quotes, none of these holds a line break. */
function readRows(): readonly { readonly text: string; readonly label: string }[] {
  const lines = readFileSync(file, 'utf8').split(/\r?\n/).slice(1)
  return lines.flatMap((line) => {
    const match = /^(?:"((?:[^"]|"")*)"|([^",]*)),([^,]+)$/.exec(line)
    if (match === null) return []
    return [{ text: (match[1] ?? match[2] ?? '').replaceAll('""', '"'), label: match[3] as string }]
  })
}

/** The chance that a flipped label has a lower value than a kept one; ties count a half. */
function areaUnderCurve(values: readonly bigint[], flipped: readonly boolean[]): number {
  const order = Array.from(values.keys()).sort((a, b) => Number((values[a] ?? 0n) - (values[b] ?? 0n)))
  let rankSum = 0
  for (let start = 0; start < order.length; ) {
    let end = start
    while (end < order.length && values[order[end] as number] === values[order[start] as number]) end++
    for (let i = start; i < end; i++) if (flipped[order[i] as number]) rankSum += (start + end + 1) / 2
    start = end
  }
  const wrong = flipped.filter(Boolean).length
  const kept = flipped.length - wrong
  return 1 - (rankSum - (wrong * (wrong + 1)) / 2) / (wrong * kept)
}

const skip = existsSync(file) ? false : `no real data: ${file} is missing (set COMMONHOLD_SHARED)`

test('values of real texts tell flipped labels from true ones (AUC at least 0.88)', { skip }, () => {
  const drawn = readRows()
    .map((row, index) => ({ ...row, id: taggedHash('test-row', String(index)) }))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .slice(0, TRAIN + HOLD_OUT)
  assert.equal(drawn.length, TRAIN + HOLD_OUT)
  const names = Array.from(new Set(drawn.map(({ label }) => label)))
  const vectors = valuationVectors(drawn.map(({ text }) => text))
  const flipped: boolean[] = []
  const points = drawn.map(({ id, label }, index): TrainPoint => {
    // The draw is of ids that hash to anything: their first bytes are the coin and the die.
    const coin = Number.parseInt(id.slice(0, 4), 16)
    const flip = index < TRAIN && Number.parseInt(id.slice(8, 12), 16) % 5 === 0
    if (index < TRAIN) flipped.push(flip)
    const truth = names.indexOf(label)
    const shown = flip ? (truth + 1 + (coin % (CLASSES - 1))) % CLASSES : truth
    const vector = vectors[index]
    assert.ok(vector)
    return { id, vector, label: shown, owner: index }
  })
  const { values } = knnShapley(points.slice(0, TRAIN), points.slice(TRAIN), { k: 10, seed: anySeed })
  const area = areaUnderCurve(values, flipped)
  assert.ok(area >= 0.88, `AUC ${area.toFixed(4)}`)
})
