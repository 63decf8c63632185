import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { BlockStore } from '../src/index.ts'

/** A store as a fresh home would have it, and the same one opened again as after a restart. */
export type BlockStoreFixture = {
  readonly store: BlockStore
  reopen(): Promise<BlockStore>
  close(): Promise<void>
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** What every `BlockStore` must do. `open` gives a new, empty one each time. */
export function blockStoreSuite(name: string, open: () => Promise<BlockStoreFixture>): void {
  const on = (sentence: string, body: (fixture: BlockStoreFixture) => Promise<void>): void => {
    test(`${name}: ${sentence}`, async () => {
      const fixture = await open()
      try {
        await body(fixture)
      } finally {
        await fixture.close()
      }
    })
  }

  on('an empty store has no head and no values', async ({ store }) => {
    assert.equal(await store.head(), undefined)
    assert.equal(await store.get('block/00'), undefined)
  })

  on('what is committed is there, and there again after a restart', async ({ store, reopen }) => {
    const value = Uint8Array.of(0, 1, 127, 128, 255)
    await store.commit({
      puts: [
        { key: 'trie/aa', value },
        { key: 'number/0', value: bytes('aa') },
        { key: 'receipt/empty', value: new Uint8Array(0) },
      ],
      head: 'aa',
      outboxDone: [],
    })
    for (const one of [store, await reopen()]) {
      assert.equal(await one.head(), 'aa')
      assert.deepEqual(await one.get('trie/aa').then(plain), plain(value))
      assert.deepEqual(await one.get('receipt/empty').then(plain), [])
      assert.equal(await one.get('trie/ab'), undefined)
    }
  })

  on('a later commit moves the head and may put a key again', async ({ store, reopen }) => {
    await store.commit({ puts: [{ key: 'number/1', value: bytes('aa') }], head: 'aa', outboxDone: [] })
    await store.commit({ puts: [{ key: 'number/1', value: bytes('bb') }], head: 'bb', outboxDone: [] })
    const again = await reopen()
    assert.equal(await again.head(), 'bb')
    assert.deepEqual(await again.get('number/1').then(plain), plain(bytes('bb')))
  })

  on('the store keeps its own copy of what it was given', async ({ store }) => {
    const value = Uint8Array.of(1, 2, 3)
    await store.commit({ puts: [{ key: 'trie/aa', value }], head: 'aa', outboxDone: [] })
    value.fill(9)
    assert.deepEqual(await store.get('trie/aa').then(plain), [1, 2, 3])
  })

  on('any bytes come back as they went in', async ({ store }) => {
    let turn = 0
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 8 }), async (values) => {
        const puts = values.map((value, index) => ({ key: `trie/${turn}-${index}`, value }))
        await store.commit({ puts, head: `${turn++}`, outboxDone: [] })
        for (const { key, value } of puts) assert.deepEqual(await store.get(key).then(plain), plain(value))
      }),
      { numRuns: 20 },
    )
  })
}

/** Stores may answer with a Buffer: only the bytes count. */
const plain = (value: Uint8Array | undefined): readonly number[] | undefined => value && Array.from(value)
