// A chain in memory with the rules that contracts meet in earnest (Osaka, whole transactions, gas): no block production.
import assert from 'node:assert/strict'
import { logAnchorAbi, payoutPoolAbi, practiceDollarAbi, sharesAbi } from '@commonhold/contracts'
import { type Block, createBlock } from '@ethereumjs/block'
import { createCustomCommon, Hardfork, Mainnet } from '@ethereumjs/common'
import { SimpleStateManager } from '@ethereumjs/statemanager'
import { createLegacyTx } from '@ethereumjs/tx'
import { Account, Address, hexToBytes } from '@ethereumjs/util'
import { createVM, runTx, type VM } from '@ethereumjs/vm'
import {
  type Abi,
  bytesToHex,
  type ContractConstructorArgs,
  type ContractFunctionArgs,
  type ContractFunctionName,
  type ContractFunctionReturnType,
  decodeErrorResult,
  decodeEventLog,
  decodeFunctionResult,
  type EncodeDeployDataParameters,
  type EncodeFunctionDataParameters,
  encodeDeployData,
  encodeFunctionData,
  type Hex,
  numberToHex,
} from 'viem'

/** A tenth below EIP-7825's cap of 2^24 for one transaction. */
const GAS_LIMIT = 15_000_000n
const ALL_ABIS: Abi = [...payoutPoolAbi, ...sharesAbi, ...practiceDollarAbi, ...logAnchorAbi]

export type Log = { readonly name: string; readonly args: Readonly<Record<string, unknown>> }
export type Sent = { readonly gas: bigint; readonly output: Hex; readonly logs: readonly Log[] }

/** A transaction that reverted; `errorName` is the custom error's, or `Panic`, `Error`. */
export class Reverted extends Error {
  readonly errorName: string
  readonly args: readonly unknown[]

  constructor(errorName: string, args: readonly unknown[]) {
    super(`${errorName}(${args.join(', ')})`)
    this.errorName = errorName
    this.args = args
  }
}

export class Chain {
  readonly chainId: number
  time = 1_800_000_000n
  number = 1n
  readonly #vm: VM
  readonly #nonces = new Map<Hex, bigint>()
  #latest: Block

  private constructor(vm: VM, chainId: number) {
    this.#vm = vm
    this.chainId = chainId
    this.#latest = this.#newBlock()
  }

  static async start(chainId = 31_337): Promise<Chain> {
    const common = createCustomCommon({ chainId }, Mainnet, { hardfork: Hardfork.Osaka })
    // Maps in place of a trie: nothing here needs a state root.
    return new Chain(await createVM({ common, stateManager: new SimpleStateManager({ common }) }), chainId)
  }

