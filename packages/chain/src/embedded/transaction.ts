import type { Common } from '@ethereumjs/common'
import { Capability, createTxFromRLP, type TypedTransaction } from '@ethereumjs/tx'
import type { Account } from '@ethereumjs/util'
import { hexToBytes } from './hex.ts'
import { INVALID_INPUT, RpcError } from './rpc-error.ts'
import { TRANSACTION_GAS_LIMIT } from './rules.ts'

const BLOB_TYPE = 3

/** @throws {RpcError} -32000 unless `raw` is a well-formed transaction, signed for this chain. */
export function decodeTransaction(raw: string, common: Common): TypedTransaction {
  let transaction: TypedTransaction
  try {
    transaction = createTxFromRLP(hexToBytes(raw), { common })
  } catch (error) {
    throw rejected(`the bytes are no transaction of this chain: ${messageOf(error)}`)
  }
  if (transaction.type === BLOB_TYPE) throw rejected('transaction type not valid: blobs are not kept here')
  if (transaction.type === 0 && !transaction.supports(Capability.EIP155ReplayProtection)) {
    throw rejected('only replay-protected (EIP-155) transactions allowed')
  }
  if (!transaction.isSigned() || !transaction.verifySignature()) throw rejected('invalid signature')
  return transaction
}

/**
 * What a block must not contain, in the words of other nodes, which clients match. There is no pool: the nonce must be
 * the next one.
 *
 * @throws {RpcError} -32000
 */
export function assertMineable(
  transaction: TypedTransaction,
  sender: Account | undefined,
  baseFee: bigint,
): void {
  const nonce = sender?.nonce ?? 0n
  if (transaction.nonce < nonce) {
    throw rejected(`nonce too low: next nonce ${nonce}, tx nonce ${transaction.nonce}`)
  }
  if (transaction.nonce > nonce) {
    throw rejected(`nonce too high: next nonce ${nonce}, tx nonce ${transaction.nonce}`)
  }
  if (transaction.gasLimit > TRANSACTION_GAS_LIMIT) {
    throw rejected(`gas limit reached: a transaction may use ${TRANSACTION_GAS_LIMIT}`)
  }
  if (transaction.gasLimit < transaction.getIntrinsicGas()) throw rejected('intrinsic gas too low')
  const highestPrice = 'maxFeePerGas' in transaction ? transaction.maxFeePerGas : transaction.gasPrice
  if (highestPrice < baseFee) throw rejected(`max fee per gas less than block base fee: ${baseFee}`)
  const cost = transaction.gasLimit * highestPrice + transaction.value
  if ((sender?.balance ?? 0n) < cost) {
    throw rejected(`insufficient funds for gas * price + value: have ${sender?.balance ?? 0n} want ${cost}`)
  }
  const [problem] = transaction.getValidationErrors()
  if (problem !== undefined) throw rejected(problem)
}

const rejected = (message: string): RpcError => new RpcError(INVALID_INPUT, message)
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
