/**
 * The rules of the embedded chain: Ethereum's at Osaka (P-256 precompile, transaction gas cap of 2^24), with everything
 * that a miner may choose fixed, so that the same transactions at the same times give the same block hashes anywhere.
 * Two departures: a block is made by each transaction and by nothing else, and its time may equal its parent's (many
 * transactions may come in one second). System contracts (beacon roots, block hashes, withdrawals) are not deployed.
 */

import { utf8 } from '@commonhold/protocol'
import { paramsBlock } from '@ethereumjs/block'
import { type Common, createCustomCommon, Hardfork, Mainnet } from '@ethereumjs/common'
import { paramsEVM } from '@ethereumjs/evm'
import { paramsTx } from '@ethereumjs/tx'
import { paramsVM } from '@ethereumjs/vm'
import type { Hex } from 'viem'
import { bytesToHex } from './hex.ts'

export const BLOCK_GAS_LIMIT = 60_000_000n
/** EIP-7825. */
export const TRANSACTION_GAS_LIMIT = 16_777_216n
/** EIP-1559's own floor: no block here exceeds half of the gas limit, so the standard rule never raises it. */
export const GENESIS_BASE_FEE = 7n
export const COINBASE: Hex = '0x0000000000000000000000000000000000000000'

/** Puts the chain id, which no header field carries, into every block hash; at most 32 bytes. */
export const extraData = (chainId: number): Hex => bytesToHex(utf8(`commonhold/${chainId}`))

/**
 * ethereumjs merges the same constants anew for every header, transaction and EVM that it makes: a quarter of a block's
 * time. Here they are merged once, and later calls find nothing to do.
 */
export function commonFor(chainId: number): Common {
  const common = createCustomCommon({ chainId, name: 'commonhold' }, Mainnet, { hardfork: Hardfork.Osaka })
  for (const params of [paramsBlock, paramsTx, paramsEVM, paramsVM]) common.updateParams(params)
  common.updateParams = () => undefined
  return common
}
