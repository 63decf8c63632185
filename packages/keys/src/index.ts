export * from './key-ring.ts'
export * from './node-verifier.ts'
export * from './signer.ts'
export * from './web-verifier.ts'
