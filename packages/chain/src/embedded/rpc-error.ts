/** JSON-RPC error codes in use (EIP-1474, and 3 as every node answers a revert). */
export const REVERTED = 3
export const INVALID_INPUT = -32_000
export const INVALID_PARAMS = -32_602
export const METHOD_NOT_FOUND = -32_601

/** An answer of the node in JSON-RPC's words: `code`, and for a revert its bytes in `data`. Clients decode it. */
export class RpcError extends Error {
  override readonly name = 'RpcError'
  readonly code: number
  readonly data: string | undefined

  constructor(code: number, message: string, data?: string) {
    super(message)
    this.code = code
    this.data = data
  }
}
