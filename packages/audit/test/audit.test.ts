import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { createNodeVerifier } from '@commonhold/keys'
import { nobleVerifier, unixMillis } from '@commonhold/protocol'
import { addendaPath, entriesPath, tilePath } from '@commonhold/tlog'
import fc from 'fast-check'
import { type AuditReport, auditExport, countingSource, logPath, MANIFEST_PATH } from '../src/index.ts'
import {
  type Files,
  nonceOf,
  plainEntries,
  plainExport,
  seal,
  sourceOf,
  type Written,
} from './support/plain-export.ts'

const verifier = createNodeVerifier()
const auditFiles = (files: Files): Promise<AuditReport> => auditExport(sourceOf(files), { verifier })
const auditEntries = async (entries: readonly Written[]): Promise<AuditReport> =>
  auditFiles(await plainExport(entries))

const MEMBERS = 4
const entries = plainEntries(MEMBERS)
let files: Files

before(async () => {
  files = await plainExport(entries)
})

suite('a community without a chain', () => {
  test('passes, and every step says how sure it is', async () => {
    const report = await auditFiles(files)
    assert.equal(report.ok, true)
    assert.equal(report.firstDifference, undefined)
    assert.deepEqual(
      report.steps.map(({ name, level }) => `${name}: ${level}`),
      [
        'manifest: recomputable',
        'checkpoint: recomputable',
        'log: recomputable',
        'addenda: recomputable',
        'entries: recomputable',
        'signatures: recomputable',
        'rules: recomputable',
        'view: recomputable',
        'time: attested',
      ],
    )
    assert.equal(report.logSize, entries.length)
    assert.equal(report.community, entries[0]?.entry.ids[0])
    assert.deepEqual(report.counts, {
      members: MEMBERS + 1,
      contributions: MEMBERS,
      imported: 0,
      signatures: entries.length,
      recomputable: 8,
      attested: 1,
    })
  })

  test('gets the same report with the reference verifier', async () => {
    const reference = await auditExport(sourceOf(files), { verifier: nobleVerifier })
    assert.deepEqual(reference, await auditFiles(files))
  })

  test('reads every file once, but for the two that say where to begin, and counts the bytes', async () => {
    const reads: string[] = []
    const source = countingSource({
      read: (path) => {
        reads.push(path)
        return Promise.resolve(files.get(path))
      },
    })
    await auditExport(source, { verifier })
    assert.deepEqual(new Set(reads), new Set(files.keys()))
    let bytes = 0
    for (const path of reads) bytes += files.get(path)?.length ?? 0
    assert.equal(source.bytesRead(), bytes)
  })

  test('has times only where the shell brings a clock', async () => {
    let now = 0
    const timed = await auditExport(sourceOf(files), { verifier, now: () => now++ })
    assert.ok(timed.steps.every(({ ms }) => ms !== undefined))
    assert.ok((await auditFiles(files)).steps.every(({ ms }) => ms === undefined))
  })

  test('says so when the log names other rules than this auditor runs', async () => {
    const report = await auditExport(sourceOf(files), { verifier, rules: 'f'.repeat(64) })
    const [manifest] = report.steps
    assert.equal(manifest?.level, 'attested')
    assert.match(manifest.reason ?? '', /this audit ran rules f{64}/)
  })
})

suite('whatever is wrong with a file', () => {
  test('the audit fails, for every file that is missing, and names it', async () => {
    for (const path of files.keys()) {
      const without = new Map(files)
      without.delete(path)
      const report = await auditFiles(without)
      assert.equal(report.ok, false, path)
      const { where = '', found = '' } = report.firstDifference ?? {}
      assert.ok(`${where} ${found}`.includes(path), `${path}: ${where} ${found}`)
    }
  })

  test('the audit fails, for every changed byte of every file', async () => {
    const place = fc
      .constantFrom(...files.keys())
      .chain((path) =>
        fc.tuple(
          fc.constant(path),
          fc.nat((files.get(path) as Uint8Array).length - 1),
          fc.integer({ min: 1, max: 255 }),
        ),
      )
    await fc.assert(
      fc.asyncProperty(place, async ([path, at, flip]) => {
        const bytes = new Uint8Array(files.get(path) as Uint8Array)
        bytes[at] = (bytes[at] as number) ^ flip
        const report = await auditFiles(new Map(files).set(path, bytes))
        assert.equal(report.ok, false, `${path} at ${at}`)
        assert.ok(report.firstDifference)
      }),
      { numRuns: 400 },
    )
  })

  test('the audit fails and never throws, whatever stands in its place', async () => {
    const junk = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.json().map((text) => new TextEncoder().encode(text)),
      fc.string().map((text) => new TextEncoder().encode(text)),
    )
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files.keys()), junk, async (path, bytes) => {
        const report = await auditFiles(new Map(files).set(path, bytes))
        assert.equal(report.ok, false)
      }),
      { numRuns: 300 },
    )
  })

  test('a manifest of any other JSON fails and never throws', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.jsonValue(), async (log, chain) => {
        const text = new TextEncoder().encode(JSON.stringify({ format: 1, log, chain }))
        const report = await auditFiles(new Map(files).set(MANIFEST_PATH, text))
        assert.equal(report.firstDifference?.step, 'manifest')
      }),
      { numRuns: 100 },
    )
  })

  test('a failure of the source that is no bad input is a bug, and passes through', async () => {
    const broken = { read: () => Promise.reject(new Error('the disk is on fire')) }
    await assert.rejects(auditExport(broken, { verifier }), /on fire/)
  })
})

