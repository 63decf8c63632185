import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digest } from '@commonhold/protocol'
import fc from 'fast-check'
import { attributionRoot } from '../src/index.ts'
import { slowTaggedHash } from './support/reference.ts'

const ids = fc
  .array(fc.constantFrom(...'0123456789abcdef'), { minLength: 64, maxLength: 64 })
  .map((digits) => digest(digits.join('')))
const rows = fc.uniqueArray(fc.tuple(ids, fc.bigInt({ min: -(1n << 90n), max: 1n << 90n })), {
  selector: ([id]) => id,
  maxLength: 20,
})

test('the root is the tagged hash of the rows in order of id, however the map was filled', () => {
  fc.assert(
    fc.property(rows, (pairs) => {
      const sorted = pairs.toSorted(([a], [b]) => (a < b ? -1 : 1))
      const text = `[${sorted.map(([id, value]) => `["${id}","${value}"]`).join(',')}]`
      assert.equal(attributionRoot(new Map(pairs)), slowTaggedHash('attribution', text))
      assert.equal(attributionRoot(new Map(pairs.toReversed())), attributionRoot(new Map(pairs)))
    }),
  )
})
