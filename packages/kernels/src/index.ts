export * from './sparse.ts'
