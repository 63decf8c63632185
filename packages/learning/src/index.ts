export { foldCodePoint, words } from './fold.ts'
export { TERM_BUCKETS, type TermCounts, termCounts } from './terms.ts'
export { fitValuation, log2Q16, type Valuation, valuationVectors } from './valuation.ts'
