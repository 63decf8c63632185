import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { fromHex, textAddendum } from '@commonhold/protocol'
import { decodeAddendaPack, TILE_WIDTH } from '@commonhold/tlog'
import { openRound } from '../src/index.ts'
import { draft, found, newHome, type Opened, openHome, removeHome, send } from './small-community.ts'

const AUTHOR = 'bea'

let home: string
let opened: Opened
let checkpoint: string
let written = 0

before(async () => {
  home = newHome()
  checkpoint = join(home, 'log/checkpoint')
  opened = await openHome(home)
  await found(opened)
  await openRound(opened.community)
})

after(async () => {
  await opened.community.close()
  removeHome(home)
})

/** One entry, with a text, for each. */
async function contribute(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const own = String(++written).padStart(32, '0')
    const addendum = textAddendum(fromHex(own), `text ${written}`)
    const fields = { label: 'heat', content: addendum.digest, lang: 'en', addenda: [addendum.digest] }
    const event = draft(opened.community, AUTHOR, 'contribution.submitted', own, fields)
    await send(opened.community, AUTHOR, [{ ...event, addenda: [addendum] }])
  }
}

const packs = (path: string): string => join(home, 'log/tile/addenda', path)

suite('a published log', () => {
  test('has one pack of addenda for its partial bundle: a wider one deletes the narrower', async () => {
    const { size } = await opened.community.publish()
    await contribute(2)
    await opened.community.publish()
    assert.deepEqual(readdirSync(packs('000.p')), [`${size + 2}`])
    assert.equal(decodeAddendaPack(readFileSync(packs(`000.p/${size + 2}`)), size + 2).length, size + 2)
  })

  test('whose writer was stopped before it deleted a narrower pack loses that pack at the next opening', async () => {
    const { size } = await opened.community.publish()
    const kept = join(home, 'kept')
    copyFileSync(packs(`000.p/${size}`), kept)
    await contribute(1)
    await opened.community.publish()
    renameSync(kept, packs(`000.p/${size}`))
    await opened.community.close()
    opened = await openHome(home)
    await opened.community.publish()
    assert.deepEqual(readdirSync(packs('000.p')), [`${size + 1}`])
  })

  test('keeps the pack of its checkpoint until the next one is there', async () => {
    const { size } = await opened.community.publish()
    const aside = join(home, 'aside')
    renameSync(checkpoint, aside)
    mkdirSync(checkpoint)
    await contribute(1)
    await assert.rejects(opened.community.publish(), { code: 'EISDIR' })
    assert.deepEqual(readdirSync(packs('000.p')), [`${size}`, `${size + 1}`])
    rmdirSync(checkpoint)
    renameSync(aside, checkpoint)
    await opened.community.publish()
    assert.deepEqual(readdirSync(packs('000.p')), [`${size + 1}`])
  })

  test('has no partial pack beside a full one', async () => {
    const { size } = await opened.community.publish()
    await contribute(TILE_WIDTH - size + 1)
    await opened.community.publish()
    assert.equal(decodeAddendaPack(readFileSync(packs('000')), TILE_WIDTH).length, TILE_WIDTH)
    assert.deepEqual(readdirSync(packs('000.p')), [])
    assert.deepEqual(readdirSync(packs('001.p')), ['1'])
  })
})
