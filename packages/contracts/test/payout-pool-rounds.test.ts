import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { payoutPoolAbi, payoutPoolBytecode } from '@commonhold/contracts'
import { getAddress, type Hex, keccak256, toHex } from 'viem'
import { person } from './support/evm.ts'
import {
  ACTIVATION_DELAY,
  activateTree,
  deployPool,
  GUARDIAN,
  PUBLISHER,
  postTree,
  RELAYER,
  rowsOf,
  SPONSOR,
  TREASURY,
} from './support/pool-fixture.ts'

const fixture = await deployPool()
const { chain, pool, token, shares, tree } = fixture
const [ANN, BEN, _CLEO] = [person(1), person(2), person(3)]
const ROOT: Hex = keccak256(toHex('some root'))
const OTHER: Hex = keccak256(toHex('another root'))

/** A test on its own copy of the chain's state. */
const it = (name: string, work: () => Promise<void>): unknown => test(name, () => chain.scratch(work))
const deposit = (amount: bigint, source = 0): Promise<unknown> =>
  pool.send(SPONSOR, 'deposit', [source, amount])

describe('construction', () => {
  const args = [token.address, shares.address, PUBLISHER, GUARDIAN, TREASURY, 1n, 1n] as const

  for (const position of [0, 1, 2, 3, 4] as const) {
    it(`refuses the zero address as argument ${position}`, async () => {
      const wrong = args.map((arg, i) =>
        i === position ? person(-0xa11ce000) : arg,
      ) as unknown as typeof args
      await assert.rejects(chain.deploy(payoutPoolAbi, payoutPoolBytecode, wrong), {
        errorName: 'ZeroAddress',
      })
    })
  }

  it('refuses delays of more than 90 days, as milliseconds would give', async () => {
    const [a, b, c, d, e] = args
    const days = 90n * 86_400n
    await chain.deploy(payoutPoolAbi, payoutPoolBytecode, [a, b, c, d, e, days, days])
    for (const delays of [[days + 1n, 1n] as const, [1n, days + 1n] as const]) {
      await assert.rejects(chain.deploy(payoutPoolAbi, payoutPoolBytecode, [a, b, c, d, e, ...delays]), {
        errorName: 'DelayTooLong',
      })
    }
  })
})

describe('deposit', () => {
  it('counts money by source and takes it from the caller', async () => {
    const sent = await pool.send(SPONSOR, 'deposit', [0, 70n])
    await deposit(5n, 1)
    await deposit(30n, 0)
    assert.equal(await pool.read('deposited', [0]), 100n)
    assert.equal(await pool.read('deposited', [1]), 5n)
    assert.equal(await token.read('balanceOf', [pool.address]), 105n)
    assert.deepEqual(sent.logs[0], {
      name: 'Deposited',
      args: { source: 0, from: getAddress(SPONSOR), amount: 70n },
    })
  })

  it('refuses unknown sources, nothing, and money that the caller does not have', async () => {
    await pool.refuses('UnknownSource', SPONSOR, 'deposit', [2, 1n], [2])
    await pool.refuses('ZeroAmount', SPONSOR, 'deposit', [0, 0n])
    await pool.refuses('ERC20InsufficientAllowance', ANN, 'deposit', [0, 1n])
    assert.equal(await pool.read('deposited', [0]), 0n)
    await assert.rejects(pool.read('deposited', [2]), { errorName: 'UnknownSource' })
  })
})

describe('post', () => {
  it('makes a root pending without touching the active one', async () => {
    await deposit(100n)
    const { logs } = await pool.send(PUBLISHER, 'post', [1n, ROOT, 100n, 7n])
    const activatesAt = chain.time + ACTIVATION_DELAY
    assert.deepEqual(await pool.read('pending', []), [1n, ROOT, 100n, 7n, activatesAt])
    assert.deepEqual(logs[0]?.args, {
      round: 1n,
      payoutRoot: ROOT,
      promisedMoney: 100n,
      promisedShares: 7n,
      activatesAt,
    })
    assert.equal(await pool.read('activeRound', []), 0n)
  })

  it('is for the publisher only', () => pool.refuses('NotPublisher', GUARDIAN, 'post', [1n, ROOT, 0n, 0n]))

  it('takes only the round after the active one', async () => {
    for (const round of [0n, 2n]) {
      await pool.refuses('WrongRound', PUBLISHER, 'post', [round, ROOT, 0n, 0n], [1n, round])
    }
    await activateTree(fixture, tree(rowsOf([[0n, 1n]])))
    await pool.refuses('WrongRound', PUBLISHER, 'post', [1n, ROOT, 0n, 1n], [2n, 1n])
  })

  it('tells a repeated post from a competing one', async () => {
    await deposit(10n)
    await pool.send(PUBLISHER, 'post', [1n, ROOT, 10n, 1n])
    await pool.refuses('AlreadyPending', PUBLISHER, 'post', [1n, ROOT, 10n, 1n], [1n])
    await pool.refuses('OtherRootPending', PUBLISHER, 'post', [1n, OTHER, 10n, 1n], [1n])
    await pool.refuses('OtherRootPending', PUBLISHER, 'post', [1n, ROOT, 9n, 1n])
    await pool.refuses('OtherRootPending', PUBLISHER, 'post', [1n, ROOT, 10n, 2n])
    await pool.refuses('OtherRootPending', PUBLISHER, 'post', [2n, ROOT, 10n, 1n])
  })

  it('refuses a promise above all deposits, a lowered one and a zero root', async () => {
    await deposit(100n)
    await pool.refuses('PromiseNotCovered', PUBLISHER, 'post', [1n, ROOT, 101n, 0n], [101n, 100n])
    await pool.refuses('ZeroRoot', PUBLISHER, 'post', [1n, `0x${'00'.repeat(32)}`, 0n, 0n])
    await activateTree(fixture, tree(rowsOf([[60n, 5n]])))
    await pool.refuses('PromiseLowered', PUBLISHER, 'post', [2n, ROOT, 59n, 5n])
    await pool.refuses('PromiseLowered', PUBLISHER, 'post', [2n, ROOT, 60n, 4n])
    await pool.refuses('SafeCastOverflowedUintDowncast', PUBLISHER, 'post', [2n, ROOT, 60n, 2n ** 128n])
  })

  it('does not count gifts as covered', async () => {
    await deposit(100n)
    await token.send(SPONSOR, 'transfer', [pool.address, 50n])
    await pool.refuses('PromiseNotCovered', PUBLISHER, 'post', [1n, ROOT, 101n, 0n], [101n, 100n])
    await pool.send(PUBLISHER, 'post', [1n, ROOT, 100n, 0n])
  })

  it('counts what was claimed as covered', async () => {
    await deposit(100n)
    const first = tree(rowsOf([[100n, 0n]]))
    await activateTree(fixture, first)
    const [row] = first.claims
    assert.ok(row)
    await pool.send(RELAYER, 'claim', [row.claim, row.proof])
    await pool.refuses('PromiseNotCovered', PUBLISHER, 'post', [2n, ROOT, 101n, 0n], [101n, 100n])
    await deposit(1n, 1)
    await pool.send(PUBLISHER, 'post', [2n, ROOT, 101n, 0n])
  })
})

