import { type Canonical, ProtocolError } from '@commonhold/protocol'

/** How a classifier is trained: integers only, so that the charter and the model's header hold the same bytes. */
export type ClassifyRecipe = {
  readonly kind: 'classify'
  readonly version: 1
  /** Passes over the data; more, up to `mostEpochs`, until `leastSteps` examples have been seen. */
  readonly epochs: number
  readonly leastSteps: number
  readonly mostEpochs: number
  /** Learning rate at the start, in millionths; it falls linearly to 0. */
  readonly ratePpm: number
  /** The bias learns at this fraction of the rate, in millionths. */
  readonly biasRatePpm: number
  /** L2 strength over the whole data set, in millionths: each step shrinks weights by rate x decay / examples. */
  readonly decayPpm: number
  /** The true label has to win by this score, in millionths (additive-margin softmax). */
  readonly marginPpm: number
  /** Parts for cross-fitting; parts are held back, one after the other, until `calibrationItems` were predicted unseen. */
  readonly calibrationParts: number
  readonly calibrationItems: number
  /** "Don't know" keeps the answers given at least this often right, in millionths. */
  readonly knownPpm: number
}

export const DEFAULT_RECIPE: ClassifyRecipe = {
  kind: 'classify',
  version: 1,
  epochs: 5,
  leastSteps: 40_000,
  mostEpochs: 40,
  ratePpm: 10_000_000,
  biasRatePpm: 100_000,
  decayPpm: 50_000,
  marginPpm: 3_000_000,
  calibrationParts: 5,
  calibrationItems: 1_000,
  knownPpm: 900_000,
}

type Field = Exclude<keyof ClassifyRecipe, 'kind' | 'version'>

/** Lowest and highest value admitted. */
const LIMITS: Readonly<Record<Field, readonly [number, number]>> = {
  epochs: [1, 1_000],
  leastSteps: [0, 1_000_000_000],
  mostEpochs: [1, 1_000],
  ratePpm: [1, 1_000_000_000],
  biasRatePpm: [0, 10_000_000],
  decayPpm: [0, 100_000_000],
  marginPpm: [0, 100_000_000],
  calibrationParts: [2, 100],
  calibrationItems: [0, 1_000_000],
  knownPpm: [0, 1_000_000],
}
const FIELDS = Object.keys(LIMITS) as readonly Field[]

/** @throws {ProtocolError} `data.malformed` unless `value` has exactly a recipe's fields, each an integer in its range. */
export function parseRecipe(value: Canonical): ClassifyRecipe {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('not an object')
  const recipe = value as Readonly<Partial<Record<keyof ClassifyRecipe, Canonical>>>
  if (recipe.kind !== 'classify' || recipe.version !== 1) throw malformed('not classify, version 1')
  if (Object.keys(recipe).length !== FIELDS.length + 2) throw malformed('missing or further fields')
  for (const field of FIELDS) {
    const number = recipe[field]
    const [lowest, highest] = LIMITS[field]
    if (!Number.isSafeInteger(number) || (number as number) < lowest || (number as number) > highest) {
      throw malformed(`${field} is no integer from ${lowest} to ${highest}`)
    }
  }
  return value as ClassifyRecipe
}

const malformed = (reason: string): ProtocolError => new ProtocolError('data.malformed', `recipe: ${reason}`)
