import type { Stats } from 'node:fs'
import { chmod, chown, lchown, mkdir, opendir, realpath, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Whom the PostgreSQL processes run as; undefined means as ourselves. */
export type ServerUser = { readonly uid: number; readonly gid: number }

/** `nobody`: PostgreSQL refuses to run as root, and this user exists nearly everywhere and owns nothing. */
export const NOBODY: ServerUser = { uid: 65534, gid: 65534 }

const READ = 4
const SEARCH = 1

function permits(stats: Stats, user: ServerUser, wanted: number): boolean {
  const shift = stats.uid === user.uid ? 6 : stats.gid === user.gid ? 3 : 0
  return ((stats.mode >> shift) & wanted) === wanted
}

/** Whether `user` can pass through `folder` and everything above it. */
export const canReach = async (folder: string, user: ServerUser): Promise<boolean> =>
  (await firstBarrier(folder, user)) === undefined

/** The outermost folder on the way to `folder` (itself included) that `user` may not pass. */
export async function firstBarrier(folder: string, user: ServerUser): Promise<string | undefined> {
  const way: string[] = []
  for (let step = await realpath(folder); ; step = dirname(step)) {
    way.unshift(step)
    if (step === dirname(step)) break
  }
  for (const step of way) if (!permits(await stat(step), user, SEARCH)) return step
  return undefined
}

export async function canRead(file: string, user: ServerUser): Promise<boolean> {
  const stats = await stat(file).catch(() => undefined)
  return stats !== undefined && permits(stats, user, READ)
}

/** A folder with exactly this owner and mode, whatever the umask. */
export async function ownedFolder(path: string, mode: number, user: ServerUser | undefined): Promise<string> {
  await mkdir(path, { recursive: true })
  await chmod(path, mode)
  if (user) await chown(path, user.uid, user.gid)
  return path
}

export async function chownTree(path: string, user: ServerUser): Promise<void> {
  await lchown(path, user.uid, user.gid)
  for await (const entry of await opendir(path)) {
    const child = join(path, entry.name)
    if (entry.isDirectory()) await chownTree(child, user)
    else await lchown(child, user.uid, user.gid)
  }
}

export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )
