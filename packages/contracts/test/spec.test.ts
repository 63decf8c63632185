import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { payoutPoolStorage } from '@commonhold/contracts'
import type { Hex } from 'viem'
import { buildTree, leafOf } from './support/naive-payout-tree.ts'

const spec = readFileSync(path.resolve(import.meta.dirname, '../../../docs/spec/contracts.md'), 'utf8')
const repeated = (byte: string, times: number): Hex => `0x${byte.repeat(times)}`

test('the example of the spec follows from its definition', () => {
  const place = { chainId: 31_337, pool: repeated('11', 20), token: repeated('22', 20) }
  const rows = [1, 2, 3].map((i) => ({
    memberId: repeated(`0${i}`, 32),
    payTo: repeated(`a${i}`, 20),
    money: BigInt(i) * 1_000_000n,
    shares: BigInt(i) * 10n,
  }))
  const { root, claims } = buildTree(rows, place)
  const [first, , third] = claims.map(({ claim }) => leafOf(claim, place))
  assert.ok(spec.includes(`leaf 0     ${first}\n`))
  assert.ok(spec.includes(`leaf 2     ${third}\n`))
  assert.ok(spec.includes(`payoutRoot ${root}\n`))
})

test('the slots in the spec are those that the compiler chose', () => {
  const slots = Object.fromEntries(Object.entries(payoutPoolStorage).map(([name, { slot }]) => [name, slot]))
  assert.deepEqual(
    [
      slots['deposited[0]'],
      slots['deposited[1]'],
      slots['totalClaimed.money'],
      slots['active.payoutRoot'],
      slots['active.promised.money'],
      slots['active.round'],
      slots['pending.payoutRoot'],
      slots['claimed'],
      slots['sweepAmount'],
    ],
    [0, 1, 2, 3, 4, 5, 6, 9, 10],
  )
})
