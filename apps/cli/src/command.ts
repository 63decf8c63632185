/** What a command is, and how its options are read. */
import { parseArgs } from 'node:util'
import { ProtocolError } from '@commonhold/protocol'
import type { Output } from './output.ts'

export type Option = {
  readonly type: 'string' | 'boolean'
  /** What stands for the value in the usage line: `--label COL`. */
  readonly value?: string
  readonly help: string
}

export type Values = Readonly<Record<string, string | boolean | undefined>>

export type Context = {
  readonly output: Output
  /** The community's folder: `--home`, else COMMONHOLD_HOME, else .commonhold/home. */
  readonly home: string
  readonly homeGiven: boolean
  readonly options: Values
  readonly args: readonly string[]
  /** Aborted by Ctrl-C: work stops at the next safe point and the home continues later. */
  readonly signal: AbortSignal
}

export type Command = {
  readonly name: string
  readonly summary: string
  /** Positional arguments as the usage line shows them, e.g. `FILE` or `[DIR]`. */
  readonly args: string
  readonly options: Readonly<Record<string, Option>>
  /** @returns the exit code: 0 ok, 1 a check failed. */
  readonly run: (context: Context) => Promise<0 | 1>
}

export const COMMON_OPTIONS: Readonly<Record<string, Option>> = {
  home: { type: 'string', value: 'DIR', help: "the community's folder (or COMMONHOLD_HOME)" },
  json: { type: 'boolean', help: 'print one JSON document instead of text' },
  progress: { type: 'boolean', help: 'say how far long work is line by line, where there is no terminal' },
  help: { type: 'boolean', help: 'show this help' },
}

/** @throws {ProtocolError} `usage.invalid` for unknown options and wrong numbers of arguments. */
export function readArguments(
  command: Command,
  argv: readonly string[],
): { values: Values; positionals: string[] } {
  const options = { ...command.options, ...COMMON_OPTIONS }
  const config = Object.fromEntries(Object.entries(options).map(([name, { type }]) => [name, { type }]))
  let parsed: { values: Values; positionals: string[] }
  try {
    parsed = parseArgs({ args: [...argv], options: config, allowPositionals: true }) as typeof parsed
  } catch (error) {
    throw new ProtocolError(
      'usage.invalid',
      `${firstSentence((error as Error).message)}; see commonhold ${command.name} --help`,
    )
  }
  const shown = command.args.split(' ').filter((word) => word !== '')
  const least = shown.filter((word) => !word.startsWith('[')).length
  const { length } = parsed.positionals
  if (parsed.values['help'] !== true && (length < least || length > shown.length)) {
    throw new ProtocolError('usage.invalid', `usage: ${usageLine(command)}`)
  }
  return parsed
}

/** Node explains at length and over several lines; a refusal here is one. */
const firstSentence = (text: string): string => (text.split(/\.\s/)[0] as string).replace(/\.$/, '')

export const usageLine = ({ name, args }: Command): string =>
  `commonhold ${name}${args === '' ? '' : ` ${args}`} [options]`

export function helpText(command: Command): string {
  const rows = Object.entries({ ...command.options, ...COMMON_OPTIONS }).map(
    ([name, { value, help }]) => [`--${name}${value === undefined ? '' : ` ${value}`}`, help] as const,
  )
  const width = Math.max(...rows.map(([left]) => left.length))
  return [
    `${command.summary}.`,
    '',
    `Usage: ${usageLine(command)}`,
    '',
    ...rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`),
  ].join('\n')
}

/** @throws {ProtocolError} `usage.invalid` when the option is missing. */
export function need(context: Context, name: string): string {
  const value = context.options[name]
  if (typeof value !== 'string' || value === '') {
    throw new ProtocolError('usage.invalid', `--${name} is missing`)
  }
  return value
}

export function optional(context: Context, name: string): string | undefined {
  const value = context.options[name]
  return typeof value === 'string' ? value : undefined
}
