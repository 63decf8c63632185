/** Runs an audit in a process of its own, so that what it says depends on the export alone. */
import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { AuditProgress, AuditReport } from '@commonhold/audit'
import { rulesDigest } from '@commonhold/node'
import { environment } from './environment.ts'

export type AuditOutcome = {
  readonly report: AuditReport
  readonly seconds: number
  /** The process's largest resident set. */
  readonly peakBytes: number
  readonly bytesRead: number
}

/** What the process prints: one a line. */
export type AuditLine = { readonly progress: AuditProgress } | { readonly outcome: AuditOutcome }

export type AuditRunOptions = {
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: AuditProgress) => void
}

const PROGRAM = join(import.meta.dirname, 'audit-process.ts')
/** Of an error's text, what a person may need: the end has the cause. */
const KEPT_OF_STDERR = 10_000

/** @throws {Error} when the process dies: the auditor has a bug, or was killed. */
export async function runAudit(folder: string, options: AuditRunOptions = {}): Promise<AuditOutcome> {
  const { signal, onProgress } = options
  const child = spawn(process.execPath, [PROGRAM, resolve(folder), rulesDigest()], {
    // Nothing of ours but what Node itself may need: no database, no home, no keys.
    env: environment.neutral,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal === undefined ? {} : { signal }),
  })
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-KEPT_OF_STDERR)
  })
  const ended = new Promise<number | string>((settle, fail) => {
    child.on('error', fail)
    child.on('close', (code, killedBy) => settle(code ?? killedBy ?? 'unknown'))
  })
  // Awaited below; an abort must not count as unhandled before that.
  ended.catch(() => undefined)
  let outcome: AuditOutcome | undefined
  for await (const text of createInterface({ input: child.stdout })) {
    const line = JSON.parse(text) as AuditLine
    if ('outcome' in line) outcome = line.outcome
    else onProgress?.(line.progress)
  }
  const end = await ended
  if (end !== 0 || outcome === undefined) {
    throw new Error(`the audit's process ended with ${end}: ${complaint.trim()}`)
  }
  return outcome
}
