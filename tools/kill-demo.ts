// The long form of the crash test: `node tools/kill-demo.ts [TIMES]` (50 by default) kills of running demonstrations,
// each home killed up to six times, and then compares every hash with an undisturbed run.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { killDemo, publishedSize } from '../test/demo/kill.ts'
import { finishDemo, hashesOf } from '../test/demo/run-demo.ts'

const PER_HOME = 6
const times = Number(process.argv[2] ?? 50)
const folder = mkdtempSync(join(tmpdir(), 'commonhold-kill-'))
const reference = join(folder, 'undisturbed')
const undisturbed = await finishDemo(reference)
console.log(`undisturbed: log of ${publishedSize(reference)} entries`)
let kills = 0
for (let home = 1; kills < times; home++) {
  const disturbed = join(folder, `killed-${home}`)
  const killed = await killDemo(disturbed, Math.min(PER_HOME, times - kills), 12_000, Math.random)
  kills += killed.kills
  assert.deepEqual(hashesOf(killed.result), hashesOf(undisturbed))
  assert.equal(killed.result.audit.ok, true)
  assert.equal(publishedSize(disturbed), publishedSize(reference))
  for (const size of killed.acknowledged) assert.ok(size <= publishedSize(disturbed))
  console.log(`home ${home}: ${killed.kills} kills at log sizes ${killed.acknowledged.join(' ')}; equal`)
  rmSync(disturbed, { recursive: true, force: true })
}
rmSync(folder, { recursive: true, force: true })
console.log(`${kills} kills, every hash equal, no acknowledged entry missing`)
