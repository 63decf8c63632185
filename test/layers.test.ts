// The one table of who may import whom (ARCHITECTURE.md). Biome keeps imports inside what a package.json declares;
// this test keeps every package.json, the purity rules and the type-check inside the table.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { PURE_PACKAGES } from '../packages/node/src/rules.ts'

const PURE = {
  protocol: [],
  kernels: ['protocol'],
  tlog: ['protocol', 'kernels'],
  learning: ['protocol', 'kernels'],
  review: ['protocol', 'kernels'],
  attribution: ['protocol', 'kernels', 'learning'],
  rewards: ['protocol'],
  pipeline: ['protocol', 'kernels', 'tlog', 'learning', 'review', 'attribution', 'rewards'],
  audit: ['protocol', 'kernels', 'tlog', 'learning', 'review', 'attribution', 'rewards', 'pipeline'],
} as const

const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  ...PURE,
  contracts: [],
  keys: ['protocol'],
  store: ['protocol'],
  chain: ['protocol', 'contracts'],
  node: [...Object.keys(PURE), 'keys', 'store', 'chain'],
  server: [...Object.keys(PURE), 'contracts', 'keys', 'store', 'chain', 'node'],
  cli: [...Object.keys(PURE), 'contracts', 'keys', 'store', 'chain', 'node', 'server'],
  benchmarks: [...Object.keys(PURE), 'contracts', 'keys', 'store', 'chain', 'node', 'server', 'cli'],
}

type Manifest = { readonly name: string; readonly dependencies?: Readonly<Record<string, string>> }
const json = <T>(file: string): T => JSON.parse(readFileSync(file, 'utf8').replace(/^\s*\/\/.*$/gm, '')) as T
const short = (name: string): string => name.replace('@commonhold/', '')

for (const file of globSync(['packages/*/package.json', 'apps/*/package.json', 'benchmarks/package.json'])) {
  const manifest = json<Manifest>(file)
  const name = short(manifest.name)
  test(`${name} depends only on its layer`, () => {
    const allowed = ALLOWED[name]
    assert.ok(allowed, `${name} is not in the table of layers`)
    for (const dependency of Object.keys(manifest.dependencies ?? {})) {
      if (dependency.startsWith('@commonhold/')) {
        assert.ok(allowed.includes(short(dependency)), `${name} -> ${dependency}`)
      }
    }
  })
}

const pureFolders = Object.keys(PURE).map((name) => `packages/${name}/src`)

test('the rules that a community adopts are exactly the pure packages', () => {
  assert.deepEqual(PURE_PACKAGES, Object.keys(PURE))
})

test('the purity rules cover exactly the pure packages', () => {
  type Biome = {
    readonly overrides: readonly { readonly includes: readonly string[]; readonly plugins?: unknown }[]
  }
  const override = json<Biome>('biome.json').overrides.find(({ plugins }) => plugins)
  assert.deepEqual(
    override?.includes,
    pureFolders.map((folder) => `${folder}/**`),
  )
})

test('the pure packages are type-checked without Node and DOM types', () => {
  const { include } = json<{ readonly include: readonly string[] }>('tsconfig.pure.json')
  assert.deepEqual(include, [...pureFolders, 'ambient.d.ts'])
})
