import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { ProtocolError } from '@commonhold/protocol'
import { makeFolder } from './make-folder.ts'

export type HomeLockOptions = {
  readonly home: string
  /** What the holder is doing, shown to whoever finds the home busy. */
  readonly command?: string | undefined
  /** How long to wait for another holder, in milliseconds; 0 fails at once. */
  readonly waitMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export type HomeLock = { readonly release: () => void }

const RETRY_MS = 50

/**
 * Holds a home for one command at a time. Node has no flock, so the lock is the one that SQLite takes on an empty file:
 * the kernel lets go of it however the process ends, so no stale lock exists and no process id is ever trusted. Nothing
 * else may open `<home>/lock`: closing any descriptor of it would drop the lock (POSIX fcntl).
 * @throws {ProtocolError} `home.busy` with the holder; `home.unusable` when the folder cannot be written.
 */
export async function lockHome({ home, command, waitMs = 0, signal }: HomeLockOptions): Promise<HomeLock> {
  const file = join(home, 'lock')
  const card = `${file}.json`
  const deadline = performance.now() + waitMs
  makeFolder(home)
  for (;;) {
    const held = tryLock(home, file)
    if (held) {
      const holder = { pid: process.pid, command: command ?? 'commonhold', since: new Date().toISOString() }
      try {
        await writeFile(card, JSON.stringify(holder), { mode: 0o644 })
      } catch (cause) {
        held.close()
        throw unusable(home, cause)
      }
      return { release: () => held.close() }
    }
    if (performance.now() >= deadline) throw await busy(home, card)
    await sleep(RETRY_MS, undefined, signal ? { signal } : undefined)
  }
}

function tryLock(home: string, file: string): DatabaseSync | undefined {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file, { timeout: 0 })
    // Nothing is ever written: no journal file is wanted beside the lock.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    return database
  } catch (cause) {
    database?.close()
    // SQLITE_BUSY
    if ((cause as { readonly errcode?: number }).errcode === 5) return undefined
    throw unusable(home, cause)
  }
}

async function busy(home: string, card: string): Promise<ProtocolError> {
  const holder = await readFile(card, 'utf8')
    .then(
      (text) =>
        JSON.parse(text) as { readonly pid: number; readonly command: string; readonly since: string },
    )
    // The holder writes its card just after it has the lock.
    .catch(() => undefined)
  const by = holder ? `process ${holder.pid} (${holder.command}) since ${holder.since}` : 'another process'
  return new ProtocolError('home.busy', `${home} is held by ${by}`, holder ? { home, ...holder } : { home })
}

const unusable = (home: string, cause: unknown): ProtocolError =>
  new ProtocolError(
    'home.unusable',
    `${home} cannot be written: ${(cause as Error).message}`,
    { home },
    { cause },
  )
