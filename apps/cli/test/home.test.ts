// A community run from the command line alone, every command a process of its own.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, describe, test } from 'node:test'
import { readHome } from '@commonhold/node'
import { processesOf } from './support/processes.ts'
import { refuses } from './support/refusal.ts'
import { BIN, commonhold, type Ran, scratch } from './support/run.ts'
import { labelledTexts } from './support/texts.ts'

const files = scratch()
after(() => files[Symbol.dispose]())

const home = join(files.folder, 'co-op')
const run = (...args: readonly string[]): Ran => commonhold(...args, '--home', home)

/** Succeeds without a word on standard error. @returns what `--json` prints. */
function json<T = Readonly<Record<string, unknown>>>(...args: readonly string[]): T {
  const { code, stdout, stderr } = run(...args, '--json')
  assert.deepEqual([code, stderr], [0, ''])
  return JSON.parse(stdout) as T
}

type Status = {
  readonly logSize: number
  readonly checkpoint: number
  readonly contributions: number
  readonly members: readonly { readonly name: string; readonly roles: readonly string[] }[]
  readonly pool: { readonly deposited: readonly string[] }
  readonly rounds: readonly { readonly round: number; readonly phase: string }[]
  readonly outbox: readonly string[]
}
const status = (): Status => json<Status>('status')

const write = (name: string, count: number, authors: readonly string[] = []): string =>
  files.file(`${name}.csv`, labelledTexts(name, count, authors))

describe('founding', () => {
  test('takes the labels from a column, and says what to back up', () => {
    const from = files.file('labels.csv', 'text,kind\r\na,noise\r\nb,heat\r\nc,"keys"\r\nd,heat\r\n')
    const args = ['--name', 'Elm Röw', '--purpose', 'desk', '--labels-from', `${from}:kind`]
    const { code, stdout, stderr } = run('init', ...args, '--as', 'ada', '--budget', '500')
    assert.deepEqual([code, stderr], [0, ''])
    assert.match(stdout, /3 labels/)
    assert.match(stdout, /500\.00 practice dollars/)
    assert.ok(stdout.includes(`Back up ${join(home, 'keys')}`))
  })

  test('keeps secrets in files of 0600 in a folder of 0700', () => {
    const { keys } = readHome(home)
    const names = readdirSync(keys).sort()
    assert.deepEqual(names, [
      'guardian.key',
      'log-ed25519.key',
      'log-p256.key',
      'member.ada.key',
      'node.key',
      'operator.key',
      'payout.ada.key',
    ])
    assert.equal(statSync(keys).mode & 0o777, 0o700)
    for (const name of names) assert.equal(statSync(join(keys, name)).mode & 0o777, 0o600)
  })

  test('a home that holds a community is not founded again', () => {
    refuses(run('init', '--name', 'Other', '--labels', 'x,y'), 2, 'home.exists')
  })
})

test('members join once, with keys of their own, and become reviewers where an organiser says so', () => {
  const bea = json('join', 'bea')
  assert.match(String(bea['payTo']), /^0x[0-9a-f]{40}$/)
  json('join', 'eli', '--reviewer')
  const before = status()
  assert.deepEqual(
    before.members.map(({ name, roles }) => [name, [...roles].sort()]),
    [
      ['ada', ['organiser', 'reviewer']],
      ['bea', []],
      ['eli', ['reviewer']],
    ],
  )
  assert.deepEqual(json('join', 'bea'), bea)
  refuses(run('join', '../bea'), 2, 'usage.invalid')
  refuses(run('join', 'cem', '--invite', '0'.repeat(32)), 1, 'member.not_allowed')
  assert.deepEqual(status(), before, 'joining again and refusals write nothing')
})

describe('a round', () => {
  test('without data says so, and stays open for data', () => {
    assert.match(refuses(run('round'), 1, 'round.no_data'), /no newly accepted item/)
    assert.match(refuses(run('round', '--open', '--quota', '5'), 2, 'usage.invalid'), /open already/)
  })

  test('that is interrupted goes on with the next command, and leaves no process behind', async () => {
    const named = ['--text', 'text', '--label', 'label', '--author', 'author']
    json('import', write('desk', 36, ['p1', 'p2', 'p3', 'p4']), ...named)
    json('import', write('ada', 24), '--text', 'text', '--label', 'label')
    for (let i = 0; i < 2; i++) json('round', '--open', '--budget', '25')
    const child = spawn(BIN, ['round', '--home', home, '--progress'], { stdio: ['ignore', 'pipe', 'pipe'] })
    const ended = once(child, 'close')
    let said = ''
    for await (const line of createInterface({ input: child.stderr })) {
      said += `${line}\n`
      if (line.startsWith('train')) child.kill('SIGINT')
    }
    assert.deepEqual(await ended, [1, null])
    assert.match(said, /stopped; the same command continues where this one ended\n$/)
    assert.deepEqual(processesOf(home), [])
  })

  test('tells the model, the gate, the money and the payout root', () => {
    const { code, stdout, stderr } = run('round')
    assert.deepEqual([code, stderr], [0, ''])
    assert.match(stdout, /Round 1 is closed: 60 examples/)
    assert.match(stdout, /hold-out items right/)
    assert.match(stdout, /Money: 550\.00 in the pool/, 'each time that a sponsor paid')
    assert.match(stdout, /Payout root 0x[0-9a-f]+… is on chain/)
  })

  test('is explained line by line to those who earned, and to the imported by name', () => {
    type Lines = readonly { readonly amount: string }[]
    const { rounds, paid } = json<{
      readonly paid: string
      readonly rounds: readonly { readonly earned: string; readonly lines: Lines }[]
    }>('statement', 'ada')
    const [one] = rounds
    assert.ok(one !== undefined && BigInt(one.earned) > 0n)
    assert.equal(
      one.lines.reduce((sum, { amount }) => sum + BigInt(amount), 0n),
      BigInt(one.earned),
    )
    assert.equal(paid, '0')
    const { stdout } = run('statement', 'p1')
    assert.match(stdout, /p1, round 1: earned/)
    assert.match(stdout, /reserved: there is no address/)
  })

  test('opens the next one while its root is not active yet', () => {
    json('round', '--open', '--quota', '3')
    const { rounds, outbox, contributions, pool } = status()
    assert.deepEqual(
      rounds.map(({ phase }) => phase),
      ['closed', 'submissions'],
    )
    assert.deepEqual(outbox, [])
    assert.equal(contributions, 60)
    assert.equal(pool.deposited[0], '550000000')
  })
})

test('a claim before the root is active is refused with the date', () => {
  const line = refuses(run('claim', 'ada'), 1, 'payout.nothing_to_claim')
  const [date] = /\d{4}-\d{2}-\d{2}T[\d:.]+Z/.exec(line) ?? []
  assert.ok(date !== undefined && Date.parse(date) > Date.now())
})

test('no command leaves a process behind', () => {
  assert.deepEqual(processesOf(home), [])
})
