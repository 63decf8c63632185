import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { auditInBrowser } from '../browser/audit-in-browser.ts'
import { killDemo, publishedSize } from './kill.ts'
import { type DemoResult, finishDemo, hashesOf } from './run-demo.ts'

const folder = mkdtempSync(join(tmpdir(), 'commonhold-demo-'))
const home = join(folder, 'undisturbed')
let undisturbed: DemoResult

before(async () => {
  undisturbed = await finishDemo(home)
})
after(() => rmSync(folder, { recursive: true, force: true }))

test('the demonstration ends with an audit that finds everything equal', () => {
  assert.equal(undisturbed.audit.ok, true)
  assert.equal(undisturbed.rounds.length, 2)
  assert.ok(undisturbed.audit.peakBytes < 1e9)
})

test('a finished demonstration shows its stored result and audits it anew', async () => {
  const again = await finishDemo(home)
  assert.deepEqual(hashesOf(again), hashesOf(undisturbed))
  assert.equal(again.audit.ok, true)
})

test('the copier, the flipper and the sender of junk earn less than any honest contributor', () => {
  const honest = undisturbed.members.filter(({ role }) => role === 'contributor').map(({ weight }) => weight)
  for (const { role, weight } of undisturbed.members) {
    if (role === 'copier' || role === 'flipper' || role === 'junk')
      assert.ok(weight < Math.min(...honest), role)
  }
})

test('killed again and again it completes with the hashes of an undisturbed run', async () => {
  const disturbed = join(folder, 'killed')
  const { result, kills, acknowledged } = await killDemo(disturbed, 3, 6_000, Math.random)
  assert.ok(kills > 0)
  assert.deepEqual(hashesOf(result), hashesOf(undisturbed))
  assert.equal(publishedSize(disturbed), publishedSize(home))
  for (const size of acknowledged) assert.ok(size <= publishedSize(disturbed))
})

test('Chromium recomputes the same model hash, attribution root and payout root as Node', async () => {
  const report = await auditInBrowser(join(home, 'export'))
  assert.deepEqual(report.firstDifference, undefined)
  assert.equal(report.ok, true)
  assert.deepEqual(
    report.rounds.map(({ modelHash, attributionRoot, payoutRoot }) => ({
      modelHash,
      attributionRoot,
      payoutRoot,
    })),
    undisturbed.rounds.map(({ modelHash, attributionRoot, payoutRoot }) => ({
      modelHash,
      attributionRoot,
      payoutRoot,
    })),
  )
})
