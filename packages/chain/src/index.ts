export type { ChainAddresses } from './addresses.ts'
export * from './block-store.ts'
export * from './calls.ts'
export {
  type AccountProof,
  type ChainProof,
  type ChainProofOptions,
  exportChainProof,
  headerRlp,
  type ProofNodes,
} from './chain-proof.ts'
export * from './connect.ts'
export { type DeployOptions, deployContracts } from './deploy.ts'
export { isCallDone } from './done.ts'
export type { GenesisAlloc } from './embedded/blocks.ts'
export {
  type EmbeddedChain,
  type EmbeddedChainOptions,
  type Head,
  openEmbeddedChain,
} from './embedded/chain.ts'
export type { RpcRequest } from './embedded/rpc.ts'
export { RpcError } from './embedded/rpc-error.ts'
export * from './outbox.ts'
export * from './read.ts'
