import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { encodeAbiParameters, getAddress, type Hex, keccak256, toHex } from 'viem'
import { person } from './support/evm.ts'
import { leafOf } from './support/naive-payout-tree.ts'
import {
  ACTIVATION_DELAY,
  activateTree,
  deployPool,
  GUARDIAN,
  memberId,
  PUBLISHER,
  RELAYER,
  rowsOf,
  SPONSOR,
  SWEEP_DELAY,
  TREASURY,
} from './support/pool-fixture.ts'

const fixture = await deployPool()
const { chain, pool, token, shares, tree } = fixture
const [ANN, BEN, CLEO] = [person(1), person(2), person(3)]
const ROOT: Hex = keccak256(toHex('some root'))

/** A test on its own copy of the chain's state. */
const it = (name: string, work: () => Promise<void>): unknown => test(name, () => chain.scratch(work))
const deposit = (amount: bigint, source = 0): Promise<unknown> =>
  pool.send(SPONSOR, 'deposit', [source, amount])

describe('claim', () => {
  it('pays money and shares to the address in the row, whoever relays it', async () => {
    await deposit(100n)
    const paid = tree(
      rowsOf([
        [60n, 6n],
        [0n, 3n],
        [40n, 0n],
      ]),
    )
    await activateTree(fixture, paid)
    const [ann, ben, cleo] = paid.claims
    assert.ok(ann && ben && cleo)
    const { logs } = await pool.send(RELAYER, 'claim', [ann.claim, ann.proof])
    const claimed = logs.find(({ name }) => name === 'Claimed')
    assert.deepEqual(claimed?.args, { memberId: memberId(1), payTo: getAddress(ANN), money: 60n, shares: 6n })
    await pool.send(RELAYER, 'claim', [ben.claim, ben.proof])
    await pool.send(RELAYER, 'claim', [cleo.claim, cleo.proof])
    for (const [who, money, votes] of [
      [ANN, 60n, 6n],
      [BEN, 0n, 3n],
      [CLEO, 40n, 0n],
    ] as const) {
      assert.equal(await token.read('balanceOf', [who]), money)
      assert.equal(await shares.read('balanceOf', [who]), votes)
    }
    assert.deepEqual(await pool.read('claimed', [memberId(1)]), [60n, 6n])
    assert.deepEqual(await pool.read('totalClaimed', []), [100n, 9n])
  })

  it('returns what it pays, and pays it once', async () => {
    await deposit(100n)
    const paid = tree(rowsOf([[60n, 6n]]))
    await activateTree(fixture, paid)
    const [ann] = paid.claims
    assert.ok(ann)
    const { output } = await pool.send(ANN, 'claim', [ann.claim, ann.proof])
    assert.equal(output, encodeAbiParameters([{ type: 'uint256' }, { type: 'uint256' }], [60n, 6n]))
    await pool.refuses('NothingToClaim', ANN, 'claim', [ann.claim, ann.proof], [memberId(1)])
  })

  it('pays the difference in later rounds, also to a changed address', async () => {
    await deposit(100n)
    const first = tree(rowsOf([[60n, 6n]]))
    await activateTree(fixture, first)
    const [before] = first.claims
    assert.ok(before)
    await pool.send(ANN, 'claim', [before.claim, before.proof])
    const second = tree([{ memberId: memberId(1), payTo: CLEO, money: 75n, shares: 6n }])
    await activateTree(fixture, second)
    const [after] = second.claims
    assert.ok(after)
    await pool.send(ANN, 'claim', [after.claim, after.proof])
    assert.equal(await token.read('balanceOf', [CLEO]), 15n)
    assert.equal(await shares.read('balanceOf', [CLEO]), 0n)
  })

  it('pays nothing for a row that fell, and what rose beside it', async () => {
    await deposit(100n)
    const first = tree(rowsOf([[60n, 6n]]))
    await activateTree(fixture, first)
    const [before] = first.claims
    assert.ok(before)
    await pool.send(ANN, 'claim', [before.claim, before.proof])
    const second = tree(rowsOf([[50n, 9n]]))
    await pool.send(PUBLISHER, 'post', [2n, second.root, 60n, 9n])
    chain.warp(ACTIVATION_DELAY)
    await pool.send(ANN, 'activate', [])
    const [after] = second.claims
    assert.ok(after)
    await pool.send(ANN, 'claim', [after.claim, after.proof])
    assert.deepEqual(await pool.read('claimed', [memberId(1)]), [60n, 9n])
  })

  it('works from the leaf that the spec defines, also in a tree of one', async () => {
    const place = { chainId: chain.chainId, pool: pool.address, token: token.address }
    for (const { claim } of tree(
      rowsOf([
        [1n, 2n],
        [2n ** 200n, 2n ** 255n],
      ]),
    ).claims) {
      assert.equal(await pool.read('leafHash', [claim]), leafOf(claim, place))
    }
  })

  it('never pays more in all than the root promised', async () => {
    await deposit(100n)
    const greedy = tree(
      rowsOf([
        [60n, 1n],
        [60n, 1n],
        [0n, 9n],
      ]),
    )
    await pool.send(PUBLISHER, 'post', [1n, greedy.root, 100n, 3n])
    chain.warp(ACTIVATION_DELAY)
    await pool.send(ANN, 'activate', [])
    const [ann, ben, cleo] = greedy.claims
    assert.ok(ann && ben && cleo)
    await pool.send(ANN, 'claim', [ann.claim, ann.proof])
    await pool.refuses('PromiseExceeded', BEN, 'claim', [ben.claim, ben.proof])
    await pool.refuses('PromiseExceeded', CLEO, 'claim', [cleo.claim, cleo.proof])
  })
})

