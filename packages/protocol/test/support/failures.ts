/** Assertions on expected failures. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ErrorCode, ProtocolError } from '@commonhold/protocol'

/** `act` throws a ProtocolError of that code, and of that wording where one is given. */
export function refuses(act: () => unknown, code: ErrorCode, wording?: RegExp): void {
  assert.throws(act, (error) => {
    assert.ok(error instanceof ProtocolError, String(error))
    assert.equal(error.code, code, error.message)
    if (wording !== undefined) assert.match(error.message, wording)
    return true
  })
}

/** What `act` returns, or its ProtocolError; any other error is a bug and thrown. */
export function outcome<T>(act: () => T): T | ProtocolError {
  try {
    return act()
  } catch (error) {
    if (error instanceof ProtocolError) return error
    throw error
  }
}

export const vectors = <T>(name: string): T =>
  JSON.parse(
    readFileSync(join(import.meta.dirname, '../../../../vectors/protocol', `${name}.json`), 'utf8'),
  ) as T
