import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addendaPath, entriesPath, parseTilePath, tilePath } from '@commonhold/tlog'
import fc from 'fast-check'
import { anyText, onlyFails, withCode } from './support/logs.ts'

test('paths are those of the specification', () => {
  assert.equal(tilePath(0, 1_234_067), 'tile/0/x001/x234/067')
  assert.equal(tilePath(1, 0), 'tile/1/000')
  assert.equal(tilePath(2, 5, 17), 'tile/2/005.p/17')
  assert.equal(tilePath(0, 1_000, 256), 'tile/0/x001/000')
  assert.equal(entriesPath(273, 112), 'tile/entries/273.p/112')
  assert.equal(addendaPath(70_000), 'tile/addenda/x070/000')
})

test('a path reads back as its address', () => {
  const index = fc.oneof(fc.nat({ max: 2_000 }), fc.maxSafeNat())
  const width = fc.integer({ min: 1, max: 256 })
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 63 }), index, width, (level, n, w) => {
      assert.deepEqual(parseTilePath(tilePath(level, n, w)), { kind: 'hashes', level, index: n, width: w })
      assert.deepEqual(parseTilePath(entriesPath(n, w)), { kind: 'entries', index: n, width: w })
      assert.deepEqual(parseTilePath(addendaPath(n, w)), { kind: 'addenda', index: n, width: w })
    }),
  )
})

test('a second spelling of a path is refused', () => {
  const spellings = [
    '',
    'tile',
    'tile/0',
    'tile/0/0',
    'tile/0/1',
    'tile/00/001',
    'tile/64/001',
    'tile/100/001',
    'tile/-1/001',
    'tile/0/x000/001',
    'tile/0/001/001',
    'tile/0/x001',
    'tile/0/x001/x002',
    'tile/0/001.p/0',
    'tile/0/001.p/256',
    'tile/0/001.p/01',
    'tile/0/001.p/',
    'tile/0/001.p',
    'tile/0/001/',
    '/tile/0/001',
    'tile//001',
    'tile/0/../0/001',
    'tile/entries/x',
    'tile/data/001',
    'tile/0/001\n',
    'tile/0/x999/x999/x999/x999/x999/999',
    'tile/0/\u0660\u0660\u0661',
    'tile/0/001?x',
    'checkpoint',
  ]
  for (const path of spellings) assert.throws(() => parseTilePath(path), withCode('log.bad_tile'), path)
})

test('arbitrary text is a path or a bad tile', async () => {
  const piece = fc.constantFrom(
    'tile/',
    'entries/',
    'x',
    '.p/',
    '/',
    '0',
    '00',
    '001',
    '255',
    '256',
    '9',
    '-',
    'e',
    ' ',
  )
  const text = fc.oneof(
    anyText(),
    fc.array(piece).map((parts) => parts.join('')),
  )
  await fc.assert(
    fc.asyncProperty(text, (path) =>
      onlyFails(['log.bad_tile'], () => parseTilePath(path)).then(() => undefined),
    ),
    { numRuns: 500 },
  )
})
