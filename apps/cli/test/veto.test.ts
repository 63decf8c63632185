// A guardian's veto and what follows, from the command line. The demonstration's clock, which the commands use here, lies
// behind this community's log: time stands, and the delay never passes.
import assert from 'node:assert/strict'
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { closeRound, postPayouts, readHome } from '@commonhold/node'
import {
  found,
  newHome,
  openHome,
  playRound,
  removeHome,
} from '../../../packages/node/test/small-community.ts'
import { refuses } from './support/refusal.ts'
import { commonhold, type Ran, scratch } from './support/run.ts'

const home = newHome()
const files = scratch()
const run = (...args: readonly string[]): Ran => commonhold(...args, '--home', home)
const VETOED = /^round 1 was vetoed by the guardian; commonhold round --repost posts it again$/m

before(async () => {
  await using opened = await openHome(home)
  await found(opened)
  await playRound(opened, 1, 30)
  await closeRound(opened.community, opened.chain)
  await postPayouts(opened.community, opened.chain)
})

after(() => {
  removeHome(home)
  files[Symbol.dispose]()
})

/** @returns what the command printed. */
function says(...args: readonly string[]): string {
  const { code, stdout, stderr } = run(...args)
  assert.deepEqual([code, stderr], [0, ''])
  return stdout
}

suite('a guardian', () => {
  test('vetoes with the key in this home; status says so and what to do', () => {
    assert.doesNotMatch(says('status'), VETOED)
    assert.match(says('veto'), /^The payout root of round 1 is vetoed/)
    assert.match(says('status'), VETOED)
    assert.equal((JSON.parse(says('status', '--json')) as { vetoed: unknown }).vetoed, 1)
  })

  test('is answered by round --repost, once', () => {
    assert.match(says('round', '--repost'), /^The payout root of round 1 is on chain again/)
    assert.doesNotMatch(says('status'), VETOED)
    refuses(run('round', '--repost'), 1, 'round.bad_state')
  })

  test('vetoes with the key in a file of their own, once it was given away', () => {
    const key = join(files.folder, 'away.key')
    renameSync(join(readHome(home).keys, 'guardian.key'), key)
    refuses(run('veto'), 1, 'key.unknown')
    refuses(run('veto', '--key', join(files.folder, 'no.key')), 1, 'key.unknown')
    refuses(run('veto', '--key', files.file('bad.key', 'abc')), 1, 'key.invalid')
    assert.match(says('veto', '--key', key), /^The payout root of round 1 is vetoed/)
    refuses(run('veto', '--key', key), 1, 'round.bad_state')
  })
})
