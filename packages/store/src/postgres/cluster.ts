import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ProtocolError } from '@commonhold/protocol'
import { syncFolder } from '../durable-files.ts'
import { ownedFolder } from './access.ts'
import type { Binaries } from './binaries.ts'
import type { Placement } from './placement.ts'

const run = promisify(execFile)

/** Nothing of our environment reaches the server: PGDATA, PGHOST or a locale would change what it does. */
export const SERVER_ENVIRONMENT = { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' }
export const DATABASE_USER = 'commonhold'

const FRESH = 'pg.new-'

/**
 * Makes the data directory unless it is there. It is made beside and renamed when it is complete and on disk, so what a
 * crash leaves half-done is never taken for a database; left-overs are swept.
 * @throws {ProtocolError} `home.unusable` for another major version, a foreign folder, or when initdb fails.
 */
export async function ensureCluster(placement: Placement, binaries: Binaries): Promise<void> {
  await sweep(placement.base)
  const { data } = placement
  const version = await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => undefined)
  if (version === undefined) {
    const found = await readdir(data).catch(() => [])
    if (found.length > 0) throw new ProtocolError('home.unusable', `${data} is not a database`, { data })
    return await createCluster(placement, binaries)
  }
  if (Number(version) !== binaries.major) {
    throw new ProtocolError(
      'home.unusable',
      `${data} was made by PostgreSQL ${version.trim()}, but ${binaries.bin} is ${binaries.major}`,
      { data },
    )
  }
}

async function createCluster({ base, data, user }: Placement, binaries: Binaries): Promise<void> {
  // An unique name: an initdb that outlived its killed parent may still write to its own folder.
  const fresh = join(base, `${FRESH}${randomBytes(4).toString('hex')}`)
  await ownedFolder(fresh, 0o700, user)
  const locale =
    binaries.major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : ['--locale=C']
  try {
    await run(
      join(binaries.bin, 'initdb'),
      ['-D', fresh, '-U', DATABASE_USER, '-E', 'UTF8', ...locale, '--auth=trust', '--no-instructions'],
      { cwd: '/', env: SERVER_ENVIRONMENT, ...user },
    )
    await rename(fresh, data)
  } catch (cause) {
    await rm(fresh, { recursive: true, force: true })
    const { stderr, message } = cause as Error & { readonly stderr?: string }
    const reason = (stderr || message).trim().replaceAll(/\s*\n\s*/g, ' ')
    throw new ProtocolError(
      'home.unusable',
      `the database could not be made in ${data}: ${reason}`,
      { data },
      { cause },
    )
  }
  await syncFolder(base)
}

async function sweep(base: string): Promise<void> {
  for (const name of await readdir(base)) {
    // An orphan may still be writing there: then the rest goes next time.
    if (name.startsWith(FRESH))
      await rm(join(base, name), { recursive: true, force: true }).catch(() => undefined)
  }
}
