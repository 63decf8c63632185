/** The command line. Exit codes: 0 ok, 1 a check failed or a request was refused, 2 wrong use, 70 a bug. */
import { resolve } from 'node:path'
import { type ErrorCode, ProtocolError } from '@commonhold/protocol'
import { type Command, helpText, readArguments } from './command.ts'
import { environment } from './environment.ts'
import { createOutput } from './output.ts'
import { oneLine, printable, printableJson } from './printable.ts'

/** Loaded one by one: starting must not cost what another command needs. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  demo: async () => (await import('./commands/demo.ts')).demo,
  init: async () => (await import('./commands/init.ts')).init,
  join: async () => (await import('./commands/join.ts')).join,
  import: async () => (await import('./commands/import.ts')).importCommand,
  review: async () => (await import('./commands/review.ts')).review,
  start: async () => (await import('./commands/start.ts')).start,
  round: async () => (await import('./commands/round.ts')).round,
  classify: async () => (await import('./commands/classify.ts')).classify,
  statement: async () => (await import('./commands/statement.ts')).statement,
  claim: async () => (await import('./commands/claim.ts')).claim,
  veto: async () => (await import('./commands/veto.ts')).veto,
  audit: async () => (await import('./commands/audit.ts')).audit,
  export: async () => (await import('./commands/export.ts')).exportCommand,
  status: async () => (await import('./commands/status.ts')).status,
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
  aggregate: async () => (await import('./commands/aggregate.ts')).aggregateCommand,
  evaluate: async () => (await import('./commands/evaluate.ts')).evaluate,
  value: async () => (await import('./commands/value.ts')).value,
}

const USAGE_CODES: ReadonlySet<ErrorCode> = new Set([
  'usage.invalid',
  'home.missing',
  'home.exists',
  'contribution.label_unknown',
  'contribution.unknown',
  'data.malformed',
  'data.too_large',
])

/** What a disk or its rights can refuse anywhere: no bug of ours, and nothing was half written. */
const MACHINE_CODES: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EMFILE'])

async function overview(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()))
  const width = Math.max(...commands.map(({ name, args }) => `${name} ${args}`.length))
  return [
    'commonhold: a community builds, owns, runs and governs its own AI.',
    '',
    'Usage: commonhold COMMAND [options]',
    '',
    ...commands.map(({ name, args, summary }) => `  ${`${name} ${args}`.padEnd(width)}  ${summary}`),
    '',
    `Every command takes --home DIR (or COMMONHOLD_HOME; the community's folder), --json, --progress and --help.`,
  ].join('\n')
}

async function main(argv: readonly string[]): Promise<number> {
  const [name = '--help', ...rest] = argv
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(`${await overview()}\n`)
    return 0
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (load === undefined)
    throw new ProtocolError('usage.invalid', `there is no command "${name}"; see commonhold --help`)
  const command = await load()
  const { values, positionals } = readArguments(command, rest)
  if (values['help'] === true) {
    process.stdout.write(`${helpText(command)}\n`)
    return 0
  }
  const given = values['home'] ?? environment.home
  const interrupted = new AbortController()
  const stop = (): void => interrupted.abort()
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  return command.run({
    output: createOutput(
      { json: values['json'] === true, progress: values['progress'] === true },
      process.stdout,
      process.stderr,
    ),
    home: resolve(typeof given === 'string' ? given : '.commonhold/home'),
    homeGiven: given !== undefined,
    options: values,
    args: positionals,
    signal: interrupted.signal,
  })
}

function explain(error: unknown): number {
  if (error instanceof ProtocolError) {
    const json = process.argv.includes('--json')
    const { code, message, details } = error
    process.stderr.write(
      json
        ? `${printableJson(JSON.stringify({ error: { code, message, details } }))}\n`
        : `commonhold: ${oneLine(message)} (${code})\n`,
    )
    return USAGE_CODES.has(code) ? 2 : 1
  }
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException
  if (error instanceof Error && syscall !== undefined && MACHINE_CODES.has(code ?? '')) {
    process.stderr.write(`commonhold: the machine refuses: ${oneLine(error.message)} (home.unusable)\n`)
    return 1
  }
  if (error instanceof Error && error.name === 'AbortError') {
    process.stderr.write('commonhold: stopped; the same command continues where this one ended\n')
    return 1
  }
  process.stderr.write(
    `commonhold: this is a bug, please report it:\n${printable(error instanceof Error ? (error.stack ?? error.message) : String(error))}\n`,
  )
  return 70
}

// A reader that has seen enough, such as "head", is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.exitCode = explain(error)
}
