export * from './block-store.ts'
export type { GenesisAlloc } from './embedded/blocks.ts'
export {
  type EmbeddedChain,
  type EmbeddedChainOptions,
  type Head,
  openEmbeddedChain,
} from './embedded/chain.ts'
export type { RpcRequest } from './embedded/rpc.ts'
export { RpcError } from './embedded/rpc-error.ts'
