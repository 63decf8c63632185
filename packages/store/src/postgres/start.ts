import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ProtocolError } from '@commonhold/protocol'
import { exists } from './access.ts'
import type { Binaries } from './binaries.ts'
import { SERVER_ENVIRONMENT } from './cluster.ts'
import { type Placement, SOCKET_NAME } from './placement.ts'
import { awaitStopped, clearStale, livePostmaster, type Postmaster, stopPostmaster } from './postmaster.ts'

const POLL_MS = 10
/** Sessions of a killed server leave by themselves; until then PostgreSQL refuses to start beside them. */
const ORPHANS_MS = 30_000
const LOG_LIMIT = 1 << 20

/** Durable first, then small: about 30 MB idle. A write that was acknowledged is on disk. */
const SETTINGS: Readonly<Record<string, string>> = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  listen_addresses: '',
  unix_socket_permissions: '0700',
  shared_buffers: '32MB',
  max_connections: '20',
  jit: 'off',
  autovacuum: 'on',
  autovacuum_max_workers: '1',
  max_parallel_workers: '0',
  max_worker_processes: '2',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_logical_replication_workers: '0',
  min_wal_size: '32MB',
  max_wal_size: '256MB',
  huge_pages: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_min_messages: 'warning',
  log_checkpoints: 'off',
}

/** From 18 on reads are handed to worker processes by default: three more processes for nothing here. */
const SETTINGS_18: Readonly<Record<string, string>> = { io_method: 'sync', autovacuum_worker_slots: '2' }

/**
 * Starts the server on the placement's data, or adopts the one that a killed process left there.
 * @throws {ProtocolError} `store.unavailable` with the server's own last words.
 */
export async function startPostmaster(placement: Placement, binaries: Binaries): Promise<Postmaster> {
  const deadline = performance.now() + ORPHANS_MS
  for (;;) {
    const left = await adopt(placement.data)
    if (left) return left
    await clearStale(placement.data, placement.sockets)
    const outcome = await launch(placement, binaries)
    if (typeof outcome !== 'string') return outcome
    const passing = /pre-existing shared memory block|lock file ".*" already exists/.test(outcome)
    if (!passing || performance.now() > deadline) {
      throw new ProtocolError('store.unavailable', `PostgreSQL does not start: ${outcome}`, {
        data: placement.data,
      })
    }
    await sleep(POLL_MS * 10)
  }
}

async function adopt(data: string): Promise<Postmaster | undefined> {
  for (;;) {
    const running = await livePostmaster(data)
    if (!running) return undefined
    if (running.status === 'stopping') await awaitStopped(running, data, ORPHANS_MS)
    // Somebody may have cleared the folder for temporary files, and its socket with it.
    else if (running.status === 'ready' && !(await exists(join(running.sockets, SOCKET_NAME)))) {
      await stopPostmaster(data)
    } else if (running.status === 'ready') return running
    else await sleep(POLL_MS)
  }
}

/** The setting is a list: a comma in a path must not part it. */
const quoted = (path: string): string => `"${path.replaceAll('"', '""')}"`

/** The ready server, or why it ended (the last lines of its log). */
async function launch(placement: Placement, binaries: Binaries): Promise<Postmaster | string> {
  const path = join(placement.home, 'postgres.log')
  const large = await stat(path).then(
    ({ size }) => size > LOG_LIMIT,
    () => false,
  )
  const log = await open(path, large ? 'w' : 'a', 0o600)
  const begin = (await log.stat()).size
  const settings = { ...SETTINGS, ...(binaries.major >= 18 ? SETTINGS_18 : {}) }
  const child = spawn(
    join(binaries.bin, 'postgres'),
    [
      ...['-D', placement.data, '-c', `unix_socket_directories=${quoted(placement.sockets)}`],
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    {
      cwd: '/',
      env: SERVER_ENVIRONMENT,
      // Its own session: Ctrl-C on the terminal reaches us, and we stop it in order.
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      ...placement.user,
    },
  )
  try {
    return (await untilReady(child, placement.data)) ?? (await lastWords(path, begin))
  } finally {
    await log.close()
  }
}

async function untilReady(child: ChildProcess, data: string): Promise<Postmaster | undefined> {
  let ended = false
  child.once('exit', () => {
    ended = true
  })
  // Throws when the program cannot be started at all.
  await once(child, 'spawn')
  while (!ended) {
    const running = await livePostmaster(data)
    if (running?.pid === child.pid && running?.status === 'ready') {
      child.unref()
      return running
    }
    await sleep(POLL_MS)
  }
  return undefined
}

async function lastWords(path: string, begin: number): Promise<string> {
  const text = (await readFile(path)).subarray(begin).toString('utf8').trim()
  return text.split('\n').slice(-4).join(' ') || 'it said nothing'
}
