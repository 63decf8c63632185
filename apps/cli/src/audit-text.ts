/** An audit's report in words: every step, what its verdict is worth, and the whole. */
import type { Difference, StepReport } from '@commonhold/audit'
import type { AuditOutcome } from './audit-run.ts'
import { table } from './format.ts'
import type { Output } from './output.ts'

export function tellVerdict({ say }: Output, { report }: AuditOutcome): void {
  say('Audit, by a separate process that was given only the export')
  say(stepTable(report.steps))
  say()
  say(verdict(report.steps, report.firstDifference))
}

export const stepTable = (steps: readonly StepReport[]): string =>
  table(
    [{ title: 'step' }, { title: 'verdict' }, { title: 'how sure' }, { title: 'what was found' }],
    steps.map(({ name, ok, reached, level, detail, reason }) => [
      name,
      ok ? 'ok' : reached ? 'FAILED' : '-',
      reached ? level : '',
      reason === undefined ? detail : `${detail} (${reason})`,
    ]),
  )

/** One line, or with a difference a short paragraph. */
export function verdict(steps: readonly StepReport[], difference: Difference | undefined): string {
  if (difference !== undefined) {
    const { step, where, expected, found } = difference
    return [
      `The audit FAILED at "${step}": ${where}`,
      `  expected  ${expected}`,
      `  found     ${found}`,
    ].join('\n')
  }
  const attested = steps.filter(({ level }) => level === 'attested')
  const recomputed = `Verdict: ok. ${steps.length - attested.length} steps were recomputed and are equal`
  if (attested.length === 0) return `${recomputed}.`
  return `${recomputed}; ${attested.length} rest on somebody's word: ${attested.map(({ name }) => name).join(', ')}.`
}
