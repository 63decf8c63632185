/** An audit's report in words: every step, what its verdict is worth, and the whole. */
import type { Difference, StepReport } from '@commonhold/audit'
import type { AuditOutcome } from './audit-run.ts'
import { short, table } from './format.ts'
import type { Output } from './output.ts'
import { oneLine } from './printable.ts'

export function tellVerdict({ say }: Output, { report }: AuditOutcome): void {
  say('Audit, by a separate process that was given only the export')
  say(stepTable(report.steps))
  say()
  const words = attestations(report.steps)
  if (words.length > 0) say('Attested, not proved:')
  for (const { names, reason } of words) {
    say(`  ${names.join(', ')}`)
    say(`    ${reason}`)
  }
  if (words.length > 0) say()
  say(verdict(report.steps, report.firstDifference))
}

/** The report has them whole. */
const HASH = /\b(?:(?:0x)?[0-9a-f]{64}|0x[0-9a-f]{40})\b/g

export const stepTable = (steps: readonly StepReport[]): string =>
  table(
    [{ title: 'step' }, { title: 'verdict' }, { title: 'how sure' }, { title: 'what was found' }],
    steps.flatMap(({ name, ok, reached, level, detail }) => {
      // What follows a semicolon stands on a line of its own: a table is to be read.
      const [first = '', ...more] = detail.replace(HASH, short).split('; ')
      const verdict = ok ? 'ok' : reached ? 'FAILED' : '-'
      return [[name, verdict, reached ? level : '', first], ...more.map((part) => ['', '', '', part])]
    }),
  )

/** Whose word stands behind which steps: a line for each reason. */
function attestations(
  steps: readonly StepReport[],
): readonly { readonly names: readonly string[]; readonly reason: string }[] {
  const named = new Map<string, string[]>()
  for (const { name, reached, reason } of steps) {
    if (!reached || reason === undefined) continue
    const names = named.get(reason)
    if (names === undefined) named.set(reason, [name])
    else names.push(name)
  }
  return Array.from(named, ([reason, names]) => ({ names, reason: reason.replace(HASH, short) }))
}

/** One line, or with a difference a short paragraph. */
export function verdict(steps: readonly StepReport[], difference: Difference | undefined): string {
  if (difference !== undefined) {
    const { step, where, expected, found } = difference
    return [
      `The audit FAILED at "${step}": ${oneLine(where)}`,
      `  expected  ${oneLine(expected)}`,
      `  found     ${oneLine(found)}`,
    ].join('\n')
  }
  const attested = steps.filter(({ level }) => level === 'attested').length
  const recomputed = `The audit is ok: ${steps.length - attested} steps were recomputed and are equal`
  return attested === 0 ? `${recomputed}.` : `${recomputed}; ${attested} hold, but rest on somebody's word.`
}
