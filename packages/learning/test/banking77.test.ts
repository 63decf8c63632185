import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { DEFAULT_RECIPE, evaluateClassifier, trainClassifier, wilson } from '@commonhold/learning'
import { taggedHash } from '@commonhold/protocol'

const shared = process.env['COMMONHOLD_SHARED'] ?? join(import.meta.dirname, '../../../../shared')
const folder = join(shared, 'data/banking77')
const skip = existsSync(folder)
  ? false
  : `banking77 is not there: set COMMONHOLD_SHARED (looked in ${folder})`

/** RFC 4180 with a header, two columns. */
function rows(file: string): { text: string; label: string }[] {
  const cells = readFileSync(join(folder, file), 'utf8').matchAll(
    /(?:"((?:[^"]|"")*)"|([^,\r\n]*)),([^\r\n]*)\r?\n/g,
  )
  return [...cells].slice(1).map(([, quoted, plain, label]) => ({
    text: quoted === undefined ? (plain as string) : quoted.replaceAll('""', '"'),
    label: label as string,
  }))
}

test('the quantised model reaches 0.912 on banking77, and its confidence means what it says', {
  skip,
}, () => {
  const train = rows('train.csv')
  const holdOut = rows('test.csv')
  assert.deepEqual([train.length, holdOut.length], [10_003, 3_080])
  const labels = [...new Set(train.map(({ label }) => label))].sort((a, b) => (a < b ? -1 : 1))
  const model = trainClassifier(train, labels, DEFAULT_RECIPE, taggedHash('test', 'banking77'))
  const { accuracyPpm, correct, total, predictions, correctByItem } = evaluateClassifier(model, holdOut)
  assert.ok(accuracyPpm >= 912_000, `${accuracyPpm}`)
  assert.ok(wilson(correct, total).lowPpm > 900_000)
  const confident = predictions.reduce((sum, { confidence }) => sum + confidence, 0) / total
  assert.ok(Math.abs(confident - accuracyPpm) < 30_000, `mean confidence ${confident}`)
  const known = correctByItem.filter((_, i) => predictions[i]?.known)
  assert.ok(known.length > 0.85 * total)
  assert.ok(known.filter(Boolean).length > 0.93 * known.length)
})
