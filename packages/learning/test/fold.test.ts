import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foldCodePoint, words } from '@commonhold/learning'
import { classOf, foldOf } from '../tools/unicode.ts'

// Blocks whose characters have kept their properties since Unicode 6: any Node's own tables must agree here.
const BLOCKS: Readonly<Record<string, readonly [number, number]>> = {
  'Latin with Spanish letters': [0x0000, 0x024f],
  'combining marks': [0x0300, 0x036f],
  'Greek and Cyrillic': [0x0391, 0x03c9],
  Arabic: [0x0620, 0x06ff],
  Devanagari: [0x0900, 0x0977],
  'spaces and joiners': [0x2000, 0x206f],
  'beyond the basic plane': [0x10400, 0x1044f],
}

for (const [name, [first, last]] of Object.entries(BLOCKS)) {
  test(`the pinned table has the properties of Unicode: ${name}`, () => {
    for (let c = first; c <= last; c++) {
      const kind = classOf(c)
      const expected = kind === 1 ? foldOf(c) : kind === 2 ? -1 : 0
      assert.equal(foldCodePoint(c), expected, `U+${c.toString(16)}`)
    }
  })
}

test('Spanish: accents stay, capitals fold, inverted marks separate', () => {
  assert.deepEqual(words('¿Dónde está mi ÑANDÚ?¡Ya!'), ['dónde', 'está', 'mi', 'ñandú', 'ya'])
})

test('Arabic: vowel signs stay inside words, joiners vanish, its question mark separates', () => {
  assert.deepEqual(words('أين بطاقتي؟'), ['أين', 'بطاقتي'])
  assert.deepEqual(words('لِلْعَرَبِيَّةِ'), ['لِلْعَرَبِيَّةِ'])
  assert.deepEqual(words('می‌خواهم'), ['میخواهم'])
})

test('Hindi: vowel signs and the virama stay inside words, the danda separates', () => {
  assert.deepEqual(words('मेरा कार्ड कहाँ है।'), ['मेरा', 'कार्ड', 'कहाँ', 'है'])
  assert.deepEqual(words('क्‍ष'), ['क्ष'])
})

test('a combining mark belongs to the letter before it', () => {
  assert.deepEqual(words('E\u0301te\u0301!'), ['e\u0301te\u0301'])
})

test('both small sigmas, and letters beyond the basic plane, fold to one', () => {
  assert.deepEqual(words('ΟΔΟΣ οδος οδοσ'), ['οδοσ', 'οδοσ', 'οδοσ'])
  assert.deepEqual(words('𐐀𐐨'), ['𐐨𐐨'])
})

test('lone surrogates, code points out of range of every run and the last one separate', () => {
  assert.deepEqual(words('a\ud800b\udc00c'), ['a', 'b', 'c'])
  for (const c of [0xd800, 0x1f600, 0xffff, 0x10ffff]) assert.equal(foldCodePoint(c), 0)
  assert.equal(foldCodePoint(0xe0100), -1)
})
