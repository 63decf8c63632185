export * from './sha256.ts'
export * from './sparse.ts'
