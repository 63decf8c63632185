/** `commonhold demo`: the main job from contributions to paid members, and an audit by a separate process. */
import { rmSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { exportHome, homeExists, readHome, rulesDigest, writeHome } from '@commonhold/node'
import { ProtocolError } from '@commonhold/protocol'
import { removePostgres } from '@commonhold/store'
import { type AuditOutcome, runAudit } from '../audit-run.ts'
import type { Command, Context } from '../command.ts'
import { readCast } from '../demo/people.ts'
import { isFinished, playDemonstration } from '../demo/script.ts'
import { DEMO_CHAIN_ID, DEMO_ORIGIN, DEMO_SEED } from '../demo/stage.ts'
import { type Summary, summarise } from '../demo/summary.ts'
import { tellDemonstration } from '../demo/tell.ts'
import { openCommunity } from '../open.ts'

export const demo: Command = {
  name: 'demo',
  summary: 'Run the demonstration: a housing co-op trains a model, is paid and audited',
  args: '',
  options: { fresh: { type: 'boolean', help: 'begin anew, replacing an earlier demonstration' } },
  run: async (given) => {
    const context = given.homeGiven ? given : { ...given, home: resolve('.commonhold/demo') }
    const started = performance.now()
    const { output, home } = context
    await prepare(context)
    const cast = readCast()
    const { summary, folder } = await play(context)
    output.progress('an independent process audits the export')
    const audit = await runAudit(folder, { signal: context.signal })
    const took = (performance.now() - started) / 1000
    tellDemonstration(output, {
      cast,
      summary,
      audit,
      seconds: took,
      home: relative(process.cwd(), home) || '.',
    })
    output.result(resultOf(summary, audit, took))
    return audit.report.ok ? 0 : 1
  },
}

/** Makes the home, or makes sure that it is a demonstration's. */
async function prepare({ home, options, signal }: Context): Promise<void> {
  if (homeExists(home)) {
    if (readHome(home).demonstration !== DEMO_SEED) {
      throw new ProtocolError(
        'home.exists',
        `${home} holds a real community, not this demonstration: choose another --home`,
      )
    }
    if (options['fresh'] !== true) return
    await removePostgres({ home, command: 'demo --fresh', signal })
    rmSync(home, { recursive: true })
  }
  writeHome(home, { format: 1, origin: DEMO_ORIGIN, chainId: DEMO_CHAIN_ID, demonstration: DEMO_SEED })
}

async function play(context: Context): Promise<{ summary: Summary; folder: string }> {
  const { output, home, signal } = context
  const cast = readCast()
  await using opened = await openCommunity(context, 'demo')
  const { community, chain } = opened
  const rules = community.view.founding?.rules.digest
  if (rules !== undefined && rules !== rulesDigest()) {
    throw new ProtocolError(
      'home.unusable',
      `the demonstration in ${home} was made by other rules than this version's: use --fresh`,
    )
  }
  if (!(await isFinished(community, chain))) {
    await playDemonstration({
      cast,
      community,
      chain,
      signal,
      onStep: (step) => output.progress(`${step} (${community.view.size} entries)`),
    })
  }
  output.progress('exporting')
  const folder = join(home, 'export')
  await exportHome(community, chain, folder)
  return { summary: await summarise(community, cast), folder }
}

function resultOf(
  { rounds, members }: Summary,
  { report, seconds, peakBytes, bytesRead }: AuditOutcome,
  took: number,
) {
  const total = members.reduce((sum, { earned }) => sum + earned, 0n)
  return {
    rounds: rounds.map(({ closed, paid }) => ({
      round: closed.round,
      logSize: closed.logSize,
      datasetRoot: closed.datasetRoot,
      modelHash: closed.modelHash,
      accuracy: closed.metrics.correct / closed.metrics.total,
      majorityAccuracy: closed.metrics.majorityCorrect / closed.metrics.total,
      attributionRoot: closed.attributionRoot,
      payoutRoot: closed.payoutRoot,
      pool: closed.totals.pool,
      paid,
    })),
    members: members.map(({ person, earned, paid }) => ({
      name: person.handle,
      role: person.kind === 'honest' ? person.role : person.kind,
      // Share of everything earned, in millionths rounded down.
      weight: Number((earned * 1_000_000n) / (total === 0n ? 1n : total)) / 1_000_000,
      paid,
    })),
    audit: { ok: report.ok, seconds, peakBytes, bytesRead },
    seconds: took,
  }
}
