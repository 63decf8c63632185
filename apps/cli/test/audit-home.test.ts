import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import type { AuditReport, StepReport } from '@commonhold/audit'
import { artifactName } from '@commonhold/node'
import { openPostgres } from '@commonhold/store'
import {
  copyHome,
  found,
  newHome,
  openHome,
  playRound,
  removeHome,
  settleRound,
} from '../../../packages/node/test/small-community.ts'
import { commonhold } from './support/run.ts'

// The store's own driver: no other package speaks to a database.
const pg = createRequire(import.meta.resolve('@commonhold/store'))('pg') as typeof import('pg')

const CLI = join(import.meta.dirname, '../src/main.ts')

type Printed = AuditReport & {
  readonly home?: readonly StepReport[]
  readonly seconds: number
  readonly peakBytes: number
  readonly bytesRead: number
}

function auditHome(home: string): { readonly code: number | null; readonly printed: Printed } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'audit', '--home', home, '--json'], {
    encoding: 'utf8',
  })
  assert.notEqual(stdout, '', stderr)
  return { code: status, printed: JSON.parse(stdout) as Printed }
}

let home: string

before(async () => {
  home = newHome()
  await using opened = await openHome(home)
  await found(opened)
  await playRound(opened, 1, 30)
  await settleRound(opened)
})

after(() => removeHome(home))

suite('an audit of a home', () => {
  test('compares its tables and its live chain with the export, and measures itself', () => {
    const { code, printed } = auditHome(home)
    assert.equal(code, 0)
    assert.equal(printed.ok, true)
    assert.deepEqual(
      printed.home?.map(({ name, ok }) => [name, ok]),
      [
        ['home entries', true],
        ['home artifacts', true],
        ['live chain', true],
      ],
    )
    assert.ok(printed.seconds > 0 && printed.peakBytes > 0 && printed.bytesRead > 0)
  })

  test('finds a model in the database that is not the one that the round made', async () => {
    const other = copyHome(home)
    try {
      {
        await using opened = await openHome(other)
        const { artifacts } = opened.community.store
        const model = new Uint8Array((await artifacts.get(artifactName(1, 'model'))) as Uint8Array)
        const last = model.length - 1
        model[last] = (model[last] as number) ^ 1
        await artifacts.put(artifactName(1, 'model'), model)
      }
      const { code, printed } = auditHome(other)
      assert.equal(code, 1)
      assert.equal(printed.ok, false)
      assert.equal(printed.home?.find(({ ok }) => !ok)?.name, 'home artifacts')
    } finally {
      removeHome(other)
    }
  })

  test('finds an entry in the database that is not the one that was signed, and publishes nothing', async () => {
    const other = copyHome(home)
    try {
      {
        await using server = await openPostgres({ home: other, command: 'test' })
        const client = new pg.Client(server.connectionConfig)
        await client.connect()
        // The time of the first entry becomes a millisecond earlier; no signature covers it.
        const { rows } = await client.query<{ bytes: Buffer }>('select bytes from entries where index = 0')
        const text = (rows[0] as { bytes: Buffer }).bytes.toString()
        const earlier = text.replace(/^\{"at":(\d+)/, (_, at: string) => `{"at":${Number(at) - 1}`)
        await client.query('update entries set bytes = $1 where index = 0', [Buffer.from(earlier)])
        await client.end()
      }
      const before = readFileSync(join(other, 'log/checkpoint'), 'utf8')
      const { code, stderr } = commonhold('audit', '--home', other)
      assert.equal(code, 1)
      assert.match(
        stderr,
        /not those of the checkpoint that was signed at \d+; nothing is published \(store\.corrupt\)/,
      )
      assert.equal(readFileSync(join(other, 'log/checkpoint'), 'utf8'), before)
    } finally {
      removeHome(other)
    }
  })
})
