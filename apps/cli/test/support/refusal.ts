import assert from 'node:assert/strict'
import type { Ran } from './run.ts'

/**
 * Asserts one line on standard error that says what is wrong, ending in the code, and nothing on standard output.
 *
 * @returns the line.
 */
export function refuses({ code, stdout, stderr }: Ran, exit: number, error: string): string {
  assert.equal(stdout, '')
  assert.match(stderr, /^commonhold: [^\n]+ \([a-z_.]+\)\n$/)
  assert.ok(stderr.endsWith(`(${error})\n`), stderr)
  assert.equal(code, exit, stderr)
  return stderr
}
