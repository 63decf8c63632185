/**
 * A community of 100,000 imported texts: a round closed, exported, and audited by the separate process that the command
 * line uses. Once with as many events to an envelope as fit, once with a signature for each.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { AuditReport } from '@commonhold/audit'
import {
  type ChainSide,
  closeReviews,
  closeRound,
  exportHome,
  type Import,
  type ImportedRow,
  importContributions,
  openChainSide,
  openRound,
  postPayouts,
  rulesDigest,
} from '@commonhold/node'
import { sha256Hex, utf8 } from '@commonhold/protocol'
import { type Founded, foundIn, importSingly, LABELS } from './community.ts'
import { seeded, syntheticTexts } from './data.ts'
import { cpuSeconds } from './measure.ts'
import { type Benchmark, type Row, row } from './report.ts'
import { inScratch } from './scratch.ts'

const ROWS = 100_000
const AUTHORS = 200
const PROGRAM = join(import.meta.dirname, '../../apps/cli/src/audit-process.ts')

export const audit: Benchmark = {
  name: 'audit',
  summary: 'import of 100,000 texts, a round, an export, and its audit by a process of its own',
  run,
}

async function* run(): AsyncGenerator<Row> {
  yield* measure('many events to an envelope', async (of, rows) => {
    await importContributions(of, rows)
  })
  yield* measure('1 event to an envelope', importSingly)
}

type Add = (of: Import, rows: readonly ImportedRow[]) => Promise<void>

async function* measure(variant: string, add: Add): AsyncGenerator<Row> {
  yield* inScratch(async function* (folder) {
    const target = join(folder, 'export')
    const steps: (readonly [step: string, cpu: number, wall: number])[] = []
    const step = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      const [cpu, wall] = [cpuSeconds(), performance.now()]
      const result = await work()
      steps.push([name, cpuSeconds() - cpu, (performance.now() - wall) / 1000])
      return result
    }
    const events = await build(folder, add, target, step)
    const own = { unit: 'CPU s', better: 'smaller' } as const
    for (const [name, cpu, wall] of steps) {
      const note = `${wall.toFixed(1)} s wall; without PostgreSQL's own time`
      yield row({ ...own, name: `audit, ${variant}: ${name}`, values: [cpu], note })
    }
    const { report, seconds, cpu, peakBytes, bytesRead } = await auditApart(target)
    if (!report.ok) throw new Error(`the audit found ${JSON.stringify(report.firstDifference)}`)
    const slowest = report.steps
      .toSorted((a, b) => (b.ms ?? 0) - (a.ms ?? 0))
      .slice(0, 6)
      .map(({ name, ms = 0 }) => `${name} ${(ms / 1000).toFixed(1)}`)
    const size = `${events} events, ${report.logSize} entries, ${(bytesRead / 1e6).toFixed(0)} MB read`
    yield row({
      ...own,
      name: `audit, ${variant}: audit`,
      values: [cpu],
      note: `${seconds.toFixed(1)} s wall; ${size}; slowest steps, s wall: ${slowest.join(', ')}`,
    })
    const name = `audit, ${variant}: peak memory of the audit`
    yield row({ name, values: [peakBytes / 1e6], unit: 'MB', better: 'smaller', note: size })
  })
}

type RunStep = <T>(name: string, work: () => Promise<T>) => Promise<T>

/** @returns how many events the log has. */
async function build(folder: string, add: Add, target: string, step: RunStep): Promise<number> {
  await using founded: Founded = await foundIn(folder)
  const { community, founder } = founded
  const chain: ChainSide = await openChainSide(community)
  await chain.bind({ shares: 'Benchmark Shares', symbol: 'BENCH' })
  await chain.sponsorPractice('budget', 100_000_000_000n)
  await openRound(community)
  const rows = syntheticTexts(ROWS, LABELS, seeded('audit')).map(
    (example, i): ImportedRow => ({ ...example, row: i, author: `author ${i % AUTHORS}` }),
  )
  const file = sha256Hex(utf8('benchmark'))
  await step('import', () => add({ community, signer: founder, file, rows: ROWS, reading: 'made up' }, rows))
  await step('closing the round', async () => {
    await closeReviews(community)
    await closeRound(community, chain)
    await postPayouts(community, chain)
    await chain.anchor()
  })
  await step('export', () => exportHome(community, chain, target))
  return community.view.events
}

type Outcome = {
  readonly report: AuditReport
  readonly seconds: number
  readonly peakBytes: number
  readonly bytesRead: number
  readonly cpu: number
}

/** Loaded before the auditor: its last line says how much CPU time the whole process took. */
const TELL_CPU = `data:text/javascript,${encodeURIComponent(`
  import { writeSync } from 'node:fs'
  process.on('exit', () => {
    const { user, system } = process.cpuUsage()
    writeSync(1, JSON.stringify({ cpu: (user + system) / 1e6 }) + '\\n')
  })
`)}`

/** As `commonhold audit` runs it: given the export and the digest of the rules. */
async function auditApart(folder: string): Promise<Outcome> {
  const child = spawn(process.execPath, ['--import', TELL_CPU, PROGRAM, folder, rulesDigest()], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let told: Partial<Outcome> = {}
  for await (const line of createInterface({ input: child.stdout })) {
    const { outcome, cpu } = JSON.parse(line) as { readonly outcome?: Outcome; readonly cpu?: number }
    told = { ...told, ...outcome, ...(cpu === undefined ? {} : { cpu }) }
  }
  if (told.report === undefined || told.cpu === undefined) throw new Error('the audit died')
  return told as Outcome
}
