import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { readClaimed } from '@commonhold/chain'
import { practiceDollarAbi } from '@commonhold/contracts'
import { openKeyRing } from '@commonhold/keys'
import { type MemberId, toHex, unixMillis, type View } from '@commonhold/protocol'
import type { Address } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { readContract } from 'viem/actions'
import {
  Community,
  closeRound,
  openChainSide,
  postPayouts,
  readPayouts,
  relayClaims,
  writeHome,
} from '../src/index.ts'
import { type RpcChain, serveChain } from './rpc-chain.ts'
import { found, newHome, type Opened, playRound, removeHome } from './small-community.ts'

const START = Date.UTC(2026, 1, 2, 9)
const HOUR = 3_600_000
const FUNDS = 500_000_000n
const CHAIN_ID = 1_337_001

const cleanUp = new AsyncDisposableStack()
let rpc: RpcChain
let opened: Opened
let passed = 0
/** How far the chain's clock is behind the node's. */
let behind = 0
let at = START
const clock = ({ size }: View) => {
  at = START + size * 1_000 + passed
  return unixMillis(at)
}

before(async () => {
  const home = newHome()
  cleanUp.defer(() => removeHome(home))
  // No demonstration: keys are random and the chain is the operator's.
  const { keys } = writeHome(home, { format: 1, origin: 'rpc.example/log', chainId: 31_339 })
  const operator = privateKeyToAccount(`0x${toHex(openKeyRing(keys).ensure('operator'))}`).address
  rpc = await serveChain({ chainId: CHAIN_ID, holder: operator, amount: FUNDS, now: () => at - behind })
  cleanUp.defer(() => rpc.close())
  const community = await Community.open({ folder: home, command: 'test', clock })
  cleanUp.use(community)
  const chain = await openChainSide(community, { rpcUrl: rpc.url, token: rpc.token })
  opened = { community, chain, [Symbol.asyncDispose]: () => community.close() }
})

after(() => cleanUp.disposeAsync())

const claim = () => relayClaims(opened.community, opened.chain, new Set(opened.community.view.members.keys()))

const balanceOf = (who: string): Promise<bigint> =>
  readContract(opened.chain.connection.client, {
    address: rpc.token,
    abi: practiceDollarAbi,
    functionName: 'balanceOf',
    args: [who as Address],
  })

suite("on an operator's own chain and token", () => {
  test('contracts are deployed and bound over JSON-RPC, and the log says that it is no practice', async () => {
    await found(opened)
    const { chain } = opened.community.view
    assert.equal(chain?.chainId, CHAIN_ID)
    assert.equal(chain?.practice, false)
    assert.equal(chain?.token, rpc.token.toLowerCase())
    assert.equal(opened.chain.connection.kind, 'rpc')
  })

  test("a sponsor's deposit comes from the operator's address: nothing is minted and nothing waits", async () => {
    await playRound(opened, 1, 30)
    const { addresses } = opened.chain
    assert.equal(await balanceOf(addresses?.pool ?? ''), 100_000_000n)
    assert.deepEqual(await opened.community.store.outbox.pending(), [])
  })

  test('an activation that the chain refuses, its clock being behind, waits like everything else', async () => {
    await closeRound(opened.community, opened.chain)
    assert.deepEqual(await postPayouts(opened.community, opened.chain), [])
    // By our clock the root is due; by the chain's it is not.
    passed = 25 * HOUR
    behind = 26 * HOUR
    const refused = await postPayouts(opened.community, opened.chain)
    assert.deepEqual(
      refused.map(({ code }) => code),
      ['chain.rejected'],
    )
    await assert.rejects(claim(), { code: 'payout.nothing_to_claim' })
  })

  test('members are paid in the token when its time has come there', async () => {
    behind = 0
    await claim()
    const { addresses, connection } = opened.chain
    assert.ok(addresses !== undefined)
    const records = await readPayouts(opened.community, 1)
    assert.ok(records.length > 3)
    for (const { member, money, payTo } of records) {
      assert.equal((await readClaimed(connection.client, addresses, `0x${member}`)).money, BigInt(money))
      assert.equal(await balanceOf(payTo), BigInt(money))
      assert.equal(opened.community.view.claims.get(member as MemberId)?.money, BigInt(money))
    }
    assert.deepEqual(await opened.community.store.outbox.pending(), [])
  })

  test('the log is anchored there', async () => {
    await opened.chain.anchor()
    assert.ok((await opened.chain.anchored()) > 0)
  })

  test('a node that does not answer is named as such, and nothing is lost', async () => {
    const { community } = opened
    const dead = await openChainSide(community, { rpcUrl: 'http://127.0.0.1:9', token: rpc.token })
    const { size } = community.view
    await assert.rejects(dead.sponsorPractice('budget:dead', 5n), { code: 'chain.unreachable' })
    assert.equal(community.view.size, size)
    await opened.chain.sponsorPractice('budget:dead', 5n)
    assert.equal((await opened.chain.pool()).deposited[0], 100_000_005n, 'paid once by whoever asked first')
  })
})
