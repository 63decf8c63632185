/** `commonhold audit [DIR]`: recomputes an export, or the home's own export and then its tables and live chain. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { StepReport } from '@commonhold/audit'
import { exportHome } from '@commonhold/node'
import { auditHome } from '../audit-home.ts'
import { type AuditOutcome, runAudit } from '../audit-run.ts'
import { stepTable, tellVerdict } from '../audit-text.ts'
import type { Command, Context } from '../command.ts'
import { megabytes, seconds } from '../format.ts'
import { openCommunity } from '../open.ts'

export const audit: Command = {
  name: 'audit',
  summary: 'Recompute everything that an export, or this home, claims',
  args: '[DIR]',
  options: {},
  run: async (context) => {
    const [folder] = context.args
    const { outcome, home } =
      folder === undefined
        ? await auditOwn(context)
        : { outcome: await audited(context, resolve(folder)), home: [] }
    const { output } = context
    const { report, ...measured } = outcome
    tellVerdict(output, outcome)
    if (home.length > 0) {
      output.say()
      output.say("This home's tables and live chain against that export")
      output.say(stepTable(home))
    }
    output.say(
      `${seconds(outcome.seconds)}, ${megabytes(outcome.peakBytes)} of memory, ${megabytes(outcome.bytesRead)} read.`,
    )
    const ok = report.ok && home.every((step) => step.ok)
    output.result({ ...report, ok, ...(home.length > 0 ? { home } : {}), ...measured })
    return ok ? 0 : 1
  },
}

const audited = ({ output, signal }: Context, folder: string): Promise<AuditOutcome> =>
  runAudit(folder, {
    signal,
    onProgress: ({ step, done, total }) => output.progress(`audit: ${step} ${done} of ${total}`),
  })

async function auditOwn(
  context: Context,
): Promise<{ readonly outcome: AuditOutcome; readonly home: readonly StepReport[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'commonhold-audit-'))
  try {
    await using opened = await openCommunity(context, 'audit')
    const { community, chain } = opened
    await exportHome(community, chain, folder, (done, total) =>
      context.output.progress(`exporting file ${done} of ${total}`),
    )
    const outcome = await audited(context, folder)
    // Files that failed their own audit may not even be readable.
    const home = outcome.report.ok ? await auditHome(community, chain, folder, outcome.report) : []
    return { outcome, home }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
