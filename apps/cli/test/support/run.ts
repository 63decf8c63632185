// Runs the real command line as a process of its own, and keeps files for it.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const BIN = join(import.meta.dirname, '../../../../bin/commonhold')

export type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

export function commonhold(...args: readonly string[]): Ran {
  const { status, stdout, stderr } = spawnSync(BIN, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, COMMONHOLD_HOME: '/nowhere' },
  })
  return { code: status, stdout, stderr }
}

/** A folder that the database's user can pass, with files in it; gone when it is disposed. */
export function scratch() {
  const folder = mkdtempSync(join(tmpdir(), 'commonhold-cli-'))
  chmodSync(folder, 0o755)
  return {
    folder,
    file: (name: string, content: string | Uint8Array): string => {
      const path = join(folder, name)
      writeFileSync(path, content)
      return path
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
