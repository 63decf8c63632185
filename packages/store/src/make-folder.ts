import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { ProtocolError } from '@commonhold/protocol'

/**
 * Makes a folder that a person named, and its parents. Not by Node's own recursion, which never ends below a parent that
 * is there and answers ENOENT, as /proc does.
 *
 * @throws {ProtocolError} `home.unusable`.
 */
export function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  const parent = dirname(folder)
  if (parent !== folder) makeFolder(parent)
  try {
    mkdirSync(folder)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return
    throw new ProtocolError(
      'home.unusable',
      `${folder} cannot be made: ${(cause as Error).message}`,
      {},
      { cause },
    )
  }
}
