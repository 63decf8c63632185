// The fast gate: format and lint, promise rules, types, layers. Each step prints only when it fails.
import { spawn } from 'node:child_process'

const bin = (name: string): string => `node_modules/.bin/${name}`
const STEPS: readonly (readonly [string, string, readonly string[]])[] = [
  ['format and lint', bin('biome'), ['check', '--error-on-warnings', '.']],
  [
    'promises and switches',
    bin('oxlint'),
    ['--type-aware', '--quiet', 'packages', 'apps', 'benchmarks', 'tools', 'test'],
  ],
  ['types of the pure core', bin('tsc'), ['-p', 'tsconfig.pure.json']],
  ['types', bin('tsc'), ['-p', 'tsconfig.json']],
  ['layers', process.execPath, ['--test', '--test-reporter=dot', 'test/layers.test.ts']],
  ['dead code', bin('knip'), ['--no-progress', '--no-config-hints']],
]

const run = (command: string, args: readonly string[]): Promise<{ code: number; output: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })

const results = await Promise.all(
  STEPS.map(async ([name, command, args]) => {
    const started = performance.now()
    const { code, output } = await run(command, args)
    console.log(
      `${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`,
    )
    return code === 0 ? '' : `\n== ${name}\n${output}`
  }),
)
const failures = results.filter((text) => text !== '')
if (failures.length > 0) {
  console.error(failures.join('\n'))
  process.exitCode = 1
}
