import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Community, openRound } from '@commonhold/node'
import { unixMillis } from '@commonhold/protocol'
import { clockWarning } from '../src/clock-warning.ts'
import { createHome } from './support/home.ts'
import { commonhold, scratch } from './support/run.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const now = unixMillis(Date.UTC(2026, 5, 1))
const warningAfter = (ms: number) => clockWarning(unixMillis(now + ms), now)

test('a log from the past, or as far ahead as clocks drift, is not spoken of', () => {
  for (const ms of [-400 * 24 * HOUR, 0, 10 * MINUTE]) assert.equal(warningAfter(ms), undefined)
})

test('a log further ahead is, in minutes, hours or days', () => {
  for (const [ms, text] of [
    [10 * MINUTE + 1, '10 minutes'],
    [5 * HOUR + 59 * MINUTE, '5 hours'],
    [47 * HOUR, '47 hours'],
    [90 * 24 * HOUR, '90 days'],
  ] as const)
    assert.equal(
      warningAfter(ms),
      `the log's last time is ${text} ahead of this machine's clock: claims and invites wait until then`,
    )
})

test('a command on a home whose clock once ran ahead warns, and answers all the same', async () => {
  using files = scratch()
  const home = await createHome(files.folder)
  const before = commonhold('status', '--json', '--home', home)
  assert.deepEqual([before.code, before.stderr], [0, ''])
  {
    const ahead = () => unixMillis(Date.now() + 3 * 24 * HOUR + HOUR)
    await using community = await Community.open({ folder: home, command: 'test', clock: ahead })
    await openRound(community)
  }
  const { code, stderr } = commonhold('status', '--json', '--home', home)
  assert.equal(code, 0)
  assert.match(stderr, /^the log's last time is 3 days ahead of this machine's clock: [^\n]+\n$/)
})
