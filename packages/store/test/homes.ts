import { existsSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPostgres, openStore, type PostgresServer, removePostgres, type Store } from '../src/index.ts'

type CleanUp = () => Promise<unknown>
/** Whatever runs clean-ups when it ends: a test's context, or `suiteScope`. */
export type Scope = { readonly after: (cleanUp: CleanUp) => void }

const cleanUps = new WeakMap<Scope, CleanUp[]>()

/** Cleans up in reverse order: node:test runs its own hooks first come, first served. */
function finallyDo(scope: Scope, cleanUp: CleanUp): void {
  const known = cleanUps.get(scope)
  if (known) {
    known.push(cleanUp)
    return
  }
  const list = [cleanUp]
  cleanUps.set(scope, list)
  scope.after(async () => {
    for (const next of list.reverse()) await next()
  })
}

/** To be called in a suite's body: inside a hook, node:test's `after` would mean the end of that hook. */
export function suiteScope(after: (cleanUp: CleanUp) => void): Scope {
  const list: CleanUp[] = []
  after(async () => {
    for (const next of list) await next()
  })
  return { after: (cleanUp) => void list.push(cleanUp) }
}

export const isRoot = process.getuid?.() === 0

/** A new folder that everyone can pass, removed with whatever database it has when the test ends. */
export async function newFolder(scope: Scope, mode = 0o755): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'store-test-'))
  await chmod(folder, mode)
  finallyDo(scope, () => rm(folder, { recursive: true, force: true }))
  return folder
}

export async function newHome(scope: Scope, name = 'home', mode = 0o755): Promise<string> {
  const home = join(await newFolder(scope, mode), name)
  finallyDo(scope, () => removePostgres({ home, waitMs: 10_000 }))
  return home
}

export async function newServer(scope: Scope): Promise<PostgresServer> {
  const server = await openPostgres({ home: await newHome(scope), command: 'test' })
  finallyDo(scope, () => server.close())
  return server
}

export async function newStore(scope: Scope, server?: PostgresServer): Promise<Store> {
  const { connectionConfig } = server ?? (await newServer(scope))
  const store = await openStore(connectionConfig)
  finallyDo(scope, () => store.close())
  return store
}

/** Processes that work in `folder` or name it on their command line. */
export async function processesOf(folder: string): Promise<readonly number[]> {
  const found: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')
    const cwd = await readlink(`/proc/${name}/cwd`).catch(() => '')
    if (command.includes(folder) || cwd.startsWith(folder)) found.push(Number(name))
  }
  return found
}

/** Whether a process runs; one that is dead and only waits for its parent does not. */
export const isAlive = (pid: number): boolean =>
  existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== ''
