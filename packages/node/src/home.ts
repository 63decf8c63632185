/** A community's folder: what is in it, and the file that says so. */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ProtocolError } from '@commonhold/protocol'
import { makeFolder } from '@commonhold/store'

export type HomeFile = {
  readonly format: 1
  /** First line of the log's checkpoints, and the name of its keys. */
  readonly origin: string
  readonly chainId: number
  /** The published seed of a demonstration: its keys are public, so it must never serve a real community. */
  readonly demonstration?: string
}

export type Home = HomeFile & {
  readonly folder: string
  readonly log: string
  readonly keys: string
}

const locate = (folder: string): string => join(folder, 'home.json')

/** @throws {ProtocolError} `home.missing` when the folder holds no community; `home.unusable` when its file is damaged. */
export function readHome(folder: string): Home {
  let text: string
  try {
    text = readFileSync(locate(folder), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw new ProtocolError(
        'home.unusable',
        `${locate(folder)} cannot be read: ${(error as Error).message}`,
      )
    }
    throw new ProtocolError(
      'home.missing',
      `there is no community in ${folder}; found one with: commonhold init --home ${folder}`,
    )
  }
  return { ...parseHome(locate(folder), text), folder, log: join(folder, 'log'), keys: join(folder, 'keys') }
}

function parseHome(path: string, text: string): HomeFile {
  const damaged = (what: string) => new ProtocolError('home.unusable', `${path} is damaged: ${what}`)
  let file: Partial<HomeFile> | null
  try {
    file = JSON.parse(text) as Partial<HomeFile> | null
  } catch {
    throw damaged('it is not JSON')
  }
  const { format, origin, chainId, demonstration } = file ?? {}
  if (typeof format !== 'number') throw damaged('it names no format')
  if (format !== 1)
    throw new ProtocolError('home.unusable', `${path} has format ${format}; this version reads format 1`)
  if (typeof origin !== 'string' || !Number.isSafeInteger(chainId))
    throw damaged('origin or chainId is missing')
  if (demonstration !== undefined && typeof demonstration !== 'string')
    throw damaged('demonstration is no seed')
  return {
    format,
    origin,
    chainId: chainId as number,
    ...(demonstration === undefined ? {} : { demonstration }),
  }
}

export function homeExists(folder: string): boolean {
  try {
    readHome(folder)
    return true
  } catch (error) {
    if (error instanceof ProtocolError && error.code === 'home.missing') return false
    throw error
  }
}

/** @throws {ProtocolError} `home.unusable` when the folder cannot be made or written. */
export function writeHome(folder: string, file: HomeFile): Home {
  try {
    makeFolder(folder)
    // Keys lie in here: a home inside a repository must not be committed with it.
    writeDurably(join(folder, '.gitignore'), '*\n')
    writeDurably(locate(folder), `${JSON.stringify(file, null, 2)}\n`)
  } catch (cause) {
    const { syscall, message } = cause as NodeJS.ErrnoException
    if (syscall === undefined) throw cause
    throw new ProtocolError('home.unusable', `${folder} cannot be written: ${message}`, {}, { cause })
  }
  return readHome(folder)
}

/** Whole or not at all, and there after a power cut: temporary file, fsync, rename, fsync of the folder. */
export function writeDurably(path: string, content: Uint8Array | string, mode = 0o644): void {
  const temporary = `${path}.${process.pid}.new`
  const handle = openSync(temporary, 'w', mode)
  try {
    if (typeof content === 'string') writeSync(handle, content)
    else for (let at = 0; at < content.length; ) at += writeSync(handle, content, at)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(temporary, path)
  const folder = openSync(dirname(path), 'r')
  fsyncSync(folder)
  closeSync(folder)
}
