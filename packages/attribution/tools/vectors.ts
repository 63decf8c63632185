// Writes vectors/attribution from the slow references in test/support; none of it comes from src.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { knnVectors, roundVectors } from '../test/support/vectors.ts'

const folder = join(import.meta.dirname, '../../../vectors/attribution')
mkdirSync(folder, { recursive: true })
writeFileSync(join(folder, 'knn-shapley.json'), `${JSON.stringify(knnVectors(), null, 2)}\n`)
writeFileSync(join(folder, 'round-values.json'), `${JSON.stringify(roundVectors(), null, 2)}\n`)
