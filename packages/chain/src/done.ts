import { logAnchorAbi, payoutPoolAbi } from '@commonhold/contracts'
import type { Client } from 'viem'
import { getLogs } from 'viem/actions'
import { decodeFunctionData, getAbiItem, isAddressEqual } from 'viem/utils'
import type { ChainAddresses } from './addresses.ts'
import { activatedRound, type OutboxCall, type PayoutClaim } from './calls.ts'
import { readAnchor, readClaimed, readPool } from './read.ts'

/**
 * Whether the chain already has what the call is for, so that nothing need be sent: the same root posted, the amounts
 * paid, the round active, the log anchored at this size or beyond. False for what has no trace of its own (a deposit, an
 * approval): there the stored raw transaction prevents a second one.
 */
export async function isCallDone(
  client: Client,
  addresses: ChainAddresses,
  call: OutboxCall,
): Promise<boolean> {
  if (isAddressEqual(call.to, addresses.pool)) return isPoolCallDone(client, addresses, call)
  if (isAddressEqual(call.to, addresses.anchor)) return isAnchored(client, addresses, call)
  return false
}

async function isPoolCallDone(
  client: Client,
  addresses: ChainAddresses,
  { data }: OutboxCall,
): Promise<boolean> {
  const decoded = decodeFunctionData({ abi: payoutPoolAbi, data })
  switch (decoded.functionName) {
    case 'post': {
      const [round, payoutRoot] = decoded.args
      const pool = await readPool(client, addresses)
      if (pool.activeRound > round) return wasActivated(client, addresses, round, payoutRoot)
      return pool.activeRound === round
        ? pool.activeRoot === payoutRoot
        : pool.pending?.round === round && pool.pending.payoutRoot === payoutRoot
    }
    case 'activate': {
      const round = activatedRound(data)
      return round !== undefined && (await readPool(client, addresses)).activeRound >= round
    }
    case 'claim':
      return isPaid(client, addresses, decoded.args[0])
    case 'claimBatch': {
      for (const claim of decoded.args[0]) if (!(await isPaid(client, addresses, claim))) return false
      return true
    }
    default:
      return false
  }
}

async function isPaid(client: Client, addresses: ChainAddresses, claim: PayoutClaim): Promise<boolean> {
  const paid = await readClaimed(client, addresses, claim.memberId)
  return paid.money >= claim.money && paid.shares >= claim.shares
}

/** The contract keeps only the active root; its events keep the earlier ones. */
async function wasActivated(
  client: Client,
  { pool }: ChainAddresses,
  round: bigint,
  payoutRoot: `0x${string}`,
): Promise<boolean> {
  const found = await getLogs(client, {
    address: pool,
    event: getAbiItem({ abi: payoutPoolAbi, name: 'Activated' }),
    args: { round, payoutRoot },
    fromBlock: 0n,
  })
  return found.length > 0
}

async function isAnchored(client: Client, addresses: ChainAddresses, { data }: OutboxCall): Promise<boolean> {
  const decoded = decodeFunctionData({ abi: logAnchorAbi, data })
  if (decoded.functionName !== 'anchor') return false
  const [size, logRoot] = decoded.args
  const latest = await readAnchor(client, addresses)
  // Another root at the same size is a fork: let the contract say so.
  return latest.size > size || (latest.size === size && latest.logRoot === logRoot)
}
