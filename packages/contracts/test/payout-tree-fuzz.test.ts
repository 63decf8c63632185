import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Hex, numberToHex } from 'viem'
import { person } from './support/evm.ts'
import { runs } from './support/fuzz.ts'
import type { Row } from './support/naive-payout-tree.ts'
import {
  activateTree,
  deployPool,
  memberId,
  RELAYER,
  rowsOf,
  SPONSOR,
  totals,
} from './support/pool-fixture.ts'

const fixture = await deployPool(undefined, 2n ** 127n)
const { chain, pool, token, shares, tree } = fixture

const value = fc.oneof(
  fc.bigInt({ min: 0n, max: 3n }),
  fc.bigInt({ min: 0n, max: 2n ** 64n }),
  fc.bigInt({ min: 0n, max: 2n ** 120n }),
)
const row = fc.record({ id: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), money: value, shares: value })
const rows = fc
  .uniqueArray(row, { minLength: 1, maxLength: 40, selector: ({ id }) => id })
  .map((all): readonly Row[] =>
    all.map(({ id, money, shares }, i) => ({
      memberId: numberToHex(id, { size: 32 }),
      payTo: person(i),
      money,
      shares,
    })),
  )

const paidTo = async (who: Hex): Promise<readonly bigint[]> => [
  await token.read('balanceOf', [who]),
  await shares.read('balanceOf', [who]),
]

test('every row of any tree is paid exactly once, to the last unit', () =>
  fc.assert(
    fc.asyncProperty(rows, fc.nat(39), (all, picked) =>
      chain.scratch(async () => {
        const made = tree(all)
        const sum = totals(made)
        if (sum.money > 0n) await pool.send(SPONSOR, 'deposit', [0, sum.money])
        await activateTree(fixture, made)
        const one = made.claims[picked % all.length]
        assert.ok(one)
        // One row alone, then the batch with that row in it.
        const nothing = one.claim.money === 0n && one.claim.shares === 0n
        if (nothing) await pool.refuses('NothingToClaim', RELAYER, 'claim', [one.claim, one.proof])
        else await pool.send(RELAYER, 'claim', [one.claim, one.proof])
        assert.deepEqual(await paidTo(one.claim.payTo), [one.claim.money, one.claim.shares])
        await pool.send(RELAYER, 'claimBatch', [
          made.claims.map(({ claim }) => claim),
          made.claims.map(({ proof }) => proof),
        ])
        for (const { claim } of made.claims) {
          assert.deepEqual(await paidTo(claim.payTo), [claim.money, claim.shares])
          assert.deepEqual(await pool.read('claimed', [claim.memberId]), [claim.money, claim.shares])
        }
        assert.deepEqual(await pool.read('totalClaimed', []), [sum.money, sum.shares])
        assert.equal(await token.read('balanceOf', [pool.address]), 0n)
      }),
    ),
    { numRuns: runs(12) },
  ))

test('first and last row of trees of every size up to 33 are paid', async () => {
  await pool.send(SPONSOR, 'deposit', [0, 1_000n])
  for (let size = 1; size <= 33; size++) {
    await chain.scratch(async () => {
      const made = tree(rowsOf(Array.from({ length: size }, () => [1n, 0n] as const)))
      await activateTree(fixture, made)
      for (const index of new Set([0, size - 1])) {
        const proven = made.claims[index]
        assert.ok(proven)
        await pool.send(RELAYER, 'claim', [proven.claim, proven.proof])
        assert.deepEqual(await pool.read('claimed', [memberId(index + 1)]), [1n, 0n])
      }
    })
  }
})
