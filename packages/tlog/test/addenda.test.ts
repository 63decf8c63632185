import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digest } from '@commonhold/protocol'
import { decodeAddendaPack, encodeAddendaPack, type PackedAddendum } from '@commonhold/tlog'
import fc from 'fast-check'
import { hex, onlyFails, ownVectors, withCode } from './support/logs.ts'
import { sha256 } from './support/reference.ts'

type Vectors = {
  valid: { width: number; entries: [string, string | null][][]; pack: string }[]
  invalid: { why: string; width: number; pack: string }[]
}
const vectors = ownVectors<Vectors>('addenda/packs.json')
const fromHex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))
const plain = (entries: readonly (readonly PackedAddendum[])[]): unknown =>
  entries.map((addenda) =>
    addenda.map((addendum) => [addendum.digest, addendum.bytes && hex(addendum.bytes)]),
  )

test('the packs of the vectors come out both ways', () => {
  for (const { width, entries, pack } of vectors.valid) {
    assert.deepEqual(plain(decodeAddendaPack(fromHex(pack), width)), entries)
    const addenda = entries.map((entry) =>
      entry.map(([name, content]) => ({
        digest: digest(name),
        bytes: content === null ? null : fromHex(content),
      })),
    )
    assert.equal(hex(encodeAddendaPack(addenda)), pack)
  }
  for (const { why, width, pack } of vectors.invalid) {
    assert.throws(() => decodeAddendaPack(fromHex(pack), width), withCode('log.bad_tile'), why)
  }
})

const addendum = fc.tuple(fc.uint8Array({ maxLength: 80 }), fc.boolean()).map(
  ([bytes, erased]): PackedAddendum => ({
    digest: digest(hex(sha256(bytes))),
    bytes: erased ? null : bytes,
  }),
)
const packs = fc.array(fc.array(addendum, { maxLength: 4 }), { maxLength: 12 })

test('a pack reads back as it was written', () => {
  fc.assert(
    fc.property(packs, (entries) => {
      assert.deepEqual(plain(decodeAddendaPack(encodeAddendaPack(entries), entries.length)), plain(entries))
    }),
  )
})

test('flipping one bit of a pack is noticed, or changes only which addenda are named', () => {
  // The pack itself proves contents, not names: those are compared with the events, so every digest must differ.
  fc.assert(
    fc.property(packs, fc.nat(), fc.nat({ max: 7 }), (entries, at, bit) => {
      const pack = Buffer.from(encodeAddendaPack(entries))
      if (pack.length === 0) return
      pack[at % pack.length]! ^= 1 << bit
      try {
        const names = (list: readonly (readonly PackedAddendum[])[]): string =>
          JSON.stringify(list.map((addenda) => addenda.map((one) => one.digest)))
        assert.notEqual(names(decodeAddendaPack(pack, entries.length)), names(entries))
      } catch (error) {
        assert.ok(withCode('log.bad_tile')(error), String(error))
      }
    }),
    { numRuns: 300 },
  )
})

test('erasing leaves the digest and is not the same as empty', () => {
  const name = digest(hex(sha256(Buffer.alloc(0))))
  const empty = encodeAddendaPack([[{ digest: name, bytes: new Uint8Array(0) }]])
  const erased = encodeAddendaPack([[{ digest: name, bytes: null }]])
  assert.notEqual(hex(empty), hex(erased))
  assert.equal(decodeAddendaPack(empty, 1)[0]?.[0]?.bytes?.length, 0)
  assert.equal(decodeAddendaPack(erased, 1)[0]?.[0]?.bytes, null)
})

test('arbitrary bytes are a pack or a bad tile', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 300 }),
      fc.integer({ min: 1, max: 256 }),
      async (bytes, width) => {
        const failed = await onlyFails(['log.bad_tile'], () => decodeAddendaPack(bytes, width))
        if (!failed) assert.equal(hex(encodeAddendaPack(decodeAddendaPack(bytes, width))), hex(bytes))
      },
    ),
    { numRuns: 300 },
  )
})

test('an addendum that cannot be named or counted is a bug', () => {
  assert.throws(() => encodeAddendaPack([[{ digest: digest('x'), bytes: null }]]), /without a digest/)
  const many = new Array<PackedAddendum>(65_536).fill({ digest: digest('0'.repeat(64)), bytes: null })
  assert.throws(() => encodeAddendaPack([many]), /65536 addenda/)
})
