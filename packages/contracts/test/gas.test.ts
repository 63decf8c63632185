// Gas of whole transactions under Osaka rules. The ceilings keep docs/spec/contracts.md honest; gas is deterministic
// but for zero bytes in keys and signatures.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { logAnchorAbi, logAnchorBytecode } from '@commonhold/contracts'
import type { Sent } from './support/evm.ts'
import { checkpointText, generateLogKey, NaiveLog } from './support/naive-log.ts'
import type { Tree } from './support/naive-payout-tree.ts'
import {
  ACTIVATION_DELAY,
  deployPool,
  PUBLISHER,
  postTree,
  RELAYER,
  rowsOf,
  SPONSOR,
  totals,
} from './support/pool-fixture.ts'

const MEMBERS = 100
const fixture = await deployPool()
const { chain, pool } = fixture

function measure(context: TestContext, name: string, gas: bigint, ceiling: bigint): void {
  context.diagnostic(`${name}: ${gas} gas`)
  assert.ok(gas <= ceiling, `${name}: ${gas} gas, more than ${ceiling}`)
}

const even = (money: bigint, shares: bigint): Tree =>
  fixture.tree(rowsOf(Array.from({ length: MEMBERS }, () => [money, shares] as const)))

async function activated(tree: Tree): Promise<Sent> {
  chain.warp(ACTIVATION_DELAY)
  await postTree(pool, tree)
  chain.warp(ACTIVATION_DELAY)
  return pool.send(RELAYER, 'activate', [])
}

const claim = (tree: Tree, index: number): Promise<Sent> => {
  const row = tree.claims[index]
  assert.ok(row)
  return pool.send(RELAYER, 'claim', [row.claim, row.proof])
}
const batch = (tree: Tree): Promise<Sent> =>
  pool.send(RELAYER, 'claimBatch', [
    tree.claims.map(({ claim }) => claim),
    tree.claims.map(({ proof }) => proof),
  ])

test('the pool stays within its gas', async (context) => {
  measure(context, 'deploy pool', pool.deployGas, 2_100_000n)
  measure(context, 'deploy shares', fixture.shares.deployGas, 1_900_000n)
  const deposit = await pool.send(SPONSOR, 'deposit', [0, 100_000n])
  measure(context, 'deposit, first', deposit.gas, 82_000n)

  const first = even(100n, 0n)
  chain.warp(1n)
  const { money, shares } = totals(first)
  const post = await pool.send(PUBLISHER, 'post', [1n, first.root, money, shares])
  measure(context, 'post', post.gas, 111_000n)
  chain.warp(ACTIVATION_DELAY)
  measure(context, 'activate, first', (await pool.send(RELAYER, 'activate', [])).gas, 94_000n)
  measure(context, 'claim of money, first of all', (await claim(first, 0)).gas, 116_000n)
  measure(context, 'claim of money, first of a member', (await claim(first, 1)).gas, 99_000n)

  const second = even(200n, 0n)
  measure(context, 'activate, later', (await activated(second)).gas, 46_000n)
  measure(context, 'claim of money, repeated', (await claim(second, 0)).gas, 65_000n)
  measure(context, 'batch of 100 claims of money, 98 first', (await batch(second)).gas, 6_050_000n)

  const third = even(300n, 0n)
  await activated(third)
  measure(context, 'batch of 100 claims of money, repeated', (await batch(third)).gas, 2_700_000n)

  const fourth = even(400n, 10n)
  await activated(fourth)
  measure(context, 'claim of money and first shares', (await claim(fourth, 0)).gas, 214_000n)
  await batch(fourth)
  const fifth = even(500n, 20n)
  await activated(fifth)
  measure(context, 'claim of money and shares, repeated', (await claim(fifth, 0)).gas, 150_000n)
  measure(context, 'batch of 99 claims of money and shares, repeated', (await batch(fifth)).gas, 7_300_000n)
})

test('the anchor stays within its gas', async (context) => {
  const origin = 'commonhold.example/log'
  const key = generateLogKey()
  const log = new NaiveLog()
  const anchor = await chain.deploy(logAnchorAbi, logAnchorBytecode, [origin, key.qx, key.qy])
  measure(context, 'deploy anchor', anchor.deployGas, 1_050_000n)
  const extend = async (from: number, to: number): Promise<bigint> => {
    const { r, s } = key.sign(checkpointText(origin, to, log.root(to)))
    const proof = from === 0 ? [] : log.consistency(from, to)
    context.diagnostic(`proof of ${proof.length} nodes`)
    return (await anchor.send(RELAYER, 'anchor', [BigInt(to), log.root(to), proof, r, s])).gas
  }
  measure(context, 'anchor, first', await extend(0, 1_000), 84_000n)
  measure(context, 'anchor 1,000 to 1,024', await extend(1_000, 1_024), 60_000n)
  measure(context, 'anchor 1,024 to 1,500', await extend(1_024, 1_500), 52_000n)
  measure(context, 'anchor 1,500 to 18,204', await extend(1_500, 18_204), 67_000n)
})
