import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readdir, readFile, readlink, realpath, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { ProtocolError } from '@commonhold/protocol'
import { SOCKET_NAME } from './placement.ts'

const run = promisify(execFile)
const POLL_MS = 10

/** A live PostgreSQL server on a data directory, as its `postmaster.pid` describes it. */
export type Postmaster = {
  readonly pid: number
  readonly sockets: string
  readonly status: 'starting' | 'stopping' | 'ready'
}

/**
 * The server that runs on `data`, if any. A server outlives a killed parent; its process id may belong to somebody else
 * after a reboot or be a zombie, so the process must prove to be a server on that very directory.
 * @throws {ProtocolError} `home.unusable` when it is a server whose directory was moved under it.
 */
export async function livePostmaster(data: string): Promise<Postmaster | undefined> {
  const file = await pidFile(data)
  if (!file || !(await isServerOf(file.pid, data))) return undefined
  return file
}

async function pidFile(data: string): Promise<Postmaster | undefined> {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')
  const lines = text.split('\n').map((line) => line.trim())
  const pid = Number(lines[0])
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined
  const word = lines[7]
  const status = word === 'ready' || word === 'stopping' ? word : 'starting'
  return { pid, sockets: lines[4] ?? '', status }
}

async function isServerOf(pid: number, data: string): Promise<boolean> {
  const directory = await serverDirectory(pid)
  if (directory === undefined) return false
  const [theirs, ours] = await Promise.all([realpath(directory).catch(() => undefined), realpath(data)])
  if (theirs === ours) return true
  // Another cluster's server took the recycled id: its own pid file says so.
  if (theirs !== undefined && (await pidFile(theirs))?.pid === pid) return false
  throw new ProtocolError(
    'home.unusable',
    `process ${pid} is a PostgreSQL server started on ${directory}; stop it before this home is used`,
    { pid, data },
  )
}

/** What `-D` names on the command line of a running postmaster (world-readable, unlike /proc/PID/cwd). */
async function serverDirectory(pid: number): Promise<string | undefined> {
  const words = await commandLine(pid)
  // Ours are always started with -D.
  const at = words.indexOf('-D')
  return basename(words[0] ?? '') === 'postgres' && at > 0 ? words[at + 1] : undefined
}

async function commandLine(pid: number): Promise<readonly string[]> {
  if (process.platform === 'linux') {
    const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    return text.split('\0')
  }
  const { stdout } = await run('ps', ['-ww', '-o', 'command=', '-p', String(pid)]).catch(() => ({
    stdout: '',
  }))
  const [, program = '', data = ''] = /^(\S*postgres) -D (.+?) -c /.exec(stdout) ?? []
  return program ? [program, '-D', data] : []
}

/** Waits until the process is gone (its pid file goes a little earlier), or time is up. */
export async function awaitStopped({ pid }: Postmaster, data: string, patienceMs: number): Promise<boolean> {
  const deadline = performance.now() + patienceMs
  while (await isServerOf(pid, data)) {
    if (performance.now() > deadline) return false
    await sleep(POLL_MS)
  }
  return true
}

/**
 * Stops the server on `data`, if one runs: fast (SIGINT: sessions end, a checkpoint is written), and only if that takes
 * forever without the checkpoint (SIGQUIT), which recovery makes good at the next start.
 * @throws {ProtocolError} `store.unavailable` when it does not end.
 */
export async function stopPostmaster(data: string): Promise<void> {
  const steps = [
    ['SIGINT', 60_000],
    ['SIGQUIT', 10_000],
    ['SIGKILL', 10_000],
  ] as const
  const running = await livePostmaster(data)
  if (!running) return
  for (const [signal, patienceMs] of steps) {
    try {
      process.kill(running.pid, signal)
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ESRCH') throw cause
    }
    if (await awaitStopped(running, data, patienceMs)) return
  }
  throw new ProtocolError('store.unavailable', `the PostgreSQL server on ${data} does not stop`, { data })
}

/** Asks the server to stop without waiting, for a process that is about to end. */
export function interrupt(data: string, pid: number): void {
  try {
    if (readFileSync(join(data, 'postmaster.pid'), 'utf8').startsWith(`${pid}\n`)) process.kill(pid, 'SIGINT')
  } catch {
    // It has gone already.
  }
}

/**
 * Removes what a dead server left when its process id belongs to another process now: PostgreSQL would take that one
 * for a running server and refuse to start. Its own guard against orphaned sessions goes with the file, so
 * these are awaited here first (they notice the death of their server and leave).
 */
export async function clearStale(data: string, sockets: string): Promise<void> {
  const file = await pidFile(data)
  if (!file || !isAlive(file.pid)) return
  const deadline = performance.now() + 10_000
  while (await anyProcessIn(data)) {
    if (performance.now() > deadline) {
      throw new ProtocolError('home.busy', `a PostgreSQL process still runs in ${data}`, { data })
    }
    await sleep(POLL_MS)
  }
  await rm(join(data, 'postmaster.pid'), { force: true })
  await rm(join(sockets, `${SOCKET_NAME}.lock`), { force: true })
  await rm(join(sockets, SOCKET_NAME), { force: true })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Every process of a server works in its data directory. Knows only Linux, and only what we may look at. */
async function anyProcessIn(data: string): Promise<boolean> {
  if (process.platform !== 'linux') return false
  const directory = await realpath(data)
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    if ((await readlink(`/proc/${pid}/cwd`).catch(() => '')) === directory) return true
  }
  return false
}
