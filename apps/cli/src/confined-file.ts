/** Reads files of a folder that somebody else made: nothing outside it, nothing endless, nothing that waits. */
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ProtocolError } from '@commonhold/protocol'

/** A larger file is an attack on the reader's memory: a statement of a million lines has a fifth of it. */
const MOST_BYTES = 512 << 20
const ABSENT: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR'])
// Without O_NONBLOCK the opening of a FIFO waits for its writer.
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/**
 * @param path relative to `folder`, which may itself be a link: whoever named it chose it.
 * @returns undefined where there is no such file.
 * @throws {ProtocolError} `data.malformed` for a link, a device or a pipe; `data.too_large`.
 */
export function readConfined(folder: string, path: string, mostBytes = MOST_BYTES): Uint8Array | undefined {
  let handle: number | undefined
  try {
    const file = join(realpathSync(folder), path)
    if (realpathSync(dirname(file)) !== dirname(file)) throw linked(path)
    handle = openSync(file, FLAGS)
    const stat = fstatSync(handle)
    if (stat.isDirectory()) return undefined
    if (!stat.isFile()) throw new ProtocolError('data.malformed', `${path} is not a regular file`)
    if (stat.size > mostBytes) throw new ProtocolError('data.too_large', `${path} has ${stat.size} bytes`)
    return readUpTo(handle, stat.size)
  } catch (error) {
    if (error instanceof ProtocolError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    if (ABSENT.has(code)) return undefined
    if (code === 'ELOOP') throw linked(path)
    throw new ProtocolError('data.malformed', `${path} cannot be read: ${message}`)
  } finally {
    if (handle !== undefined) closeSync(handle)
  }
}

const linked = (path: string): ProtocolError =>
  new ProtocolError('data.malformed', `${path} lies behind a symbolic link`)

/** Not to its end: a file that grows while it is read would have none. */
function readUpTo(handle: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  let length = 0
  while (length < size) {
    const read = readSync(handle, bytes, length, size - length, length)
    if (read === 0) break
    length += read
  }
  return bytes.subarray(0, length)
}
