import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Command lines of the processes that have to do with a folder, but for this one; none where there is no /proc. */
export function processesOf(folder: string): readonly string[] {
  if (!existsSync('/proc/self/cmdline')) return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        return readFileSync(join('/proc', pid, 'cmdline'), 'utf8').replaceAll('\0', ' ')
      } catch {
        return []
      }
    })
    .filter((line) => line.includes(folder))
}
