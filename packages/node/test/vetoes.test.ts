import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { ProtocolError, toHex, unixMillis, type View } from '@commonhold/protocol'
import {
  Community,
  closeRound,
  openChainSide,
  postPayouts,
  repostRound,
  vetoedRound,
  vetoPending,
} from '../src/index.ts'
import { found, newHome, type Opened, playRound, removeHome } from './small-community.ts'

const START = Date.UTC(2026, 1, 2, 9)
const HOUR = 3_600_000

let home: string
let opened: Opened
/** Time moves with the log, and by what a test adds. */
let passed = 0
const clock = ({ size }: View) => unixMillis(START + size * 1_000 + passed)

async function open(): Promise<Opened> {
  const community = await Community.open({ folder: home, command: 'test', clock })
  const chain = await openChainSide(community)
  return { community, chain, [Symbol.asyncDispose]: () => community.close() }
}

before(async () => {
  home = newHome()
  opened = await open()
  await found(opened)
  await playRound(opened, 1, 30)
  await closeRound(opened.community, opened.chain)
})

after(async () => {
  await opened.community.close()
  removeHome(home)
})

const guardian = (): `0x${string}` => `0x${toHex(opened.community.keys.get('guardian'))}`
const operator = (): `0x${string}` => `0x${toHex(opened.community.keys.get('operator'))}`
const vetoed = () => vetoedRound(opened.chain, opened.community.view)
const veto = (key = guardian()) => vetoPending(opened.community, opened.chain, key)
const repost = () => repostRound(opened.community, opened.chain)
const pending = async () => (await opened.chain.pool()).pending

const refusedWith =
  (code: string, message: RegExp) =>
  (error: unknown): boolean =>
    error instanceof ProtocolError && error.code === code && message.test(error.message)

suite('a veto of the guardian', () => {
  test('is refused where no root waits, and so is posting again what was not vetoed', async () => {
    await assert.rejects(veto(), refusedWith('round.bad_state', /no payout root waits/))
    await postPayouts(opened.community, opened.chain)
    assert.equal(await vetoed(), undefined)
    await assert.rejects(repost(), refusedWith('round.bad_state', /no round was vetoed/))
  })

  test('is refused to everybody else', async () => {
    await assert.rejects(veto(operator()), refusedWith('chain.rejected', /NotGuardian/))
    assert.equal((await pending())?.round, 1n)
  })

  test('takes the root off the chain, and the community can tell, also over a restart', async () => {
    assert.equal(await veto(), 1)
    assert.equal(await pending(), undefined)
    assert.equal(await vetoed(), 1)
    await opened.community.close()
    opened = await open()
    await postPayouts(opened.community, opened.chain)
    assert.equal(await pending(), undefined, 'nothing posts it again by itself')
    assert.equal(await vetoed(), 1)
  })

  test('is answered by posting the same root again, as often as it is vetoed', async () => {
    const root = opened.community.view.rounds[0]?.closed?.payoutRoot
    const { size } = opened.community.view
    assert.equal(await repost(), 1)
    assert.equal((await pending())?.payoutRoot, root)
    assert.equal(await vetoed(), undefined)
    assert.equal(await veto(), 1)
    assert.equal(await repost(), 1)
    assert.equal((await pending())?.payoutRoot, root)
    assert.equal((await opened.community.store.outbox.get('post:1:3'))?.done, true)
    assert.equal(opened.community.view.size, size, 'the log has said it already')
  })

  test('is refused a third time in a row, and then the root becomes active and the next one follows', async () => {
    await assert.rejects(veto(), refusedWith('chain.rejected', /TooManyVetoes/))
    passed += 25 * HOUR
    await playRound(opened, 2, 24)
    await closeRound(opened.community, opened.chain)
    assert.deepEqual(await postPayouts(opened.community, opened.chain), [])
    const pool = await opened.chain.pool()
    assert.deepEqual([pool.activeRound, pool.pending?.round], [1n, 2n])
  })
})
