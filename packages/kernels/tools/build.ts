// Compiles every assembly/NAME.ts to src/NAME.gen.ts, a base64 constant: the same file runs in Node and in a browser.
// A test compiles again and compares: the committed module must be what its source gives.
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import asc from 'assemblyscript/asc'

const root = join(import.meta.dirname, '..')

/** @returns the text of the generated file for one AssemblyScript source. */
export async function compileKernel(source: string): Promise<string> {
  const name = basename(source, '.ts')
  const output = `${name}.wasm`
  let wasm: Uint8Array | undefined
  const { error, stderr } = await asc.main(
    [
      source,
      '--outFile',
      output,
      '-O3',
      '--noAssert',
      '--runtime',
      'stub',
      '--importMemory',
      '--initialMemory',
      '1',
      '--enable',
      'simd',
      '--disable',
      'nontrapping-f2i',
      '--path',
      root,
    ],
    {
      readFile: (file: string) => {
        try {
          return readFileSync(file, 'utf8')
        } catch {
          return null
        }
      },
      writeFile: (file: string, contents: Uint8Array | string) => {
        if (file.endsWith('.wasm')) wasm = contents as Uint8Array
      },
      listFiles: () => [],
    },
  )
  if (error || wasm === undefined)
    throw new Error(`${source}: ${error?.message ?? 'no output'}\n${stderr.toString()}`)
  const constant = `${name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())}Wasm`
  return `// Generated from assembly/${name}.ts by tools/build.ts.\nexport const ${constant} =\n  '${Buffer.from(wasm).toString('base64')}'\n`
}

export const kernelSources = (): readonly string[] => globSync(join(root, 'assembly/*.ts')).sort()
export const generatedFile = (source: string): string =>
  join(root, 'src', `${basename(source, '.ts')}.gen.ts`)

if (process.argv[1] === import.meta.filename) {
  for (const source of kernelSources()) writeFileSync(generatedFile(source), await compileKernel(source))
}
