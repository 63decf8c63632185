import { rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ProtocolError } from '@commonhold/protocol'
import type { ConnectionConfig } from '../connection.ts'
import { type HomeLock, lockHome } from '../home-lock.ts'
import { exists } from './access.ts'
import { type Binaries, findBinaries } from './binaries.ts'
import { DATABASE_USER, ensureCluster } from './cluster.ts'
import { type Placement, placeDatabase } from './placement.ts'
import { interrupt, stopPostmaster } from './postmaster.ts'
import { startPostmaster } from './start.ts'

export type PostgresOptions = {
  readonly home: string
  /** A server of the operator's own (`postgres://...`): then nothing is started here. */
  readonly databaseUrl?: string | undefined
  /** Shown to whoever finds the home busy. */
  readonly command?: string | undefined
  /** How long to wait for another command on this home, in milliseconds (default 0). */
  readonly waitMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface PostgresServer extends AsyncDisposable {
  readonly connectionConfig: ConnectionConfig
  readonly origin: 'url' | 'npm' | 'system'
  /** Process id of the embedded server. */
  readonly pid?: number
  /** Folders outside the home, used because root's server user cannot reach the usual ones. */
  readonly relocatedTo?: { readonly data?: string; readonly binaries?: string }
  /** Stops the server and lets go of the home. Nothing stays behind. */
  close(): Promise<void>
}

/**
 * Takes the home and opens its database: the given address, or PostgreSQL from npm on a private Unix socket.
 * @throws {ProtocolError} `home.busy`, `home.unusable`, `store.unavailable`.
 */
export async function openPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const lock = await lockHome(options)
  try {
    if (options.databaseUrl !== undefined) return external(options.databaseUrl, lock)
    const placement = await placeDatabase(options.home)
    const binaries = await findBinaries(placement.cache, placement.user)
    await ensureCluster(placement, binaries)
    const { pid, sockets } = await startPostmaster(placement, binaries)
    return embedded({ placement, binaries, lock, pid, sockets })
  } catch (error) {
    lock.release()
    throw unusable(options.home, error)
  }
}

/** What the file system or the kernel refuses is the home's trouble, not a bug of ours. */
function unusable(home: string, error: unknown): unknown {
  const { syscall, code, message } = error as NodeJS.ErrnoException
  if (syscall === undefined || error instanceof ProtocolError) return error
  // A container may have taken from root the right to act as another user.
  const bound = process.getuid?.() === 0 && (code === 'EPERM' || code === 'EINVAL')
  const remedy = bound ? '; run as an ordinary user, or give a database address' : ''
  return new ProtocolError(
    'home.unusable',
    `the database in ${home} cannot be used: ${message}${remedy}`,
    { home },
    { cause: error },
  )
}

function external(connectionString: string, lock: HomeLock): PostgresServer {
  const close = async (): Promise<void> => lock.release()
  return { connectionConfig: { connectionString }, origin: 'url', close, [Symbol.asyncDispose]: close }
}

type Parts = {
  readonly placement: Placement
  readonly binaries: Binaries
  readonly lock: HomeLock
  readonly pid: number
  /** Of the running server: an adopted one may have been started with another. */
  readonly sockets: string
}

function embedded({ placement, binaries, lock, pid, sockets }: Parts): PostgresServer {
  let closing: Promise<void> | undefined
  // A program that ends by an uncaught error, or forgets to close, leaves no server either. Only SIGKILL does.
  const onExit = (): void => interrupt(placement.data, pid)
  process.once('exit', onExit)
  const stop = async (): Promise<void> => {
    try {
      await stopPostmaster(placement.data)
      await Promise.all([sockets, placement.sockets].map((folder) => rmdir(folder).catch(() => undefined)))
    } finally {
      process.off('exit', onExit)
      lock.release()
    }
  }
  const close = (): Promise<void> => {
    closing ??= stop()
    return closing
  }
  const relocatedTo = {
    ...(placement.relocated ? { data: placement.data } : {}),
    ...(binaries.copiedTo ? { binaries: binaries.copiedTo } : {}),
  }
  return {
    connectionConfig: { host: sockets, port: 5432, user: DATABASE_USER, database: 'postgres', ssl: false },
    origin: binaries.origin,
    pid,
    ...(Object.keys(relocatedTo).length > 0 ? { relocatedTo } : {}),
    close,
    [Symbol.asyncDispose]: close,
  }
}

/**
 * Deletes a home's embedded database wherever it lives, after stopping a server that may still run on it. For those who
 * delete a home: removing the folder alone leaves such a server, and relocated data, behind.
 * @throws {ProtocolError} `home.busy`, `home.unusable`.
 */
export async function removePostgres(options: Omit<PostgresOptions, 'databaseUrl'>): Promise<void> {
  if (!(await exists(options.home))) return
  const lock = await lockHome(options)
  try {
    const placement = await placeDatabase(options.home)
    await stopPostmaster(placement.data)
    await rm(placement.data, { recursive: true, force: true })
    await rm(placement.sockets, { recursive: true, force: true })
    if (placement.relocated) await rm(placement.base, { recursive: true, force: true })
    await rm(join(placement.home, 'pg.json'), { force: true })
  } finally {
    lock.release()
  }
}
