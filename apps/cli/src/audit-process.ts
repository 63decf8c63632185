/**
 * The auditor: a process of its own that is given the folder of an export and nothing else of the community. It prints
 * one JSON document a line, `{progress}` while it works and `{outcome}` at its end.
 */
import { auditExport, type CompiledContracts, countingSource } from '@commonhold/audit'
import {
  logAnchorImmutables,
  logAnchorRuntimeBytecode,
  payoutPoolImmutables,
  payoutPoolRuntimeBytecode,
  practiceDollarImmutables,
  practiceDollarRuntimeBytecode,
  sharesImmutables,
  sharesRuntimeBytecode,
} from '@commonhold/contracts'
import { createNodeVerifier } from '@commonhold/keys'
import type { AuditLine, AuditOutcome } from './audit-run.ts'
import { readConfined } from './confined-file.ts'

const CONTRACTS: CompiledContracts = {
  pool: { code: payoutPoolRuntimeBytecode, immutables: payoutPoolImmutables },
  anchor: { code: logAnchorRuntimeBytecode, immutables: logAnchorImmutables },
  shares: { code: sharesRuntimeBytecode, immutables: sharesImmutables },
  token: { code: practiceDollarRuntimeBytecode, immutables: practiceDollarImmutables },
}

const PROGRESS_EVERY_MS = 100

const print = (line: AuditLine): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

async function audit(folder: string, rules: string): Promise<AuditOutcome> {
  const source = countingSource({ read: (path) => Promise.resolve().then(() => readConfined(folder, path)) })
  let shown = 0
  const report = await auditExport(source, {
    verifier: createNodeVerifier(),
    contracts: CONTRACTS,
    rules,
    now: () => performance.now(),
    onProgress: (progress) => {
      if (performance.now() - shown < PROGRESS_EVERY_MS) return
      shown = performance.now()
      print({ progress })
    },
  })
  return {
    report,
    // From the start of the process: loading the rules is part of an audit.
    seconds: performance.now() / 1000,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    bytesRead: source.bytesRead(),
  }
}

const [folder = '', rules = ''] = process.argv.slice(2)
print({ outcome: await audit(folder, rules) })
