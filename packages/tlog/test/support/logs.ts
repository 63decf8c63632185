import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ProtocolError } from '@commonhold/protocol'
import {
  appendEntries,
  EMPTY_EDGE,
  entriesPath,
  type LogEdge,
  type LogReader,
  tilePath,
} from '@commonhold/tlog'
import fc from 'fast-check'

export const repoRoot = join(import.meta.dirname, '../../../..')
const { COMMONHOLD_SHARED: shared } = process.env
const sharedVectors = join(shared ?? join(repoRoot, '../shared'), 'vectors/tlog')
/** Skip option for tests that need the vectors beside the project. */
export const withoutShared = existsSync(sharedVectors) ? false : `no vectors at ${sharedVectors}`
export const sharedText = (name: string): string => readFileSync(join(sharedVectors, name), 'utf8')
export const ownVectors = <T>(name: string): T =>
  JSON.parse(readFileSync(join(repoRoot, 'vectors', name), 'utf8')) as T

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

export type Files = Map<string, Uint8Array>

/** A folder in memory: what a program that wrote every file would have. */
export function writeLog(batches: readonly (readonly Uint8Array[])[]): {
  readonly files: Files
  readonly edge: LogEdge
} {
  const files: Files = new Map()
  let edge = EMPTY_EDGE
  for (const entries of batches) {
    const appended = appendEntries(edge, entries)
    for (const { path, bytes } of appended.files) {
      const before = files.get(path)
      assert.ok(before === undefined || Buffer.from(before).equals(bytes), `${path} is immutable`)
      files.set(path, bytes)
    }
    edge = appended.edge
  }
  return { files, edge }
}

export function readerOf(files: ReadonlyMap<string, Uint8Array>): LogReader {
  const read = (path: string): Uint8Array => {
    const bytes = files.get(path)
    if (bytes === undefined) throw new ProtocolError('log.missing', path)
    return bytes
  }
  return {
    readTile: (level, index, width) => read(tilePath(level, index, width)),
    readEntries: async (index, width) => read(entriesPath(index, width)),
  }
}

/** Runs `action`, which may fail, but only as an expected failure with one of `codes`. */
export async function onlyFails(codes: readonly string[], action: () => unknown): Promise<boolean> {
  try {
    await action()
    return false
  } catch (error) {
    assert.ok(error instanceof ProtocolError, `not a ProtocolError: ${String(error)}`)
    assert.ok(codes.includes(error.code), `${error.code}: ${error.message}`)
    return true
  }
}

/** Any UTF-16, lone surrogates and control characters included; fast-check's own `binary` takes seconds to begin. */
export const anyText = (maxLength = 40): fc.Arbitrary<string> =>
  fc
    .array(fc.oneof(fc.nat({ max: 0x7f }), fc.nat({ max: 0xffff })), { maxLength })
    .map((units) => String.fromCharCode(...units))

export const withCode = (code: string) => (error: unknown) =>
  error instanceof ProtocolError && error.code === code
