import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { fromHex, ProtocolError, sha256Hex, taggedHash, textAddendum, type View } from '@commonhold/protocol'
import { Community, openChainSide, readHome, writeHome } from '../src/index.ts'
import { draft, found, newHome, type Opened, openHome, removeHome, send } from './small-community.ts'

let home: string
let opened: Opened

before(async () => {
  home = newHome()
  opened = await openHome(home)
  await found(opened)
  await fill(300)
})

after(async () => {
  await opened.community.close()
  removeHome(home)
})

const nonce = (name: string): string => taggedHash('test', name).slice(0, 32)

/** So many entries that there are whole tiles and bundles beside the partial ones. */
async function fill(entries: number): Promise<void> {
  const { community } = opened
  for (let i = 0; community.view.size < entries; i++) {
    const addendum = textAddendum(fromHex(nonce(`salt ${i}`)), `text ${i}`)
    const fields = { label: 'heat', content: addendum.digest, addenda: [addendum.digest] }
    const event = draft(community, 'bea', 'contribution.submitted', nonce(`item ${i}`), fields)
    await send(community, 'bea', [{ ...event, addenda: [addendum] }])
  }
}

async function reopen(): Promise<void> {
  await opened.community.close()
  opened = await openHome(home)
}

const filesOf = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort()

const contentsOf = (folder: string): ReadonlyMap<string, string> =>
  new Map(filesOf(folder).map((path) => [path, sha256Hex(readFileSync(join(folder, path)))]))

suite('a home', () => {
  test('that is open is busy for everybody else, who hears by whom', async () => {
    await assert.rejects(
      Community.open({ folder: home, command: 'second', clock: ({ at }) => at }),
      (error) =>
        error instanceof ProtocolError &&
        error.code === 'home.busy' &&
        error.message.includes(`process ${process.pid} (test)`) &&
        error.message.includes(home),
    )
    assert.equal((await opened.community.publish()).size, opened.community.view.size, 'the holder works on')
  })

  test('reopened has an equal view and the same root', async () => {
    const { view, tree } = opened.community
    const before: View = { ...view }
    const root = Buffer.from(tree.root())
    await reopen()
    assert.deepEqual({ ...opened.community.view }, before)
    assert.deepEqual(Buffer.from(opened.community.tree.root()), root)
  })

  test('of a demonstration stays on its own chain', async () => {
    await assert.rejects(
      openChainSide(opened.community, { rpcUrl: 'http://127.0.0.1:9' }),
      (error) => error instanceof ProtocolError && /CHAIN_RPC_URL/.test(error.message),
    )
  })

  test('that is missing, damaged or of another format says so', () => {
    const folder = newHome()
    try {
      const file = join(folder, 'home.json')
      const fails = (code: string) => assert.throws(() => readHome(folder), { code })
      writeFileSync(file, '{"format":1')
      fails('home.unusable')
      writeFileSync(file, 'null')
      fails('home.unusable')
      writeFileSync(file, '{"format":2}')
      fails('home.unusable')
      writeFileSync(file, '{"format":1}')
      fails('home.unusable')
      rmSync(file)
      fails('home.missing')
      assert.equal(writeHome(folder, { format: 1, origin: 'o', chainId: 1 }).origin, 'o')
    } finally {
      removeHome(folder)
    }
  })
})

suite('the published log', () => {
  /** Changes files of the log behind the node's back, and has the next command publish. */
  async function mend(change: (paths: readonly string[]) => void): Promise<void> {
    const folder = join(home, 'log')
    await opened.community.publish()
    const before = contentsOf(folder)
    change(Array.from(before.keys(), (path) => join(folder, path)))
    assert.notDeepEqual(contentsOf(folder), before)
    await reopen()
    const { logRoot, size } = await opened.community.publish()
    assert.deepEqual(contentsOf(folder), before)
    assert.deepEqual(logRoot, opened.community.tree.root(size))
  }

  test('is the same after all of it was deleted', () =>
    mend((paths) => {
      for (const path of paths) rmSync(path)
    }))

  test('is the same after every file of it was torn', () =>
    mend((paths) => {
      for (const path of paths) truncateSync(path, statSync(path).size >> 1)
    }))

  test('is the same, and no other root is signed, after one byte of one file was changed', async () => {
    const paths = filesOf(join(home, 'log')).filter((path) => path.startsWith('tile/'))
    assert.equal(
      paths.length,
      7,
      'whole and partial tiles, bundles and packs, and a tile of the second level',
    )
    for (const path of paths) {
      await mend(() => {
        const bytes = readFileSync(join(home, 'log', path))
        const at = bytes.length >> 1
        bytes[at] = (bytes[at] as number) ^ 1
        writeFileSync(join(home, 'log', path), bytes)
      })
    }
  })

  test('is not written again when nothing has changed', async () => {
    await opened.community.publish()
    const folder = join(home, 'log')
    const times = () => filesOf(folder).map((path) => statSync(join(folder, path), { bigint: true }).mtimeNs)
    const before = times()
    await opened.community.publish()
    assert.deepEqual(times(), before)
  })
})
