/**
 * The rules' identity: version and digest over the sources of the pure packages, path by path. Whoever has the
 * repository makes the same digest; a changed rule, and a changed comment, is another digest.
 */
import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { compareText, type Digest, digest } from '@commonhold/protocol'

/** The packages that decide what a number is; the layer test keeps this list equal to its table. */
export const PURE_PACKAGES = [
  'protocol',
  'kernels',
  'tlog',
  'learning',
  'review',
  'attribution',
  'rewards',
  'pipeline',
  'audit',
] as const

export const RULES_VERSION = '0.1.0'

let known: Digest | undefined

export function rulesDigest(): Digest {
  if (known !== undefined) return known
  const root = join(import.meta.dirname, '../..')
  const whole = createHash('sha256').update('commonhold-rules/v1\n')
  for (const name of PURE_PACKAGES) {
    const files = globSync(join(root, name, 'src/**/*.ts'))
      .map((file) => relative(root, file).split(sep).join('/'))
      .sort(compareText)
    for (const file of files) {
      const content = createHash('sha256')
        .update(readFileSync(join(root, file)))
        .digest('hex')
      whole.update(`${content}  ${file}\n`)
    }
  }
  known = digest(whole.digest('hex'))
  return known
}
