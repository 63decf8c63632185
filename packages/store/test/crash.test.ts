import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { digest, fromUtf8 } from '@commonhold/protocol'
import { openPostgres, openStore } from '../src/index.ts'
import { newHome, processesOf } from './homes.ts'

const { COMMONHOLD_CRASH_ROUNDS = '6' } = process.env
const ROUNDS = Number(COMMONHOLD_CRASH_ROUNDS)
const CHILD = new URL('child.ts', import.meta.url).pathname

type Victim = 'process' | 'postmaster' | 'both'
const VICTIMS: readonly Victim[] = ['process', 'postmaster', 'both']

/** Lets a child append until `many` entries are acknowledged, kills it there and adds what it said to `acknowledged`. */
async function appendAndKill(
  home: string,
  round: number,
  many: number,
  acknowledged: Map<number, string>,
): Promise<void> {
  const child: ChildProcess = spawn(process.execPath, [CHILD, home, 'append', `${round}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  let postmaster = 0
  let count = 0
  assert.ok(child.stdout)
  for await (const line of createInterface(child.stdout)) {
    const [word, number = '', text = ''] = line.split(' ')
    if (word === 'open') postmaster = Number(number)
    if (word !== 'ack') continue
    acknowledged.set(Number(number), text)
    if (++count === many) kill(VICTIMS[round % VICTIMS.length] as Victim, child.pid as number, postmaster)
  }
  const [code, signal] = await ended
  assert.ok(signal === 'SIGKILL' || code === 3, `the child ended by itself with ${code}`)
  assert.ok(count >= many)
}

function kill(victim: Victim, child: number, postmaster: number): void {
  if (victim !== 'process') process.kill(postmaster, 'SIGKILL')
  if (victim !== 'postmaster') process.kill(child, 'SIGKILL')
}

async function check(home: string, acknowledged: ReadonlyMap<number, string>): Promise<void> {
  await using server = await openPostgres({ home, command: 'check' })
  await using store = await openStore(server.connectionConfig)
  const log: string[] = []
  for await (const { bytes } of store.log.read(0)) log.push(fromUtf8(bytes))
  for (const [index, text] of acknowledged) assert.equal(log[index], text, `entry ${index} was acknowledged`)
  assert.equal(new Set(log).size, log.length, 'no entry is there twice')
  const names = log.map((text) => digest(createHash('sha256').update(`about ${text}`).digest('hex')))
  assert.equal((await store.addenda.get(names)).size, log.length, 'every entry has its addendum')
}

test(`${ROUNDS} kills at random moments of appending lose nothing that was acknowledged`, async (t) => {
  const home = await newHome(t)
  const acknowledged = new Map<number, string>()
  for (let round = 0; round < ROUNDS; round++) {
    await appendAndKill(home, round, randomInt(1, 500), acknowledged)
    await check(home, acknowledged)
  }
  assert.deepEqual(await processesOf(home), [])
})
