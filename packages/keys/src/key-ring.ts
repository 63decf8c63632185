/** Secrets on disk: one file each under `<home>/keys`, 0600 in a 0700 folder, hex and a newline. */
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { type Bytes, fromHex, ProtocolError, toHex } from '@commonhold/protocol'

export interface KeyRing {
  /** @throws {ProtocolError} `key.unknown` when there is no such secret. */
  get(name: string): Bytes
  has(name: string): boolean
  names(): readonly string[]
  /** The secret of that name; made and stored durably where there is none. */
  ensure(name: string): Bytes
}

const NAME = /^[a-z0-9][a-z0-9._-]{0,120}$/

/** @param make yields 32 bytes for a new secret: random, unless a demonstration derives it from a published seed. */
export function openKeyRing(
  folder: string,
  make: (name: string) => Uint8Array = () => randomBytes(32),
): KeyRing {
  const file = (name: string): string => {
    if (!NAME.test(name))
      throw new ProtocolError('usage.invalid', `"${name}" cannot name a key: use a-z, 0-9, dot, dash`)
    return join(folder, `${name}.key`)
  }
  const read = (name: string): Bytes | undefined => {
    try {
      return fromHex(readFileSync(file(name), 'utf8').trim())
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }
  const ring: KeyRing = {
    get: (name) => {
      const secret = read(name)
      if (secret === undefined)
        throw new ProtocolError('key.unknown', `there is no key "${name}" in ${folder}`)
      return secret
    },
    has: (name) => read(name) !== undefined,
    names: () =>
      readdirSync(folder)
        .filter((entry) => entry.endsWith('.key'))
        .map((entry) => entry.slice(0, -4))
        .sort((a, b) => (a < b ? -1 : 1)),
    ensure: (name) => {
      const present = read(name)
      if (present !== undefined) return present
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      // Whole or not at all: a key that has signed something must never be half a file.
      const path = file(name)
      const secret = new Uint8Array(make(name))
      const temporary = `${path}.new`
      const handle = openSync(temporary, 'w', 0o600)
      writeSync(handle, `${toHex(secret)}\n`)
      fsyncSync(handle)
      closeSync(handle)
      renameSync(temporary, path)
      const parent = openSync(folder, 'r')
      fsyncSync(parent)
      closeSync(parent)
      return secret
    },
  }
  return ring
}
