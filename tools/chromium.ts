// Where a Chromium is, and how to get one where there is none: Debian's by apt for root, else Playwright's own.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/opt/google/chrome/chrome',
]

export function findChromium(): string | undefined {
  const given = process.env['CHROMIUM_PATH']
  const places = [...(given === undefined ? [] : [given]), ...PLACES, chromium.executablePath()]
  return places.find((path) => path !== '' && existsSync(path))
}

/** @throws {Error} when no Chromium is there and none can be installed: a missing browser is never a silent skip. */
export function ensureChromium(): string {
  const found = findChromium()
  if (found !== undefined) return found
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    run('apt-get', ['update', '-qq'])
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'])
  } else {
    run(process.execPath, [
      join(import.meta.dirname, '../node_modules/playwright-core/cli.js'),
      'install',
      'chromium',
    ])
  }
  const installed = findChromium()
  if (installed === undefined) throw new Error('no Chromium could be installed; set CHROMIUM_PATH to one')
  return installed
}

function run(command: string, args: readonly string[]): void {
  console.log(`installing a browser: ${command} ${args.join(' ')}`)
  spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
}
