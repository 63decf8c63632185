import type { SparseVector } from '@commonhold/kernels'
import { digest, taggedHash } from '@commonhold/protocol'
import fc from 'fast-check'
import type { TrainPoint } from '../../src/index.ts'

/** A vector from pairs of term and weight, in any order. */
export function sparse(weights: Readonly<Record<number, number>>): SparseVector {
  const ids = Object.keys(weights)
    .map(Number)
    .sort((a, b) => a - b)
  return { ids: Uint32Array.from(ids), weights: Int8Array.from(ids, (id) => weights[id] as number) }
}

const vector = (terms: number, heaviest: number): fc.Arbitrary<SparseVector> =>
  fc
    .uniqueArray(
      fc.record({ id: fc.nat({ max: terms - 1 }), weight: fc.integer({ min: 1, max: heaviest }) }),
      { selector: ({ id }) => id, maxLength: 8 },
    )
    .map((pairs) => sparse(Object.fromEntries(pairs.map(({ id, weight }) => [id * 1_003, weight]))))

/** Few terms and small weights give many exact ties; empty vectors and shared labels and owners occur too. */
export const points = (maxLength: number): fc.Arbitrary<readonly TrainPoint[]> =>
  fc
    .record({ terms: fc.constantFrom(3, 12, 2000), heaviest: fc.constantFrom(1, 3, 127), salt: fc.nat() })
    .chain(({ terms, heaviest, salt }) =>
      fc
        .array(
          fc.record({
            vector: vector(terms, heaviest),
            label: fc.nat({ max: 2 }),
            owner: fc.nat({ max: 5 }),
          }),
          { maxLength },
        )
        .map((rows) =>
          rows.map((row, index) => ({ ...row, id: taggedHash('test-point', `${salt}`, `${index}`) })),
        ),
    )

export const seeds = fc.nat().map((number) => taggedHash('test-seed', String(number)))
export const anySeed = digest('5e'.repeat(32))
