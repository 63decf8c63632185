export { attributionRoot } from './attribution-root.ts'
export { type DensePoints, denseKnnShapley } from './dense-knn-shapley.ts'
export { type CreditSource, type Explanation, explain } from './explain.ts'
export { type KnnOptions, type KnnValues, knnShapley } from './knn-shapley.ts'
export type { Conflict, HoldOutPoint, TrainPoint } from './points.ts'
export {
  movingValues,
  type RoundInput,
  type RoundValues,
  roundValues,
  valueOfRound,
} from './round-values.ts'
export { type Flip, whatChanged } from './what-changed.ts'
