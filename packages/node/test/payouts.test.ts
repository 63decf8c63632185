import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { encodeClaim, readClaimed } from '@commonhold/chain'
import { type MemberId, ProtocolError, unixMillis, type View } from '@commonhold/protocol'
import type { Hex } from 'viem'
import {
  Community,
  closeRound,
  openChainSide,
  plainCall,
  postPayouts,
  readPayouts,
  relayClaims,
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

/** As after a crash: nothing but what was durable is there. */
async function reopen(): Promise<void> {
  await opened.community.close()
  opened = await open()
}

before(async () => {
  home = newHome()
  opened = await open()
  await found(opened)
})

after(async () => {
  await opened.community.close()
  removeHome(home)
})

const round = (number: number) => opened.community.view.rounds[number - 1]
const everybody = (): ReadonlySet<MemberId> => new Set(opened.community.view.members.keys())
const claim = (members = everybody()) => relayClaims(opened.community, opened.chain, members)
const post = () => postPayouts(opened.community, opened.chain)
const pending = async () => (await opened.community.store.outbox.pending()).map(({ id }) => id)
const height = async () => (await opened.chain.latestBlock()).number

async function claimedOnChain(member: string): Promise<bigint> {
  const { addresses, connection } = opened.chain
  assert.ok(addresses !== undefined)
  return (await readClaimed(connection.client, addresses, `0x${member}`)).money
}

/** What the chain has paid is what the log says, to everybody, and what the active root allows. */
async function assertPaid(number: number): Promise<void> {
  for (const { member, money } of await readPayouts(opened.community, number)) {
    assert.equal(await claimedOnChain(member), BigInt(money))
    assert.equal(opened.community.view.claims.get(member as MemberId)?.money, BigInt(money))
  }
}

suite('payouts, step by step through crashes', () => {
  test('a round that was closed and not posted is posted by the next command, once', async () => {
    await playRound(opened, 1, 30)
    await closeRound(opened.community, opened.chain)
    await reopen()
    assert.equal(round(1)?.phase, 'closed')
    assert.equal(round(1)?.posted, undefined)
    assert.deepEqual(await pending(), ['post:1'])
    assert.deepEqual(await post(), [])
    const posted = round(1)?.posted
    assert.equal(posted?.payoutRoot, round(1)?.closed?.payoutRoot)
    const [size, block] = [opened.community.view.size, await height()]
    assert.deepEqual(await post(), [])
    await reopen()
    assert.deepEqual(await post(), [])
    assert.deepEqual([opened.community.view.size, await height()], [size, block], 'nothing happens twice')
  })

  test('no claim is paid before the root is active, and the answer says when it will be', async () => {
    const { pending: waiting } = await opened.chain.pool()
    const date = new Date(Number(waiting?.activatesAt) * 1000).toISOString()
    await assert.rejects(
      claim(),
      (error) =>
        error instanceof ProtocolError &&
        error.code === 'payout.nothing_to_claim' &&
        error.message.includes(date),
    )
  })

  test('a root whose forerunner is not active waits in the outbox, also over a restart', async () => {
    await playRound(opened, 2, 24)
    await closeRound(opened.community, opened.chain)
    const refused = await post()
    assert.deepEqual(
      refused.map(({ code }) => code),
      ['chain.rejected'],
    )
    assert.equal(round(2)?.posted, undefined)
    await reopen()
    assert.equal((await post()).length, 1)
    assert.deepEqual(await pending(), ['post:2'])
  })

  test('when the delay has passed the first becomes active and the second is posted', async () => {
    passed += 25 * HOUR
    assert.deepEqual(await post(), [])
    assert.deepEqual(await pending(), [])
    assert.equal(round(2)?.posted?.payoutRoot, round(2)?.closed?.payoutRoot)
    const { activeRound, pending: waiting } = await opened.chain.pool()
    assert.deepEqual([activeRound, waiting?.round], [1n, 2n])
  })

  test('a claim that was mined and not logged is logged by the next command, and paid once', async () => {
    const { community, chain } = opened
    const [first] = await readPayouts(community, 1)
    const { addresses } = chain
    assert.ok(first !== undefined && addresses !== undefined)
    const call = encodeClaim(
      addresses,
      {
        index: BigInt(first.index),
        count: BigInt(first.count),
        memberId: `0x${first.member}`,
        payTo: first.payTo as Hex,
        money: BigInt(first.money),
        shares: BigInt(first.shares),
      },
      first.proof as readonly Hex[],
    )
    await community.store.outbox.add([{ id: `claim:1:${first.member}`, call: plainCall(call) }])
    await chain.settle()
    assert.equal(await claimedOnChain(first.member), BigInt(first.money))
    const block = await height()
    await reopen()
    const member = first.member as MemberId
    const claimed = await claim(new Set([member]))
    assert.deepEqual(
      claimed.map(({ money }) => money),
      [BigInt(first.money)],
    )
    assert.equal(await height(), block, 'no second transaction')
    assert.equal(opened.community.view.claims.get(member)?.money, BigInt(first.money))
  })

  test('claims that race pay everybody once and are logged once', async () => {
    const due = (await readPayouts(opened.community, 1)).length - 1
    const { size } = opened.community.view
    const block = await height()
    const answers = await Promise.all([claim(), claim(), post().then(() => claim())])
    assert.equal(answers.flat().length, due)
    assert.equal(new Set(answers.flat().map(({ member }) => member)).size, due)
    assert.equal(opened.community.view.size, size + due)
    assert.equal(await height(), block + due)
    await assertPaid(1)
  })

  test('claiming again pays nothing and writes nothing', async () => {
    const { size } = opened.community.view
    assert.deepEqual(await claim(), [])
    await reopen()
    assert.deepEqual(await claim(), [])
    assert.equal(opened.community.view.size, size)
  })

  test('the next root pays what has been added', async () => {
    passed += 25 * HOUR
    const before = await opened.chain.pool()
    await claim()
    await assertPaid(2)
    const { totalClaimed, balance, deposited } = await opened.chain.pool()
    assert.ok(totalClaimed.money > before.totalClaimed.money)
    assert.equal(totalClaimed.money, BigInt(round(2)?.closed?.totals.promisedMoney ?? -1))
    assert.equal(balance, deposited[0] - totalClaimed.money)
  })

  test('a round under way refuses to close twice, and a closed one to be reviewed', async () => {
    await assert.rejects(closeRound(opened.community, opened.chain), { code: 'round.bad_state' })
  })
})
