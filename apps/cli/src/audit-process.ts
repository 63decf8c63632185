/**
 * The auditor: a process of its own that is given the folder of an export and nothing else of the community. It prints
 * one JSON document a line, `{progress}` while it works and `{outcome}` at its end.
 */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
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
import { ProtocolError } from '@commonhold/protocol'
import type { AuditLine, AuditOutcome } from './audit-run.ts'

const CONTRACTS: CompiledContracts = {
  pool: { code: payoutPoolRuntimeBytecode, immutables: payoutPoolImmutables },
  anchor: { code: logAnchorRuntimeBytecode, immutables: logAnchorImmutables },
  shares: { code: sharesRuntimeBytecode, immutables: sharesImmutables },
  token: { code: practiceDollarRuntimeBytecode, immutables: practiceDollarImmutables },
}

/** A larger file is an attack on the auditor's memory: a statement of a million lines has a fifth of it. */
const MOST_BYTES = 512 << 20
const ABSENT: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'EISDIR'])
const PROGRESS_EVERY_MS = 100

function readFile(folder: string, path: string): Uint8Array | undefined {
  let handle: number
  try {
    handle = openSync(join(folder, path), 'r')
  } catch (error) {
    return unreadable(error, path)
  }
  try {
    const { size } = fstatSync(handle)
    if (size > MOST_BYTES) throw new ProtocolError('data.too_large', `${path} has ${size} bytes`)
    return readFileSync(handle)
  } catch (error) {
    return unreadable(error, path)
  } finally {
    closeSync(handle)
  }
}

function unreadable(error: unknown, path: string): undefined {
  if (error instanceof ProtocolError) throw error
  const { code, message } = error as NodeJS.ErrnoException
  if (ABSENT.has(code)) return undefined
  throw new ProtocolError('data.malformed', `${path} cannot be read: ${message}`)
}

const print = (line: AuditLine): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

async function audit(folder: string, rules: string): Promise<AuditOutcome> {
  const source = countingSource({ read: (path) => Promise.resolve().then(() => readFile(folder, path)) })
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
