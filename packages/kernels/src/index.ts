export * from './dense-neighbours.ts'
export * from './exp-log.ts'
export * from './prng.ts'
export * from './sha256.ts'
export {
  type SoftmaxRegression,
  type SparseExamples,
  type Step,
  softmaxExp,
  softmaxRegression,
} from './softmax.ts'
export * from './sparse.ts'
export { type NeighbourCredits, type SparseNeighbours, sparseNeighbours } from './sparse-neighbours.ts'
export * from './top-k.ts'
