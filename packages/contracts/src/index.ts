// ABI, bytecode and storage slots of the contracts in ../solidity (docs/spec/contracts.md).
export * from './log-anchor.gen.ts'
export * from './payout-pool.gen.ts'
export * from './practice-dollar.gen.ts'
export * from './shares.gen.ts'
