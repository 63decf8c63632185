import assert from 'node:assert/strict'
import { test } from 'node:test'
import { payoutPoolStorage } from '@commonhold/contracts'
import { encodeAbiParameters, type Hex, keccak256, toHex } from 'viem'
import { person } from './support/evm.ts'
import {
  ACTIVATION_DELAY,
  activateTree,
  deployPool,
  GUARDIAN,
  memberId,
  PUBLISHER,
  rowsOf,
  SPONSOR,
  SWEEP_DELAY,
} from './support/pool-fixture.ts'

const fixture = await deployPool()
const { chain, pool, tree } = fixture
const ANN = person(1)
const ROOT: Hex = keccak256(toHex('some root'))
const OTHER: Hex = keccak256(toHex('another root'))

const deposit = (amount: bigint, source = 0): Promise<unknown> =>
  pool.send(SPONSOR, 'deposit', [source, amount])

test('every value stands in storage where the generated constants say', () =>
  chain.scratch(async () => {
    await deposit(1000n)
    await deposit(200n, 1)
    const paid = tree(
      rowsOf([
        [60n, 6n],
        [40n, 4n],
      ]),
    )
    await activateTree(fixture, paid)
    const [ann] = paid.claims
    assert.ok(ann)
    await pool.send(ANN, 'claim', [ann.claim, ann.proof])
    await pool.send(PUBLISHER, 'post', [2n, ROOT, 500n, 50n])
    await pool.send(GUARDIAN, 'veto', [])
    await pool.send(PUBLISHER, 'post', [2n, OTHER, 501n, 51n])
    await fixture.token.send(SPONSOR, 'transfer', [pool.address, 77n])
    await pool.send(PUBLISHER, 'announceSweep', [77n])
    const activatesAt = chain.time + ACTIVATION_DELAY

    const at = async (name: keyof typeof payoutPoolStorage, key?: Hex): Promise<bigint> => {
      const place: { slot: number; offset: number; bytes: number; mapping?: number } = payoutPoolStorage[name]
      const base =
        key === undefined
          ? 0n
          : BigInt(
              keccak256(
                encodeAbiParameters(
                  [{ type: 'bytes32' }, { type: 'uint256' }],
                  [key, BigInt(place.mapping ?? -1)],
                ),
              ),
            )
      const word = await chain.storage(pool.address, toHex(base + BigInt(place.slot), { size: 32 }))
      return BigInt.asUintN(place.bytes * 8, word >> BigInt(place.offset * 8))
    }
    assert.equal(await at('deposited[0]'), 1000n)
    assert.equal(await at('deposited[1]'), 200n)
    assert.equal(await at('totalClaimed.money'), 60n)
    assert.equal(await at('totalClaimed.shares'), 6n)
    assert.equal(await at('active.payoutRoot'), BigInt(paid.root))
    assert.equal(await at('active.promised.money'), 100n)
    assert.equal(await at('active.promised.shares'), 10n)
    assert.equal(await at('active.round'), 1n)
    assert.equal(await at('active.activatesAt'), chain.time)
    assert.equal(await at('pending.payoutRoot'), BigInt(OTHER))
    assert.equal(await at('pending.promised.money'), 501n)
    assert.equal(await at('pending.promised.shares'), 51n)
    assert.equal(await at('pending.round'), 2n)
    assert.equal(await at('pending.activatesAt'), activatesAt)
    assert.equal(await at('claimed[].money', memberId(1)), 60n)
    assert.equal(await at('claimed[].shares', memberId(1)), 6n)
    assert.equal(await at('claimed[].money', memberId(2)), 0n)
    assert.equal(await at('sweepAmount'), 77n)
    assert.equal(await at('sweepExecutableAt'), chain.time + SWEEP_DELAY)
    assert.equal(await at('vetoesInARow'), 1n)
  }))
