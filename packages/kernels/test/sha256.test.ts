import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { hashLeaves, hashLeavesJoined, hashNodes, sha256Many } from '@commonhold/kernels'
import { sha256 as noble } from '@commonhold/protocol'
import fc from 'fast-check'
import { compileKernel, generatedFile } from '../tools/build.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const prefixed = (prefix: number, ...parts: readonly Uint8Array[]): Uint8Array =>
  noble(Buffer.concat([Uint8Array.of(prefix), ...parts]))
/** Bytes without structure, the same on every run. */
const filler = (length: number, seed = 0): Uint8Array => {
  let state = seed + 1
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state >>> 24
  })
}

test('the standard vectors of FIPS 180-4 come out', () => {
  const messages = ['', 'abc', 'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq', 'a'.repeat(1e6)]
  assert.deepEqual(sha256Many(messages.map((text) => Buffer.from(text))).map(hex), [
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0',
  ])
})

test('every length up to four blocks agrees with the reference, whatever its neighbours are', () => {
  const messages = Array.from({ length: 257 }, (_, length) => filler(length, length))
  assert.deepEqual(sha256Many(messages).map(hex), messages.map(noble).map(hex))
  assert.deepEqual(
    hashLeaves(messages).map(hex),
    messages.map((message) => hex(prefixed(0, message))),
  )
})

test('any batch of messages agrees with the reference', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 40 }), (messages) => {
      assert.deepEqual(sha256Many(messages).map(hex), messages.map(noble).map(hex))
      const leaves = messages.map((message) => prefixed(0, message))
      assert.deepEqual(hashLeaves(messages).map(hex), leaves.map(hex))
      assert.equal(hex(hashLeavesJoined(messages)), hex(Buffer.concat(leaves)))
    }),
  )
})

test('any number of nodes agrees with the reference', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 64, maxLength: 64 }), { maxLength: 21 }), (pairs) => {
      const expected = pairs.map((pair) => prefixed(1, pair))
      assert.equal(hex(hashNodes(Buffer.concat(pairs))), hex(Buffer.concat(expected)))
    }),
  )
})

test('each of the 256 second blocks of a node is right', () => {
  const pairs = Array.from({ length: 256 }, (_, last) => {
    const pair = filler(64, last)
    pair[63] = last
    return pair
  })
  assert.equal(
    hex(hashNodes(Buffer.concat(pairs))),
    hex(Buffer.concat(pairs.map((pair) => prefixed(1, pair)))),
  )
})

test('batches larger than the kernel memory, by count and by bytes, come out in order', () => {
  const small = Array.from({ length: 5000 }, (_, i) => Buffer.from(`entry ${i}`))
  const large = [filler(700_000), filler(600_000, 1), filler(3_000_000, 2), filler(5, 3)]
  const native = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
  assert.deepEqual(sha256Many([...small, ...large]).map(hex), [...small, ...large].map(native))
  const pairs = filler(64 * 20_001)
  const nodes = hashNodes(pairs)
  for (let i = 0; i < 20_001; i++) {
    const pair = Buffer.concat([Uint8Array.of(1), pairs.subarray(64 * i, 64 * i + 64)])
    assert.equal(hex(nodes.subarray(32 * i, 32 * i + 32)), native(pair))
  }
})

test('a half pair is a bug, not a hash', () => {
  assert.throws(() => hashNodes(new Uint8Array(96)), /whole pairs/)
})

test('the committed module is what its source compiles to', async () => {
  const source = new URL('../assembly/sha256.ts', import.meta.url).pathname
  assert.equal(readFileSync(generatedFile(source), 'utf8'), await compileKernel(source))
})
