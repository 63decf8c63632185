import { type Client, createClient, custom, type Hash, type Hex, http } from 'viem'
import { getChainId, sendRawTransaction } from 'viem/actions'
import type { EmbeddedChain } from './embedded/chain.ts'

export type ChainTarget =
  | { readonly kind: 'embedded'; readonly chain: EmbeddedChain }
  | { readonly kind: 'rpc'; readonly url: string }

/** A chain to read and to write: the rest of this package knows no more of it than this. */
export type ChainConnection = {
  readonly kind: ChainTarget['kind']
  readonly client: Client
  chainId(): Promise<number>
  /**
   * Broadcasts a signed transaction. On the embedded chain it is in a block when this resolves, and `outboxDone` rows
   * are completed in that block's commit; elsewhere `outboxDone` says nothing and the receipt must be awaited.
   */
  send(raw: Hex, outboxDone: readonly string[]): Promise<Hash>
}

const TIMEOUT_MS = 20_000

/** Does not reach out by itself: a wrong URL shows with the first request. */
export function connectChain(target: ChainTarget): ChainConnection {
  switch (target.kind) {
    case 'embedded': {
      const { chain } = target
      return {
        kind: 'embedded',
        // In the process a failure is an answer, not a broken line: nothing is gained by asking again.
        client: createClient({ transport: custom(chain, { retryCount: 0 }) }),
        chainId: () => Promise.resolve(chain.chainId),
        send: (raw, outboxDone) => chain.submit(raw, outboxDone),
      }
    }
    case 'rpc': {
      const client = createClient({ transport: http(target.url, { timeout: TIMEOUT_MS, retryCount: 2 }) })
      return {
        kind: 'rpc',
        client,
        chainId: () => getChainId(client),
        send: (raw) => sendRawTransaction(client, { serializedTransaction: raw }),
      }
    }
  }
}
