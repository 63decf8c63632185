import { logAnchorAbi, payoutPoolAbi } from '@commonhold/contracts'
import { type Client, erc20Abi, type Hex } from 'viem'
import { getBlockNumber, readContract } from 'viem/actions'
import type { ChainAddresses } from './addresses.ts'
import { CUSTOMER, SPONSOR } from './calls.ts'
import { chainFailure } from './rejection.ts'

/** Money in the token's smallest unit, shares in theirs. */
export type Amounts = { readonly money: bigint; readonly shares: bigint }

export type PendingRound = {
  readonly round: bigint
  readonly payoutRoot: Hex
  readonly promised: Amounts
  /** Seconds since the epoch. */
  readonly activatesAt: bigint
}

export type PoolState = {
  /** The block that everything below is read at. */
  readonly blockNumber: bigint
  /** Everything ever deposited: [sponsors, customers]. */
  readonly deposited: readonly [bigint, bigint]
  readonly totalClaimed: Amounts
  /** 0 before the first activation. */
  readonly activeRound: bigint
  readonly activeRoot: Hex
  readonly activePromised: Amounts
  /** Undefined when no root is pending. */
  readonly pending: PendingRound | undefined
  /** The pool's balance of the token. */
  readonly balance: bigint
}

export type AnchorState = { readonly size: bigint; readonly logRoot: Hex; readonly blockNumber: bigint }

export type At = { readonly blockNumber?: bigint }

/** @throws {ProtocolError} `chain.unreachable`, or `chain.rejected` if no pool is there. */
export function readPool(
  client: Client,
  addresses: Pick<ChainAddresses, 'pool' | 'token'>,
  at: At = {},
): Promise<PoolState> {
  return reading('read the pool', async () => {
    // One block for all of it, or the parts would not add up.
    const blockNumber = at.blockNumber ?? (await getBlockNumber(client, { cacheTime: 0 }))
    const pool = { address: addresses.pool, abi: payoutPoolAbi, blockNumber } as const
    const [sponsor, customer, claimed, activeRound, activeRoot, promised, pending, balance] =
      await Promise.all([
        readContract(client, { ...pool, functionName: 'deposited', args: [SPONSOR] }),
        readContract(client, { ...pool, functionName: 'deposited', args: [CUSTOMER] }),
        readContract(client, { ...pool, functionName: 'totalClaimed' }),
        readContract(client, { ...pool, functionName: 'activeRound' }),
        readContract(client, { ...pool, functionName: 'activeRoot' }),
        readContract(client, { ...pool, functionName: 'activePromised' }),
        readContract(client, { ...pool, functionName: 'pending' }),
        readContract(client, {
          address: addresses.token,
          abi: erc20Abi,
          functionName: 'balanceOf',
          args: [addresses.pool],
          blockNumber,
        }),
      ])
    return {
      blockNumber,
      deposited: [sponsor, customer],
      totalClaimed: amounts(claimed),
      activeRound,
      activeRoot,
      activePromised: amounts(promised),
      pending: pendingRound(pending),
      balance,
    }
  })
}

/** What a member has been paid so far. @throws as {@link readPool}. */
export function readClaimed(
  client: Client,
  addresses: Pick<ChainAddresses, 'pool'>,
  memberId: Hex,
  at: At = {},
): Promise<Amounts> {
  return reading('read what a member was paid', async () =>
    amounts(
      await readContract(client, {
        address: addresses.pool,
        abi: payoutPoolAbi,
        functionName: 'claimed',
        args: [memberId],
        ...at,
      }),
    ),
  )
}

/** The latest anchored checkpoint; size 0 before the first. @throws as {@link readPool}. */
export function readAnchor(
  client: Client,
  addresses: Pick<ChainAddresses, 'anchor'>,
  at: At = {},
): Promise<AnchorState> {
  return reading('read the anchor', async () => {
    const [size, logRoot, blockNumber] = await readContract(client, {
      address: addresses.anchor,
      abi: logAnchorAbi,
      functionName: 'latest',
      ...at,
    })
    return { size, logRoot, blockNumber }
  })
}

async function reading<T>(what: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    throw chainFailure(error, what)
  }
}

const amounts = ([money, shares]: readonly [bigint, bigint]): Amounts => ({ money, shares })

const pendingRound = ([round, payoutRoot, money, shares, activatesAt]: readonly [
  bigint,
  Hex,
  bigint,
  bigint,
  bigint,
]): PendingRound | undefined =>
  round === 0n ? undefined : { round, payoutRoot, promised: { money, shares }, activatesAt }
