// What commands say of themselves and of wrong options: before any home is touched.
import assert from 'node:assert/strict'
import { existsSync, globSync } from 'node:fs'
import { basename, join } from 'node:path'
import { after, test } from 'node:test'
import { ProtocolError } from '@commonhold/protocol'
import { COMMON_OPTIONS, type Command, helpText, readArguments } from '../src/command.ts'
import { init } from '../src/commands/init.ts'
import { createOutput } from '../src/output.ts'
import { commonhold, scratch } from './support/run.ts'

const files = scratch()
after(() => files[Symbol.dispose]())
const home = join(files.folder, 'co-op')

const silent = { write: () => true }

/** Runs a command in this process, as `main` does. */
async function run(command: Command, ...argv: readonly string[]): Promise<0 | 1> {
  const { values, positionals } = readArguments(command, argv)
  const output = createOutput({ json: false, progress: false }, silent, silent)
  const signal = new AbortController().signal
  return command.run({ output, home, homeGiven: true, options: values, args: positionals, signal })
}

const NAMED = ['--name', 'x', '--labels', 'a,b']

const WRONG: readonly (readonly [message: RegExp, argv: readonly string[]])[] = [
  [/--name is missing/, ['--labels', 'a,b']],
  [/--labels is missing/, ['--name', 'x']],
  [/charter\.labels: expected a list of 2 to 256/, ['--name', 'x', '--labels', 'only one']],
  [/charter\.labels: expected a list of 2 to 256/, ['--name', 'x', '--labels', 'twice,twice']],
  [/"" cannot be a label/, ['--name', 'x', '--labels', 'a,,b']],
  [/cannot be a label/, ['--name', 'x', '--labels', `a,${'b'.repeat(101)}`]],
  [/FILE:COLUMN/, ['--name', 'x', '--labels-from', 'file.csv']],
  [/--join takes invite or open/, [...NAMED, '--join', 'closed']],
  [/--imported takes accepted or review/, [...NAMED, '--imported', 'never']],
  [/--budget takes an amount/, [...NAMED, '--budget', '1.2345678']],
  [/--budget takes an amount/, [...NAMED, '--budget=-5']],
  [/--budget takes an amount/, [...NAMED, '--budget', '1e9']],
  [/activationDelaySeconds/, [...NAMED, '--activation-delay', '999999999']],
  [/--activation-delay takes a whole number/, [...NAMED, '--activation-delay', '1h']],
  [/"\.\.\/x" cannot be a handle/, [...NAMED, '--as', '../x']],
  [/Unknown option '--colour'/, [...NAMED, '--colour', 'red']],
  [/Option '--name' argument is ambiguous; see commonhold init --help/, ['--name', '--labels', 'a,b']],
  [/does not take an argument/, [...NAMED, '--json=yes']],
  [/usage: commonhold init \[options\]/, [...NAMED, 'here']],
]

test('every wrong option of init is refused in one line, before anything is written', async () => {
  for (const [message, argv] of WRONG) {
    await assert.rejects(run(init, ...argv), (error) => {
      assert.ok(error instanceof ProtocolError, argv.join(' '))
      assert.equal(error.code, 'usage.invalid')
      assert.match(error.message, message)
      assert.ok(!error.message.includes('\n'))
      return true
    })
  }
  assert.ok(!existsSync(home))
})

async function commands(): Promise<readonly Command[]> {
  const folder = join(import.meta.dirname, '../src/commands')
  const found: Command[] = []
  for (const file of globSync('*.ts', { cwd: folder })) {
    const module = (await import(join(folder, file))) as Readonly<Record<string, unknown>>
    const command = Object.values(module).find(
      (value): value is Command => typeof value === 'object' && value !== null && 'summary' in value,
    )
    assert.equal(command?.name, basename(file, '.ts'))
    if (command !== undefined) found.push(command)
  }
  return found
}

test('the overview names every command, and each command its options', async () => {
  const all = await commands()
  assert.equal(all.length, 18)
  const { code, stdout, stderr } = commonhold('--help')
  assert.deepEqual([code, stderr], [0, ''])
  for (const command of all) {
    const { name, args, summary, options } = command
    assert.ok(stdout.includes(`  ${`${name} ${args}`.trimEnd()}`), name)
    assert.ok(stdout.includes(summary), name)
    const help = helpText(command)
    assert.ok(help.startsWith(`${summary}.\n\nUsage: commonhold ${name}`))
    for (const [option, { help: what }] of Object.entries({ ...options, ...COMMON_OPTIONS })) {
      assert.match(help, new RegExp(`^ +--${option}\\b`, 'm'))
      assert.ok(help.includes(what))
    }
  }
})

test('help needs neither a home nor arguments', () => {
  const { code, stdout, stderr } = commonhold('join', '--help')
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, /Usage: commonhold join HANDLE \[options\]/)
})

test('an unknown command and a missing home end with code 2 and one line', () => {
  for (const [argv, code] of [
    [['foun'], 'usage.invalid'],
    [['constructor'], 'usage.invalid'],
    [['status', '--home', home], 'home.missing'],
  ] as const) {
    const ran = commonhold(...argv)
    assert.deepEqual([ran.code, ran.stdout], [2, ''])
    assert.match(ran.stderr, /^commonhold: [^\n]+\n$/)
    assert.ok(ran.stderr.endsWith(`(${code})\n`))
  }
})

test('with --json an error is one JSON document', () => {
  const { code, stdout, stderr } = commonhold('init', '--json')
  assert.deepEqual([code, stdout], [2, ''])
  assert.deepEqual(JSON.parse(stderr), {
    error: { code: 'usage.invalid', message: '--name is missing', details: {} },
  })
})

test('a folder that cannot be written is no bug', () => {
  const { code, stderr } = commonhold('init', ...NAMED, '--home', '/dev/null/co-op')
  assert.equal(code, 1)
  assert.match(stderr, /^commonhold: \/dev\/null\/co-op[^\n]+\(home.unusable\)\n$/)
})
