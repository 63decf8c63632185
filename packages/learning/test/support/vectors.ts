import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Vectors made by vectors/learning/reference.py, a second implementation of docs/spec/learning.md. */
export const vectors = <T>(name: string): T =>
  JSON.parse(
    readFileSync(join(import.meta.dirname, '../../../../vectors/learning', `${name}.json`), 'utf8'),
  ) as T
