export { MAX_CELL_BYTES, readColumns } from './columns.ts'
export { filledCell, type LabelledRow, readExamples, textCell } from './examples.ts'
export { malformed, problemAt, shown } from './problem.ts'
export { csvLine } from './write-csv.ts'
