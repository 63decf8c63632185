import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  addendaOf,
  decodeEntry,
  type EventId,
  encodeEntry,
  fromUtf8,
  ProtocolError,
  parseEnvelope,
  parseEvent,
  utf8,
} from '@commonhold/protocol'
import canonicalize from 'canonicalize'
import fc from 'fast-check'
import { outcome, refuses, vectors } from './support/failures.ts'

type Entries = { readonly valid: readonly { name: string; entry: string; ids: EventId[] }[] }
const entries = vectors<Entries>('entries').valid.map(({ entry }) => utf8(entry))
const anEntry = fc.constantFrom(...entries)

/** The one promise of the decoder: the entry of these very bytes, or an expected failure. */
function checkPromise(bytes: Uint8Array): void {
  const result = outcome(() => decodeEntry(bytes))
  if (result instanceof ProtocolError) {
    assert.ok(['encoding.invalid', 'event.invalid', 'entry.too_large'].includes(result.code), result.code)
  } else {
    assert.deepEqual(encodeEntry(result), new Uint8Array(bytes))
  }
}

test('any bytes decode to the entry that they encode, or are refused', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), checkPromise), { numRuns: 300 })
  fc.assert(fc.property(fc.json().map(utf8), checkPromise), { numRuns: 300 })
})

test('any change of the bytes of an entry gives another entry or is refused', () => {
  const change = fc.record({
    entry: anEntry,
    at: fc.nat(),
    removed: fc.nat({ max: 3 }),
    put: fc.oneof(
      fc.uint8Array({ maxLength: 3 }),
      fc.constantFrom('"', '0', ',', '}', '"v":1,', '\\u0061').map(utf8),
    ),
  })
  fc.assert(
    fc.property(change, ({ entry, at, removed, put }) => {
      const from = at % entry.length
      checkPromise(Buffer.concat([entry.subarray(0, from), put, entry.subarray(from + removed)]))
    }),
    { numRuns: 1_500 },
  )
})

test('any change of the value of an entry gives another entry or is refused', () => {
  const change = fc.record({
    entry: anEntry,
    field: fc.nat(),
    value: fc.oneof(
      fc.constantFrom(undefined, null, '', 0, 1, -1, true, '00', '0'.repeat(64), '__proto__', [], {}),
      fc.maxSafeInteger(),
      fc.string({ unit: 'grapheme-ascii' }),
      fc.array(fc.constant('0'.repeat(64)), { maxLength: 10 }),
    ),
  })
  fc.assert(
    fc.property(change, ({ entry, field, value }) => {
      const decoded = JSON.parse(fromUtf8(entry)) as Record<string, unknown>
      replaceField(decoded, field, value)
      checkPromise(utf8(canonicalize(decoded) as string))
    }),
    { numRuns: 1_000 },
  )
})

/** Puts `value` in the place of the n-th field, counted through the whole tree. */
function replaceField(tree: Record<string, unknown>, n: number, value: unknown): void {
  const places: [Record<string, unknown>, string][] = []
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    for (const key of Object.keys(node)) {
      places.push([node as Record<string, unknown>, key])
      walk((node as Record<string, unknown>)[key])
    }
  }
  walk(tree)
  const [owner, key] = places[n % places.length] as [Record<string, unknown>, string]
  owner[key] = value
}

test('an envelope from a client may come in any JSON, but not with other values', () => {
  const { events, key, sig } = JSON.parse(fromUtf8(entries[1] as Uint8Array)) as Record<string, unknown>
  const reordered = (events as Record<string, unknown>[]).map((event) =>
    Object.fromEntries(Object.entries(event).reverse()),
  )
  const { ids } = parseEnvelope(reordered, key, sig)
  assert.deepEqual(ids, decodeEntry(entries[1] as Uint8Array).ids)
  const recipe = {
    founding: JSON.parse(fromUtf8(entries[0] as Uint8Array)).events[0] as Record<string, unknown>,
  }
  const charter = recipe.founding['charter'] as Record<string, unknown>
  for (const bad of [{ rate: 0.5 }, { name: 'é' }, { deep: JSON.parse('['.repeat(40) + ']'.repeat(40)) }]) {
    const event = { ...recipe.founding, charter: { ...charter, recipe: bad } }
    refuses(() => parseEnvelope([event], key, sig), 'encoding.invalid')
  }
  refuses(() => parseEnvelope(undefined, key, sig), 'event.invalid')
  refuses(() => parseEnvelope(events, undefined, sig), 'event.invalid')
  refuses(() => parseEnvelope(events, key, 7), 'event.invalid')
})

test('whatever is no event is refused', () => {
  for (const value of [undefined, null, 1, 'x', [], {}, { type: 1 }, { type: 'constructor' }])
    refuses(() => parseEvent(value), 'event.invalid', /no known type/)
})

test('an event names its addenda, or none', () => {
  const named = entries.flatMap((entry) => decodeEntry(entry).events.map((event) => addendaOf(event).length))
  assert.deepEqual([...new Set(named)].sort(), [0, 1])
})
