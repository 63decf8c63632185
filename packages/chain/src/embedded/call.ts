import type { Block } from '@ethereumjs/block'
import { createTx, type TypedTransaction } from '@ethereumjs/tx'
import { createAddressFromString, createZeroAddress } from '@ethereumjs/util'
import { runTx } from '@ethereumjs/vm'
import type { Address, Hex } from 'viem'
import { bytesToHex, hexToBytes } from './hex.ts'
import { type Ground, openMachine } from './machine.ts'
import { INVALID_INPUT, REVERTED, RpcError } from './rpc-error.ts'
import { TRANSACTION_GAS_LIMIT } from './rules.ts'

/** The fields of a call that count here; absent ones are zero, and `gas` the most that a transaction may use. */
export type CallRequest = {
  readonly from?: Address
  readonly to?: Address | null
  readonly data?: Hex
  readonly input?: Hex
  readonly value?: Hex
  readonly gas?: Hex
}

/** A call's state and the block that it is part of. */
export type Place = { readonly stateRoot: Uint8Array; readonly block: Block }

/**
 * Runs a call and forgets it.
 *
 * @returns What the code returned.
 * @throws {RpcError} 3 with the revert's bytes, -32000 for any other failure.
 */
export async function call(ground: Ground, { stateRoot, block }: Place, request: CallRequest): Promise<Hex> {
  const { vm } = await openMachine(ground, stateRoot)
  const { to, from } = request
  const result = await vm.evm.runCall({
    block,
    caller: from ? createAddressFromString(from) : createZeroAddress(),
    ...(to ? { to: createAddressFromString(to) } : {}),
    data: payload(request),
    value: BigInt(request.value ?? 0),
    gasLimit: BigInt(request.gas ?? TRANSACTION_GAS_LIMIT),
    skipBalance: true,
  })
  const { exceptionError, returnValue } = result.execResult
  if (exceptionError) throw failure(exceptionError.error, returnValue)
  return bytesToHex(returnValue)
}

/**
 * Gas with which the call succeeds: what it spends before refunds plus a margin for the 63/64 rule, tried; the cap where
 * that is not enough.
 *
 * @throws {RpcError} 3 or -32000 if it fails with any gas.
 */
export async function estimateGas(ground: Ground, place: Place, request: CallRequest): Promise<bigint> {
  const most = request.gas ? BigInt(request.gas) : TRANSACTION_GAS_LIMIT
  const spent = await spend(ground, place, request, most)
  const tight = spent + spent / 8n
  if (tight >= most) return most
  try {
    await spend(ground, place, request, tight)
    return tight
  } catch {
    return most
  }
}

async function spend(
  ground: Ground,
  { stateRoot, block }: Place,
  request: CallRequest,
  gasLimit: bigint,
): Promise<bigint> {
  const { vm, state } = await openMachine(ground, stateRoot)
  const from = request.from ? createAddressFromString(request.from) : createZeroAddress()
  const nonce = (await state.getAccount(from))?.nonce ?? 0n
  const transaction: TypedTransaction = createTx(
    {
      type: 2,
      chainId: ground.common.chainId(),
      nonce,
      gasLimit,
      ...(request.to ? { to: createAddressFromString(request.to) } : {}),
      data: payload(request),
      value: BigInt(request.value ?? 0),
      maxFeePerGas: block.header.baseFeePerGas ?? 0n,
    },
    { common: ground.common, freeze: false },
  )
  // A call has no signature: the sender is who the caller says.
  transaction.getSenderAddress = () => from
  const result = await runTx(vm, { tx: transaction, block, skipBalance: true, skipHardForkValidation: true })
  const { exceptionError, returnValue, gasRefund } = result.execResult
  if (exceptionError) throw failure(exceptionError.error, returnValue)
  return result.totalGasSpent + (gasRefund ?? 0n)
}

const payload = ({ input, data }: CallRequest): Uint8Array => hexToBytes(input ?? data ?? '0x')

const failure = (reason: string, returned: Uint8Array): RpcError =>
  reason === 'revert'
    ? new RpcError(REVERTED, 'execution reverted', bytesToHex(returned))
    : new RpcError(INVALID_INPUT, reason)
