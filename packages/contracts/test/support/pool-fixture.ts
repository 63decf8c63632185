// A pool with its token and shares, deployed as the chain client does it: shares first, for the pool's future address.
import {
  payoutPoolAbi,
  payoutPoolBytecode,
  practiceDollarAbi,
  practiceDollarBytecode,
  sharesAbi,
  sharesBytecode,
} from '@commonhold/contracts'
import { getContractAddress, type Hex, keccak256, toHex } from 'viem'
import { Chain, type Contract, DEPLOYER, person } from './evm.ts'
import { buildTree, type Row, type Tree } from './naive-payout-tree.ts'

export const PUBLISHER = person(0xf01)
export const GUARDIAN = person(0xf02)
export const TREASURY = person(0xf03)
export const SPONSOR = person(0xf04)
export const RELAYER = person(0xf05)
export const ACTIVATION_DELAY = 3_600n
export const SWEEP_DELAY = 86_400n

export type Pool = Contract<typeof payoutPoolAbi>
export type Shares = Contract<typeof sharesAbi>
export type Token = Contract<typeof practiceDollarAbi>
export type Fixture = {
  readonly chain: Chain
  readonly token: Token
  readonly shares: Shares
  readonly pool: Pool
  readonly tree: (rows: readonly Row[]) => Tree
}

export async function deployPool(chainId?: number, sponsorMoney = 1_000_000n): Promise<Fixture> {
  const chain = await Chain.start(chainId)
  const token = await chain.deploy(practiceDollarAbi, practiceDollarBytecode, [
    DEPLOYER,
    BigInt(chain.chainId),
  ])
  const { pool, shares } = await deployPoolFor(chain, token.address)
  await token.send(DEPLOYER, 'mint', [SPONSOR, sponsorMoney])
  await token.send(SPONSOR, 'approve', [pool.address, 2n ** 256n - 1n])
  const place = { chainId: chain.chainId, pool: pool.address, token: token.address }
  return { chain, token, shares, pool, tree: (rows) => buildTree(rows, place) }
}

export async function deployPoolFor(
  chain: Chain,
  token: Hex,
): Promise<{ readonly pool: Pool; readonly shares: Shares }> {
  // A fresh deployer per pool, whose nonces are therefore known.
  const deployer = person(0xd000 + Number(BigInt(keccak256(token)) % 4096n))
  const future = getContractAddress({ from: deployer, nonce: 1n })
  const shares = await chain.deploy(sharesAbi, sharesBytecode, ['Shares of a test', 'SHT', future], deployer)
  const pool = await chain.deploy(
    payoutPoolAbi,
    payoutPoolBytecode,
    [token, shares.address, PUBLISHER, GUARDIAN, TREASURY, ACTIVATION_DELAY, SWEEP_DELAY],
    deployer,
  )
  return { pool, shares }
}

/** Posts `tree` as the next round, promising what its rows add up to, and activates it. */
export async function activateTree({ chain, pool }: Fixture, tree: Tree): Promise<void> {
  await postTree(pool, tree)
  chain.warp(ACTIVATION_DELAY)
  await pool.send(RELAYER, 'activate', [])
}

export async function postTree(pool: Pool, tree: Tree): Promise<void> {
  const { money, shares } = totals(tree)
  await pool.send(PUBLISHER, 'post', [(await pool.read('activeRound', [])) + 1n, tree.root, money, shares])
}

export function totals(tree: Tree): { readonly money: bigint; readonly shares: bigint } {
  let [money, shares] = [0n, 0n]
  for (const { claim } of tree.claims) {
    money += claim.money
    shares += claim.shares
  }
  return { money, shares }
}

export const memberId = (number: number): Hex => keccak256(toHex(`member ${number}`))

/** Rows of the members 1..n with the given lifetime amounts. */
export const rowsOf = (amounts: readonly (readonly [money: bigint, shares: bigint])[]): readonly Row[] =>
  amounts.map(([money, shares], i) => ({ memberId: memberId(i + 1), payTo: person(i + 1), money, shares }))
