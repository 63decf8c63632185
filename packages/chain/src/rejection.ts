/** Failures of a chain in the house's words: `chain.rejected` with the contract's own error, or `chain.unreachable`. */
import { logAnchorAbi, payoutPoolAbi, practiceDollarAbi, sharesAbi } from '@commonhold/contracts'
import { ProtocolError } from '@commonhold/protocol'
import { BaseError, decodeErrorResult, type Hex, HttpRequestError, TimeoutError } from 'viem'
import { RpcError } from './embedded/rpc-error.ts'

const ABI = [...payoutPoolAbi, ...logAnchorAbi, ...sharesAbi, ...practiceDollarAbi]

/**
 * What `error` means for the one who asked for `what` ("post round 3"). A failure that is neither a refusal nor a dead
 * line (a bug, a store that is down) is returned as it came, without the client's wrapping.
 */
export function chainFailure(error: unknown, what: string): unknown {
  if (error instanceof ProtocolError) return error
  const chain = causes(error)
  const own = chain.find((one) => one instanceof ProtocolError)
  if (own) return own
  if (chain.some((one) => one instanceof HttpRequestError || one instanceof TimeoutError)) {
    return new ProtocolError(
      'chain.unreachable',
      `the chain does not answer: could not ${what}`,
      {},
      { cause: error },
    )
  }
  const data = chain.map(revertData).find((one) => one !== undefined)
  if (data !== undefined) return reverted(data, what, error)
  const last = chain.at(-1)
  // Underneath lies neither the node's word nor the client's, but somebody's bug or a store that fails.
  if (last instanceof Error && !(last instanceof BaseError || last instanceof RpcError)) return last
  const refusal = chain.find((one) => one instanceof RpcError || one instanceof BaseError)
  return refusal ? rejected(what, 'refused', reasonOf(refusal), error) : error
}

function reverted(data: Hex, what: string, cause: unknown): ProtocolError {
  if (data === '0x') return rejected(what, 'reverted', 'reverted without a reason', cause)
  try {
    const { errorName, args = [] } = decodeErrorResult({ abi: ABI, data })
    return rejected(what, errorName, `${errorName}(${args.map(String).join(', ')})`, cause)
  } catch {
    return rejected(what, data.slice(0, 10), `reverted with the unknown error ${data.slice(0, 10)}`, cause)
  }
}

const rejected = (what: string, error: string, reason: string, cause: unknown): ProtocolError =>
  new ProtocolError('chain.rejected', `the chain refused to ${what}: ${reason}`, { error }, { cause })

/** The error, its cause, the cause's cause; a loop or an endless chain ends. */
function causes(error: unknown): readonly object[] {
  const found: object[] = []
  let next: unknown = error
  while (typeof next === 'object' && next !== null && !found.includes(next) && found.length < 16) {
    found.push(next)
    next = 'cause' in next ? next.cause : undefined
  }
  return found
}

/** Nodes put a revert's bytes into `data`, some of them one level deeper. viem's own `data` is already decoded. */
function revertData(error: object): Hex | undefined {
  const data: unknown = 'data' in error ? error.data : undefined
  const inner: unknown = typeof data === 'object' && data !== null && 'data' in data ? data.data : data
  return typeof inner === 'string' && /^0x(?:[0-9a-f]{2})*$/i.test(inner) ? (inner as Hex) : undefined
}

const reasonOf = (error: object): string =>
  error instanceof BaseError && error.details
    ? error.details
    : error instanceof Error
      ? error.message
      : 'refused'
