// `commonhold start` as a process of its own: killed under load, started again, stopped.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { decodeEntry, type EventId, ProtocolError } from '@commonhold/protocol'
import { found, newHome, openHome, removeHome } from '../../../packages/node/test/small-community.ts'
import { wire } from './support/api.ts'
import { contribution, NO_LIMITS, seal, start } from './support/node.ts'

const BIN = join(import.meta.dirname, '../../../bin/commonhold')
const WRITERS = 12
const KILLED_AFTER = 150
const ENVELOPES = 500

type Envelope = ReturnType<typeof wire>
type Receipt = { readonly index: number; readonly ids: readonly EventId[] }

let home: string
let envelopes: readonly Envelope[]
const running: ChildProcess[] = []

before(async () => {
  home = newHome()
  const opened = await openHome(home)
  await found(opened)
  const one = (i: number): Envelope => wire(seal(opened, 'bea', contribution(opened, 'bea', `stream ${i}`)))
  envelopes = Array.from({ length: ENVELOPES }, (_, i) => one(i))
  await opened.community.close()
})

after(() => {
  for (const child of running) child.kill('SIGKILL')
  const pid = postmaster()
  if (pid !== undefined) process.kill(pid, 'SIGINT')
  removeHome(home)
})

/** The process id of the home's database, if it runs. */
function postmaster(): number | undefined {
  try {
    const pid = Number(readFileSync(join(home, 'pg/postmaster.pid'), 'utf8').split('\n')[0])
    process.kill(pid, 0)
    return pid
  } catch {
    return undefined
  }
}

async function launch(): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const child = spawn(BIN, ['start', '--home', home, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, LOG_LEVEL: 'silent' },
  })
  running.push(child)
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let said = ''
  // Read to the end: a reader that goes away is no reason for a server to stop otherwise than it should.
  child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString()
    const url = /http:\/\/\S+/.exec(said)?.[0]
    if (url !== undefined && said.includes('only on this machine')) resolve(url)
  })
  child.once('exit', () => reject(new Error(`it did not start: ${said}`)))
  return { child, url: await promise }
}

async function submit(url: string, envelope: Envelope): Promise<Receipt & { readonly status: number }> {
  const response = await fetch(`${url}/api/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(envelope),
  })
  return { status: response.status, ...((await response.json()) as Receipt) }
}

/** Sends until the server dies; `onReceipt` is told of every acknowledged envelope. */
async function stream(url: string, onReceipt: (i: number, receipt: Receipt) => void): Promise<number> {
  let sent = 0
  const writer = async (): Promise<void> => {
    while (sent < envelopes.length) {
      const i = sent++
      try {
        const receipt = await submit(url, envelopes[i] as Envelope)
        // The limit of one key: what was refused is no receipt.
        if (receipt.status === 201) onReceipt(i, receipt)
      } catch {
        return
      }
    }
  }
  await Promise.all(Array.from({ length: WRITERS }, writer))
  return sent
}

test('a server that is killed has kept all that it acknowledged, and answers retries with the first index', async () => {
  const first = await launch()
  const acknowledged = new Map<number, Receipt>()
  const sent = await stream(first.url, (i, receipt) => {
    acknowledged.set(i, receipt)
    if (acknowledged.size === KILLED_AFTER) first.child.kill('SIGKILL')
  })
  assert.ok(acknowledged.size >= KILLED_AFTER && sent < envelopes.length, `${acknowledged.size} of ${sent}`)

  const { child, url } = await launch()
  for (const [i, { index }] of acknowledged) {
    const again = await submit(url, envelopes[i] as Envelope)
    assert.deepEqual([again.status, again.index], [200, index])
  }
  // What was on its way may be in the log or not; sent again it is there, once.
  for (let i = 0; i < sent; i++) {
    if (acknowledged.has(i)) continue
    const receipt = await submit(url, envelopes[i] as Envelope)
    assert.ok(receipt.status === 200 || receipt.status === 201)
    acknowledged.set(i, receipt)
  }
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  assert.deepEqual(await exited, [0, null])
  assert.equal(postmaster(), undefined)

  const { community, ...rest } = await openHome(home)
  try {
    const places = new Map<EventId, number>()
    for await (const { index, bytes } of community.store.log.read(0)) {
      for (const id of decodeEntry(bytes).ids) {
        assert.ok(!places.has(id), `${id} stands twice`)
        places.set(id, index)
      }
    }
    for (const { index, ids } of acknowledged.values()) assert.equal(places.get(ids[0] as EventId), index)
    assert.equal((await community.store.log.checkpoint())?.size, community.view.size)
    await assert.rejects(
      start({ community, ...rest }, NO_LIMITS, undefined, '0.0.0.0'),
      (error) => error instanceof ProtocolError && error.code === 'home.unusable',
    )
  } finally {
    await community.close()
  }
})

test('a server that has lost its database ends with an error, and the next one goes on', async () => {
  const lost = await launch()
  const exited = once(lost.child, 'exit')
  process.kill(postmaster() as number, 'SIGKILL')
  const refusal = await submit(lost.url, envelopes[ENVELOPES - 1] as Envelope)
  assert.equal(refusal.status, 503)
  assert.deepEqual(await exited, [1, null])

  const { child, url } = await launch()
  assert.equal((await submit(url, envelopes[ENVELOPES - 1] as Envelope)).status, 201)
  const ended = once(child, 'exit')
  // As npm does: the terminal's signal, and the same again.
  child.kill('SIGINT')
  child.kill('SIGINT')
  assert.deepEqual(await ended, [0, null])
  assert.equal(postmaster(), undefined)
})

test('a folder without a community is refused in one line that says what to do', () => {
  const { status, stderr, stdout } = spawnSync(BIN, ['start', '--home', '/nowhere/at/all'], {
    encoding: 'utf8',
  })
  assert.equal(status, 2)
  assert.equal(stdout, '')
  assert.match(stderr, /^commonhold: there is no community in .+: commonhold init --home .+\n$/)
})
