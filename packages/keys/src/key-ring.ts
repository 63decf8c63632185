/** Secrets on disk: one file each under `<home>/keys`, 0600 in a 0700 folder, hex and a newline. */
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { type Bytes, compareText, fromHex, ProtocolError, toHex } from '@commonhold/protocol'

export interface KeyRing {
  /** @throws {ProtocolError} `key.unknown` when there is no such secret; `key.invalid` when its file is damaged. */
  get(name: string): Bytes
  has(name: string): boolean
  names(): readonly string[]
  /** The secret of that name; made and stored durably where there is none. */
  ensure(name: string): Bytes
}

const NAME = /^[a-z0-9][a-z0-9._-]{0,120}$/
const SECRET = /^[0-9a-f]{64}\n$/

/**
 * @param make yields 32 bytes for a new secret: random, unless a demonstration derives it from a published seed.
 * @throws {ProtocolError} in every method `usage.invalid` for a name that cannot name a file.
 */
export function openKeyRing(
  folder: string,
  make: (name: string) => Uint8Array = () => randomBytes(32),
): KeyRing {
  const ring: KeyRing = {
    get: (name) => {
      const secret = readSecret(fileOf(folder, name))
      if (secret === undefined)
        throw new ProtocolError('key.unknown', `there is no key "${name}" in ${folder}`)
      return secret
    },
    has: (name) => readSecret(fileOf(folder, name)) !== undefined,
    names: () =>
      unlessMissing(() => readdirSync(folder), [])
        .filter((entry) => entry.endsWith('.key'))
        .map((entry) => entry.slice(0, -4))
        .sort(compareText),
    ensure: (name) => {
      const path = fileOf(folder, name)
      const present = readSecret(path)
      if (present !== undefined) return present
      makeFolder(folder)
      const secret = make(name)
      if (secret.length !== 32) throw new Error('a secret is 32 bytes')
      writeSecret(folder, path, secret)
      return ring.get(name)
    },
  }
  return ring
}

function fileOf(folder: string, name: string): string {
  if (!NAME.test(name))
    throw new ProtocolError('usage.invalid', `"${name}" cannot name a key: use a-z, 0-9, dot, dash`)
  return join(folder, `${name}.key`)
}

function readSecret(path: string): Bytes | undefined {
  const text = unlessMissing(() => readFileSync(path, 'latin1'), undefined)
  if (text === undefined) return undefined
  if (!SECRET.test(text))
    throw new ProtocolError('key.invalid', `${path} is damaged: expected 64 hex digits and a newline`)
  return fromHex(text.trimEnd())
}

function makeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  // A folder that was there before may be open to others.
  chmodSync(folder, 0o700)
}

/** Whole or not at all, and never in place of another: a key that has signed something must stay what it is. */
function writeSecret(folder: string, path: string, secret: Uint8Array): void {
  const temporary = `${path}.${toHex(randomBytes(8))}.new`
  const handle = openSync(temporary, 'wx', 0o600)
  try {
    writeSync(handle, `${toHex(secret)}\n`)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  try {
    // Unlike a rename, a link fails where another process was first: then its secret is the one.
    linkSync(temporary, path)
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
  } finally {
    unlinkSync(temporary)
  }
  const parent = openSync(folder, 'r')
  fsyncSync(parent)
  closeSync(parent)
}

function unlessMissing<T>(read: () => T, missing: T): T {
  try {
    return read()
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return missing
    throw error
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && (error as NodeJS.ErrnoException).code === code