describe('activate', () => {
  it('lets the pending root pay after the delay, not a second before', async () => {
    await deposit(100n)
    await pool.refuses('NothingPending', ANN, 'activate', [])
    await pool.send(PUBLISHER, 'post', [1n, ROOT, 100n, 7n])
    const activatesAt = chain.time + ACTIVATION_DELAY
    chain.warp(ACTIVATION_DELAY - 1n)
    await pool.refuses('TooEarly', ANN, 'activate', [], [activatesAt])
    chain.warp(1n)
    const { logs } = await pool.send(ANN, 'activate', [])
    assert.deepEqual(logs, [{ name: 'Activated', args: { round: 1n, payoutRoot: ROOT } }])
    assert.equal(await pool.read('activeRound', []), 1n)
    assert.equal(await pool.read('activeRoot', []), ROOT)
    assert.deepEqual(await pool.read('activePromised', []), [100n, 7n])
    assert.equal((await pool.read('pending', []))[0], 0n)
    await pool.refuses('NothingPending', ANN, 'activate', [])
  })

  it('keeps the old root paying until then', async () => {
    await deposit(100n)
    const first = tree(rowsOf([[40n, 0n]]))
    const second = tree(rowsOf([[100n, 0n]]))
    await activateTree(fixture, first)
    await postTree(pool, second)
    const [before, after] = [first.claims[0], second.claims[0]]
    assert.ok(before && after)
    chain.warp(ACTIVATION_DELAY)
    await pool.refuses('InvalidProof', ANN, 'claim', [after.claim, after.proof])
    await pool.send(ANN, 'claim', [before.claim, before.proof])
    await pool.send(BEN, 'activate', [])
    await pool.send(ANN, 'claim', [after.claim, after.proof])
    assert.equal(await token.read('balanceOf', [ANN]), 100n)
  })
})

describe('veto', () => {
  it('cancels the pending root in time, and the round can be posted again', async () => {
    await pool.refuses('NothingPending', GUARDIAN, 'veto', [])
    await pool.send(PUBLISHER, 'post', [1n, ROOT, 0n, 1n])
    await pool.refuses('NotGuardian', PUBLISHER, 'veto', [])
    const { logs } = await pool.send(GUARDIAN, 'veto', [])
    assert.deepEqual(logs, [{ name: 'Vetoed', args: { round: 1n, payoutRoot: ROOT } }])
    assert.equal(await pool.read('vetoesInARow', []), 1)
    chain.warp(ACTIVATION_DELAY)
    await pool.refuses('NothingPending', ANN, 'activate', [])
    await pool.send(PUBLISHER, 'post', [1n, ROOT, 0n, 1n])
  })

  it('comes too late once the root can be activated', async () => {
    await pool.send(PUBLISHER, 'post', [1n, ROOT, 0n, 1n])
    chain.warp(ACTIVATION_DELAY - 1n)
    await chain.scratch(async () => void (await pool.send(GUARDIAN, 'veto', [])))
    chain.warp(1n)
    await pool.refuses('TooLateToVeto', GUARDIAN, 'veto', [], [chain.time])
  })

  it('works twice in a row, and twice again after an activation', async () => {
    for (let row = 0; row < 2; row++) {
      const round = BigInt(row + 1)
      for (const payoutRoot of [ROOT, OTHER]) {
        await pool.send(PUBLISHER, 'post', [round, payoutRoot, 0n, 1n])
        await pool.send(GUARDIAN, 'veto', [])
      }
      await pool.send(PUBLISHER, 'post', [round, ROOT, 0n, 1n])
      await pool.refuses('TooManyVetoes', GUARDIAN, 'veto', [])
      chain.warp(ACTIVATION_DELAY)
      await pool.send(ANN, 'activate', [])
      assert.equal(await pool.read('vetoesInARow', []), 0)
    }
  })
})
