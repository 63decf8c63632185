// What `npm test` runs: the fast gate, then every test. Brings the browser that a test needs.
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { PURE_PACKAGES } from '../packages/node/src/rules.ts'
import { ensureChromium } from './chromium.ts'

function run(args: readonly string[]): void {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

run(['tools/check.ts'])
ensureChromium()

/** The pure packages are measured: at least so many percent of their lines are run by tests that assert. */
const LEAST_COVERAGE = 90
const all = globSync(['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'test/**/*.test.ts']).sort()
const isPure = (file: string): boolean => PURE_PACKAGES.some((name) => file.startsWith(`packages/${name}/`))

run([
  '--test',
  '--experimental-test-coverage',
  ...PURE_PACKAGES.map((name) => `--test-coverage-include=packages/${name}/src/**`),
  '--test-coverage-exclude=**/*.gen.ts',
  `--test-coverage-lines=${LEAST_COVERAGE}`,
  '--test-reporter=spec',
  ...all.filter(isPure),
])
run(['--test', '--test-reporter=spec', ...all.filter((file) => !isPure(file))])
