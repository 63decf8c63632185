import type { ClassifyRecipe, Example } from '@commonhold/learning'
import { type Digest, taggedHash } from '@commonhold/protocol'
import { vectors } from './vectors.ts'

export type ModelVector = {
  readonly note: string
  readonly seed: Digest
  readonly labels: readonly string[]
  readonly recipe: ClassifyRecipe
  readonly examples: readonly Example[]
  readonly bytes: number
  readonly head: string
  readonly modelHash: string
}

export const modelVectors = vectors<readonly ModelVector[]>('models')
/** Twenty-four requests to a help desk, in English and Spanish, under three labels. */
export const desk = modelVectors[0] as ModelVector
export const seed = (name: string): Digest => taggedHash('test', name)