  /** Runs `work` and undoes what it did to state and clock. */
  async scratch<T>(work: () => Promise<T>): Promise<T> {
    const { time, number } = this
    const nonces = new Map(this.#nonces)
    await this.#vm.stateManager.checkpoint()
    try {
      return await work()
    } finally {
      await this.#vm.stateManager.revert()
      this.#nonces.clear()
      for (const [from, nonce] of nonces) this.#nonces.set(from, nonce)
      this.time = time
      this.number = number
    }
  }

  warp(seconds: bigint): void {
    this.time += seconds
    this.number += 1n
  }

  /** @throws {Reverted} */
  async transact(from: Hex, to: Hex | undefined, data: Hex): Promise<Sent & { readonly created: Hex }> {
    const sender = new Address(hexToBytes(from))
    const nonce = this.#nonces.get(from) ?? 0n
    const tx = createLegacyTx(
      { nonce, gasPrice: 0n, gasLimit: GAS_LIMIT, data, ...(to ? { to } : {}) },
      { common: this.#vm.common, freeze: false },
    )
    // Anybody can be the sender; contracts do not see signatures.
    tx.getSenderAddress = () => sender
    const block = this.#block()
    const result = await runTx(this.#vm, { tx, block, skipBalance: true, skipNonce: true })
    this.#nonces.set(from, nonce + 1n)
    const { exceptionError, returnValue, logs } = result.execResult
    const output = bytesToHex(returnValue)
    if (exceptionError) throw reverted(output, exceptionError.error)
    return {
      gas: result.totalGasSpent,
      output,
      logs: (logs ?? []).map(([, topics, bytes]) => log(topics, bytes)),
      created: result.createdAddress ? bytesToHex(result.createdAddress.bytes) : '0x',
    }
  }

  async call(to: Hex, data: Hex): Promise<Hex> {
    const { evm, stateManager } = this.#vm
    const { execResult } = await evm.runCall({
      to: new Address(hexToBytes(to)),
      data: hexToBytes(data),
      block: this.#block(),
      isStatic: true,
      skipNonceIncrement: true,
      gasLimit: GAS_LIMIT,
    })
    evm.journal.cleanJournal()
    stateManager.originalStorageCache.clear()
    const output = bytesToHex(execResult.returnValue)
    if (execResult.exceptionError) throw reverted(output, execResult.exceptionError.error)
    return output
  }

  async storage(address: Hex, slot: Hex): Promise<bigint> {
    const value = await this.#vm.stateManager.getStorage(new Address(hexToBytes(address)), hexToBytes(slot))
    return value.length === 0 ? 0n : BigInt(bytesToHex(value))
  }

  /** Puts code and words of storage at an address of choice, as no transaction can. */
  async plant(address: Hex, code: Hex, words: Readonly<Record<Hex, bigint>>): Promise<void> {
    const { stateManager } = this.#vm
    const at = new Address(hexToBytes(address))
    await stateManager.putAccount(at, new Account())
    await stateManager.putCode(at, hexToBytes(code))
    for (const [slot, word] of Object.entries(words)) {
      await stateManager.putStorage(at, hexToBytes(slot as Hex), hexToBytes(numberToHex(word, { size: 32 })))
    }
  }

  async deploy<const A extends Abi>(
    abi: A,
    bytecode: Hex,
    args: ContractConstructorArgs<A>,
    from: Hex = DEPLOYER,
  ): Promise<Contract<A>> {
    const data = encodeDeployData({ abi, bytecode, args } as unknown as EncodeDeployDataParameters)
    const { created, gas } = await this.transact(from, undefined, data)
    return new Contract(this, abi, created, gas)
  }

  #block(): Block {
    const { number, timestamp } = this.#latest.header
    if (number !== this.number || timestamp !== this.time) this.#latest = this.#newBlock()
    return this.#latest
  }

  #newBlock(): Block {
    return createBlock(
      { header: { number: this.number, timestamp: this.time, baseFeePerGas: 0n, gasLimit: 60_000_000n } },
      { common: this.#vm.common, skipConsensusFormatValidation: true },
    )
  }
}

export class Contract<const A extends Abi> {
  readonly chain: Chain
  readonly abi: A
  readonly address: Hex
  readonly deployGas: bigint

  constructor(chain: Chain, abi: A, address: Hex, deployGas = 0n) {
    this.chain = chain
    this.abi = abi
    this.address = address
    this.deployGas = deployGas
  }

  encode<N extends ContractFunctionName<A>>(
    name: N,
    args: ContractFunctionArgs<A, never, N> | Args<A, N>,
  ): Hex {
    return encodeFunctionData({
      abi: this.abi,
      functionName: name,
      args,
    } as unknown as EncodeFunctionDataParameters)
  }

  /** @throws {Reverted} */
  send<N extends ContractFunctionName<A, 'nonpayable'>>(from: Hex, name: N, args: Args<A, N>): Promise<Sent> {
    return this.chain.transact(from, this.address, this.encode(name, args))
  }

  async read<N extends ContractFunctionName<A, 'view' | 'pure'>>(
    name: N,
    args: ContractFunctionArgs<A, 'view' | 'pure', N>,
  ): Promise<ContractFunctionReturnType<A, 'view' | 'pure', N>> {
    const data = await this.chain.call(this.address, this.encode(name, args as Args<A, N>))
    // The generic ABI is known to the caller only; viem checks the data against it.
    const result: unknown = decodeFunctionResult({ abi: this.abi as Abi, functionName: name as string, data })
    return result as ContractFunctionReturnType<A, 'view' | 'pure', N>
  }

  /** Fails unless the transaction reverts with `errorName` and, where given, with `errorArgs`. */
  async refuses<N extends ContractFunctionName<A, 'nonpayable'>>(
    errorName: string,
    from: Hex,
    name: N,
    args: Args<A, N>,
    errorArgs?: readonly unknown[],
  ): Promise<void> {
    await assert.rejects(
      () => this.send(from, name, args),
      (error: unknown) => {
        if (!(error instanceof Reverted)) throw error
        assert.equal(error.errorName, errorName)
        if (errorArgs) assert.deepEqual(error.args, errorArgs)
        return true
      },
    )
  }
}

type Args<A extends Abi, N extends ContractFunctionName<A>> = ContractFunctionArgs<
  A,
  'nonpayable' | 'view' | 'pure',
  N & ContractFunctionName<A, 'nonpayable' | 'view' | 'pure'>
>

/** Addresses that stand for people; the last byte tells them apart. */
export const person = (number: number): Hex => `0x${(0xa11ce000 + number).toString(16).padStart(40, '0')}`
export const DEPLOYER = person(0xfff)

function reverted(output: Hex, halt: string): Reverted {
  if (output === '0x') return new Reverted(halt, [])
  const { errorName, args } = decodeErrorResult({ abi: ALL_ABIS, data: output })
  return new Reverted(errorName, args ?? [])
}

function log(topics: readonly Uint8Array[], bytes: Uint8Array): Log {
  const event = decodeEventLog({
    abi: ALL_ABIS,
    topics: topics.map((topic) => bytesToHex(topic)) as [Hex, ...Hex[]],
    data: bytesToHex(bytes),
  })
  return { name: event.eventName ?? '', args: event.args as unknown as Readonly<Record<string, unknown>> }
}
