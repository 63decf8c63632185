export * from './dense-neighbours.ts'
export * from './sha256.ts'
export * from './sparse.ts'
export { type NeighbourCredits, type SparseNeighbours, sparseNeighbours } from './sparse-neighbours.ts'
