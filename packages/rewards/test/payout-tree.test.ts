import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { memberId, ProtocolError } from '@commonhold/protocol'
import {
  buildPayoutTree,
  type Hex32,
  type PayoutContext,
  type PayoutRow,
  verifyPayoutProof,
} from '../src/index.ts'
import { COUNTS, type PayoutVector, payoutVector } from '../tools/payout-vectors.ts'

const folder = fileURLToPath(new URL('../../../vectors/payouts/', import.meta.url))
const read = (count: number): PayoutVector =>
  JSON.parse(readFileSync(`${folder}tree-of-${count}.json`, 'utf8')) as PayoutVector

const contextOf = ({ chainId, pool, token }: PayoutVector): PayoutContext => ({
  chainId: BigInt(chainId),
  pool,
  token,
})
const rowsOf = ({ rows }: PayoutVector): PayoutRow[] =>
  rows.map(({ member, payTo, money, shares }) => ({
    member: memberId(member),
    payTo,
    money: BigInt(money),
    shares: BigInt(shares),
  }))

type Claim = Parameters<typeof verifyPayoutProof>[0]

const fails = (code: string, run: () => unknown): void => {
  assert.throws(run, (error) => error instanceof ProtocolError && error.code === code)
}

for (const count of COUNTS) {
  describe(`a payout tree of ${count}`, () => {
    const vector = read(count)
    const context = contextOf(vector)
    const rows = rowsOf(vector)
    const tree = buildPayoutTree(context, rows)
    const claim = (index: number): Claim => ({
      context,
      payoutRoot: vector.payoutRoot,
      count,
      index,
      row: rows[index]!,
      proof: tree.proof(index),
    })

    test('its vector is what the naive computation gives', () =>
      assert.deepEqual(vector, payoutVector(count)))

    test('has the leaves, proofs and root of the vector', () => {
      assert.deepEqual(tree.leaves, vector.leaves)
      assert.equal(tree.payoutRoot, vector.payoutRoot)
      assert.deepEqual(
        rows.map((_, index) => tree.proof(index)),
        vector.proofs,
      )
    })

    test('every proof verifies', () => {
      for (const index of rows.keys()) verifyPayoutProof(claim(index))
    })

    test('no proof verifies for another amount, share, address, position, count, pool or chain', () => {
      const good = claim(count - 1)
      const { row } = good
      const wrong: Claim[] = [
        { ...good, row: { ...row, money: row.money + 1n } },
        { ...good, row: { ...row, shares: row.shares + 1n } },
        { ...good, row: { ...row, payTo: vector.pool } },
        { ...good, index: count },
        { ...good, index: -1 },
        { ...good, count: count + 1 },
        { ...good, context: { ...context, pool: vector.token } },
        { ...good, context: { ...context, chainId: 1n } },
        { ...good, proof: [...good.proof, vector.leaves[0] as Hex32] },
        ...(count > 1
          ? [
              { ...good, index: count - 2 },
              { ...good, proof: good.proof.slice(1) },
            ]
          : []),
        { ...good, payoutRoot: vector.leaves[0] as Hex32 },
      ]
      for (const one of wrong) fails('payout.bad_proof', () => verifyPayoutProof(one))
    })
  })
}

describe('a payout tree refuses', () => {
  const vector = read(3)
  const context = contextOf(vector)
  const rows = rowsOf(vector)

  test('rows out of order and a member twice', () => {
    fails('data.malformed', () => buildPayoutTree(context, [...rows].reverse()))
    fails('data.malformed', () => buildPayoutTree(context, [rows[0]!, rows[0]!]))
  })

  test('amounts outside uint256, checksummed addresses and foreign ids', () => {
    const [row] = rows
    const bad: PayoutRow[] = [
      { ...row!, money: -1n },
      { ...row!, shares: 1n << 256n },
      { ...row!, payTo: '0xAbcdefabcdefabcdefabcdefabcdefabcdefabcd' },
      { ...row!, member: memberId('12') },
    ]
    for (const one of bad) fails('data.malformed', () => buildPayoutTree(context, [one]))
  })

  test('a sibling that is not a bytes32', () => {
    const tree = buildPayoutTree(context, rows)
    fails('payout.bad_proof', () =>
      verifyPayoutProof({
        context,
        payoutRoot: tree.payoutRoot,
        count: 3,
        index: 0,
        row: rows[0]!,
        proof: ['0x12', tree.proof(0)[1]!],
      }),
    )
  })

  test('a proof for a leaf that does not exist', () =>
    assert.throws(() => buildPayoutTree(context, rows).proof(3), /no leaf 3/))
})

test('an empty payout tree has a root and no proofs', () => {
  const tree = buildPayoutTree(contextOf(read(1)), [])
  assert.match(tree.payoutRoot, /^0x[0-9a-f]{64}$/)
  assert.deepEqual(tree.leaves, [])
})
