// Money that is due at once, from the founding to the second claim.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { processesOf } from './support/processes.ts'
import { refuses } from './support/refusal.ts'
import { commonhold, type Ran, scratch } from './support/run.ts'
import { labelledTexts } from './support/texts.ts'

const files = scratch()
after(() => files[Symbol.dispose]())
const home = join(files.folder, 'quick')
const run = (...args: readonly string[]): Ran => commonhold(...args, '--home', home)

function json(...args: readonly string[]): Readonly<Record<string, unknown>> {
  const { code, stdout, stderr } = run(...args, '--json')
  assert.deepEqual([code, stderr], [0, ''])
  return JSON.parse(stdout)
}

test('a claim is paid once the root is active, and a second one finds nothing', () => {
  const labels = ['--labels', 'noise,heat,keys', '--activation-delay', '0']
  json('init', '--name', 'Quick', ...labels, '--budget', '300')
  const columns = ['--text', 'text', '--label', 'label']
  const others = files.file('others.csv', labelledTexts('others', 24, ['p1', 'p2']))
  json('import', others, ...columns, '--author', 'author')
  json('import', files.file('own.csv', labelledTexts('own', 24)), ...columns)
  json('round')
  const { paid, total, tx } = json('claim', 'founder')
  assert.ok(BigInt(String(paid)) > 0n)
  assert.equal(paid, total)
  assert.match(String(tx), /^0x[0-9a-f]{64}$/)
  assert.match(refuses(run('claim', 'founder'), 1, 'payout.nothing_to_claim'), /were paid already/)
  assert.match(refuses(run('claim', 'p1'), 1, 'payout.nothing_to_claim'), /p1 has no address/)
  assert.deepEqual(processesOf(home), [])
})

test('an imported author takes the seat by joining, and is paid everything from the next round on', () => {
  json('join', 'paula', '--seat', 'p1')
  assert.match(refuses(run('join', 'otto', '--seat', 'p1'), 1, 'member.unknown'), /the seat is taken/)
  json('import', files.file('more.csv', labelledTexts('more', 24)), '--text', 'text', '--label', 'label')
  json('round', '--budget', '300')
  const earned = json('statement', 'paula')['rounds'] as readonly { readonly reserved: boolean }[]
  assert.ok(earned.length > 0)
  const { paid, payTo } = json('claim', 'paula')
  assert.ok(BigInt(String(paid)) > 0n)
  assert.equal(payTo, json('join', 'paula')['payTo'])
})
