import { createHash } from 'node:crypto'
import { lstat, mkdir, readFile, realpath, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ProtocolError } from '@commonhold/protocol'
import { writeDurably } from '../durable-files.ts'
import { canReach, chownTree, exists, firstBarrier, NOBODY, ownedFolder, type ServerUser } from './access.ts'

/** Where a home's database lives and who runs it. */
export type Placement = {
  readonly home: string
  readonly user: ServerUser | undefined
  /** Parent of `data`: the home, or a folder outside it that the server's user can reach. */
  readonly base: string
  readonly data: string
  readonly sockets: string
  /** Where copies of binaries go, if any are needed. */
  readonly cache: string
  readonly relocated: boolean
}

export type SystemFolders = { readonly data: string; readonly cache: string }

const SYSTEM: SystemFolders = { data: '/var/lib/commonhold', cache: '/var/cache/commonhold' }

/** `sun_path` less its end mark: 108 bytes on Linux, 104 on macOS and the BSDs. */
const LONGEST_SOCKET = process.platform === 'linux' ? 107 : 103
export const SOCKET_NAME = '.s.PGSQL.5432'

const fitsSocket = (folder: string): boolean => Buffer.byteLength(join(folder, SOCKET_NAME)) <= LONGEST_SOCKET

const socketsIn = (base: string): string => join(base, 'run')

/** Whether the server's socket can lie in the home; else it lies in the temporary folder. */
export const socketFits = (home: string): boolean => fitsSocket(socketsIn(home))

/**
 * Decides where things go. An ordinary user has everything in the home. Root runs PostgreSQL as another user; when that
 * user cannot reach the home, the data go to `system.data` and `<home>/pg.json` says where.
 * @throws {ProtocolError} `home.unusable` with the remedy.
 */
export async function placeDatabase(
  folder: string,
  uid: number | undefined = process.getuid?.(),
  system: SystemFolders = SYSTEM,
): Promise<Placement> {
  const home = await realpath(folder)
  const pointer = await readPointer(home)
  if (uid !== 0) return await inHome(home, pointer, uid)
  const data = join(home, 'pg')
  if (pointer === undefined && (await exists(data))) return await ofOwner(home, data, system)
  const base = pointer ?? ((await canReach(home, NOBODY)) ? home : await newBase(home, system))
  return await place(home, base, NOBODY, system.cache)
}

async function inHome(
  home: string,
  pointer: string | undefined,
  uid: number | undefined,
): Promise<Placement> {
  const owner = pointer === undefined ? await stat(join(home, 'pg')).catch(() => undefined) : await stat(home)
  if (pointer !== undefined || (uid !== undefined && owner !== undefined && owner.uid !== uid)) {
    throw unusable(
      `${home} was made by another user (${pointer === undefined ? owner?.uid : 'root'}): run as that user, or choose another home`,
      home,
    )
  }
  return await place(home, home, undefined, join(home, 'cache'))
}

/** Root finds a database in the home: it runs as whoever owns it. */
async function ofOwner(home: string, data: string, system: SystemFolders): Promise<Placement> {
  const { uid, gid } = await stat(data)
  // A copy of a home made by root belongs to root.
  const user = uid === 0 ? NOBODY : { uid, gid }
  if (uid === 0) await chownTree(data, user)
  const barrier = await firstBarrier(home, user)
  if (barrier !== undefined) {
    const remedy = `chmod o+x ${barrier}`
    throw unusable(`user ${user.uid} runs this home's database and cannot pass ${barrier}: ${remedy}`, home)
  }
  return await place(home, home, user, system.cache)
}

async function place(
  home: string,
  base: string,
  user: ServerUser | undefined,
  cache: string,
): Promise<Placement> {
  const inBase = socketsIn(base)
  const sockets = fitsSocket(inBase)
    ? inBase
    : join(await temporaryFolder(user), `commonhold-${shortHash(home)}`)
  await ownedSocketFolder(sockets, user)
  return { home, user, base, data: join(base, 'pg'), sockets, cache, relocated: base !== home }
}

async function temporaryFolder(user: ServerUser | undefined): Promise<string> {
  const folder = await realpath(tmpdir())
  const fits = fitsSocket(join(folder, 'commonhold-0123456789abcdef'))
  return fits && (!user || (await canReach(folder, user))) ? folder : '/tmp'
}

/** Only its owner enters: the server trusts whoever reaches the socket. A planted folder is refused. */
async function ownedSocketFolder(sockets: string, user: ServerUser | undefined): Promise<void> {
  const owner = user?.uid ?? process.getuid?.()
  const found = await lstat(sockets).catch(() => undefined)
  const ours = owner === undefined || found?.uid === owner || (user !== undefined && found?.uid === 0)
  if (found && !(found.isDirectory() && ours)) {
    throw unusable(`${sockets} belongs to someone else; the database's socket goes there`, sockets)
  }
  await ownedFolder(sockets, 0o700, user)
}

type Pointer = { readonly base: string; readonly home: string }

async function readPointer(home: string): Promise<string | undefined> {
  const text = await readFile(join(home, 'pg.json'), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const pointer = JSON.parse(text) as Pointer
  if (!(await exists(pointer.base))) {
    throw unusable(`the home's database was in ${pointer.base}, which is gone`, home)
  }
  // A moved home keeps its database; a copied one must not share it with the original.
  const other =
    pointer.home !== home && (await readFile(join(pointer.home, 'pg.json'), 'utf8').catch(() => ''))
  if (other === text)
    throw unusable(`${home} is a copy of ${pointer.home}, whose database is elsewhere`, home)
  return pointer.base
}

/** A base that no other home uses; the pointer is durable before anything is stored behind it. */
async function newBase(home: string, system: SystemFolders): Promise<string> {
  const name = shortHash(home)
  let base = join(system.data, name)
  // An earlier home at the same path may have been deleted without its database: that is never taken over.
  for (let n = 2; await exists(join(base, 'pg')); n++) base = join(system.data, `${name}.${n}`)
  try {
    await mkdir(system.data, { recursive: true })
    await ownedFolder(system.data, 0o711, undefined)
    await ownedFolder(base, 0o711, undefined)
  } catch (cause) {
    const barrier = await firstBarrier(home, NOBODY)
    const remedy = `chmod o+x ${barrier}, or choose a home elsewhere, or do not run as root`
    throw unusable(`the database cannot run below ${barrier} nor in ${system.data}: ${remedy}`, home, cause)
  }
  await writeDurably(join(home, 'pg.json'), JSON.stringify({ base, home } satisfies Pointer), 0o644)
  return base
}

const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)

const unusable = (message: string, home: string, cause?: unknown): ProtocolError =>
  new ProtocolError('home.unusable', message, { home }, { cause })