suite('a log whose entries break the rules', () => {
  const joined = (i: number, at: number) => {
    const { entry } = entries[1 + 2 * i] as Written
    return { entry: { ...entry, at: unixMillis(at) }, addenda: [] }
  }

  test('fails where time runs backwards', async () => {
    const report = await auditEntries(entries.with(3, joined(1, 1_999)))
    assert.equal(report.firstDifference?.step, 'rules')
    assert.match(report.firstDifference.found, /time\.backwards/)
    assert.match(report.firstDifference.where, /^entry 3 /)
  })

  test('fails where an envelope stands twice', async () => {
    const again = joined(0, 9_000)
    const report = await auditEntries([...entries, again])
    assert.equal(report.firstDifference?.step, 'rules')
    assert.equal(report.firstDifference.found, 'that of entry 1')
  })

  test('fails where somebody writes without a seat', async () => {
    const community = entries[0]?.entry.ids[0]
    const event = {
      v: 1,
      community,
      type: 'member.payout.set',
      member: '0'.repeat(64),
      nonce: nonceOf('stranger'),
      address: `0x${'1'.repeat(40)}`,
    }
    const report = await auditEntries([...entries, seal('stranger', [event], 9_000)])
    assert.equal(report.firstDifference?.step, 'rules')
    assert.match(report.firstDifference.found, /key\.unknown/)
  })

  test('fails with the checkpoint of a shorter log, signed as it is', async () => {
    const shorter = await plainExport(entries.slice(0, 3))
    const path = logPath('checkpoint')
    const report = await auditFiles(new Map(files).set(path, shorter.get(path) as Uint8Array))
    assert.equal(report.ok, false)
    assert.equal(report.firstDifference?.step, 'checkpoint')
  })

  test('fails where an entry names fewer addenda than its pack holds', async () => {
    const exported = await plainExport(entries)
    const short = await plainExport(entries.with(2, entries[1] as Written))
    const path = logPath(addendaPath(0, entries.length))
    const report = await auditFiles(exported.set(path, short.get(path) as Uint8Array))
    assert.equal(report.firstDifference?.step, 'addenda')
    assert.equal(report.firstDifference.expected, '1 addenda')
    assert.equal(report.firstDifference.found, '0')
  })

  test('names a forged signature even when a later entry of the same bundle breaks a rule', async () => {
    const { entry, addenda } = entries[2] as Written
    const signature = entry.signature.map((byte, i) => (i === 50 ? byte ^ 4 : byte))
    const forged = entries.with(2, { entry: { ...entry, signature: new Uint8Array(signature) }, addenda })
    const report = await auditEntries(forged.with(5, joined(2, 1_500)))
    assert.equal(report.firstDifference?.step, 'signatures')
    assert.equal(report.firstDifference.where, 'entry 2')
    assert.equal(report.steps.find(({ name }) => name === 'rules')?.ok, false)
  })
})

suite('a log of several bundles', () => {
  const many = plainEntries(200)
  let exported: Files

  before(async () => {
    exported = await plainExport(many)
  })

  test('passes', async () => {
    const report = await auditFiles(exported)
    assert.equal(report.ok, true)
    assert.equal(report.logSize, 401)
  })

  const flipped: readonly (readonly [what: string, path: string, step: string])[] = [
    ['a whole tile', logPath(tilePath(0, 0)), 'log'],
    ['the tile above', logPath(tilePath(1, 0, 1)), 'log'],
    ['a whole bundle', logPath(entriesPath(0)), 'log'],
    ['the last bundle', logPath(entriesPath(1, 145)), 'log'],
    ['the last pack', logPath(addendaPath(1, 145)), 'addenda'],
  ]
  for (const [what, path, step] of flipped) {
    test(`names ${what} when a byte of it is wrong`, async () => {
      const bytes = new Uint8Array(exported.get(path) as Uint8Array)
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 0x10
      const report = await auditFiles(new Map(exported).set(path, bytes))
      assert.equal(report.firstDifference?.step, step)
      assert.ok(report.firstDifference.where.includes(path), report.firstDifference.where)
    })
  }
})