describe('claimBatch', () => {
  it('pays many rows at once and skips those with nothing left', async () => {
    await deposit(100n)
    const paid = tree(
      rowsOf([
        [60n, 6n],
        [0n, 0n],
        [40n, 4n],
      ]),
    )
    await activateTree(fixture, paid)
    const [ann] = paid.claims
    assert.ok(ann)
    await pool.send(ANN, 'claim', [ann.claim, ann.proof])
    const claims = paid.claims.map(({ claim }) => claim)
    const proofs = paid.claims.map(({ proof }) => proof)
    const { logs } = await pool.send(RELAYER, 'claimBatch', [claims, proofs])
    const claimed = logs.filter(({ name }) => name === 'Claimed')
    assert.deepEqual(
      claimed.map(({ args: { memberId: id } }) => id),
      [memberId(3)],
    )
    assert.deepEqual(await pool.read('totalClaimed', []), [100n, 10n])
    assert.equal((await pool.send(RELAYER, 'claimBatch', [claims, proofs])).logs.length, 0)
    assert.equal((await pool.send(RELAYER, 'claimBatch', [[], []])).logs.length, 0)
  })

  it('is all or nothing', async () => {
    await deposit(100n)
    const paid = tree(
      rowsOf([
        [60n, 6n],
        [40n, 4n],
      ]),
    )
    await activateTree(fixture, paid)
    const [ann, ben] = paid.claims
    assert.ok(ann && ben)
    await pool.refuses('InvalidProof', ANN, 'claimBatch', [
      [ann.claim, ben.claim],
      [ann.proof, ann.proof],
    ])
    await pool.refuses('LengthMismatch', ANN, 'claimBatch', [[ann.claim], []], [1n, 0n])
    assert.deepEqual(await pool.read('totalClaimed', []), [0n, 0n])
  })
})

describe('sweep', () => {
  const give = (amount: bigint): Promise<unknown> => token.send(SPONSOR, 'transfer', [pool.address, amount])

  it('takes announced gifts to the treasury after the delay', async () => {
    await deposit(100n)
    await give(40n)
    assert.equal(await pool.read('surplus', []), 40n)
    await pool.refuses('SurplusExceeded', PUBLISHER, 'announceSweep', [41n], [41n, 40n])
    await pool.refuses('NotPublisher', GUARDIAN, 'announceSweep', [40n])
    await pool.refuses('NoSweepAnnounced', ANN, 'sweep', [])
    await pool.send(PUBLISHER, 'announceSweep', [40n])
    const executableAt = chain.time + SWEEP_DELAY
    assert.deepEqual(await pool.read('announcedSweep', []), [40n, executableAt])
    chain.warp(SWEEP_DELAY - 1n)
    await pool.refuses('SweepTooEarly', ANN, 'sweep', [], [executableAt])
    chain.warp(1n)
    await pool.send(ANN, 'sweep', [])
    assert.equal(await token.read('balanceOf', [TREASURY]), 40n)
    assert.equal(await token.read('balanceOf', [pool.address]), 100n)
    assert.deepEqual(await pool.read('announcedSweep', []), [0n, 0n])
    assert.equal(await pool.read('surplus', []), 0n)
    await pool.refuses('NoSweepAnnounced', ANN, 'sweep', [])
  })

  it('never takes a deposit: not before a promise, nor beside one, nor after claims', async () => {
    const nothing = (): Promise<void> =>
      pool.refuses('SurplusExceeded', PUBLISHER, 'announceSweep', [1n], [1n, 0n])
    await deposit(70n)
    await deposit(30n, 1)
    await nothing()
    const paid = tree(rowsOf([[60n, 0n]]))
    await activateTree(fixture, paid)
    await nothing()
    const [ann] = paid.claims
    assert.ok(ann)
    await pool.send(ANN, 'claim', [ann.claim, ann.proof])
    await nothing()
    // What was reserved, unvested or carried is still there for a later round.
    await activateTree(fixture, tree(rowsOf([[100n, 0n]])))
    await nothing()
  })

  it('leaves the same surplus whatever is promised, vetoed and claimed', async () => {
    await deposit(100n)
    await give(9n)
    await pool.send(PUBLISHER, 'announceSweep', [9n])
    await pool.send(PUBLISHER, 'post', [1n, ROOT, 100n, 0n])
    assert.equal(await pool.read('surplus', []), 9n)
    await pool.send(GUARDIAN, 'veto', [])
    assert.equal(await pool.read('surplus', []), 9n)
    const paid = tree(rowsOf([[100n, 0n]]))
    await activateTree(fixture, paid)
    const [ann] = paid.claims
    assert.ok(ann)
    await pool.send(ANN, 'claim', [ann.claim, ann.proof])
    chain.warp(SWEEP_DELAY)
    await pool.send(ANN, 'sweep', [])
    assert.equal(await token.read('balanceOf', [TREASURY]), 9n)
  })

  it('can be cancelled, starts anew when replaced, and does not lapse', async () => {
    await give(100n)
    await pool.send(PUBLISHER, 'announceSweep', [10n])
    await pool.send(PUBLISHER, 'announceSweep', [0n])
    assert.deepEqual(await pool.read('announcedSweep', []), [0n, 0n])
    await pool.send(PUBLISHER, 'announceSweep', [10n])
    chain.warp(SWEEP_DELAY - 1n)
    await pool.send(PUBLISHER, 'announceSweep', [20n])
    chain.warp(SWEEP_DELAY - 1n)
    await pool.refuses('SweepTooEarly', ANN, 'sweep', [])
    await deposit(100n)
    chain.warp(365n * 86_400n)
    await pool.send(ANN, 'sweep', [])
    assert.equal(await token.read('balanceOf', [TREASURY]), 20n)
  })
})
