import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  logAnchorImmutables,
  logAnchorRuntimeBytecode,
  payoutPoolImmutables,
  payoutPoolRuntimeBytecode,
  practiceDollarImmutables,
  practiceDollarRuntimeBytecode,
  sharesImmutables,
  sharesRuntimeBytecode,
} from '@commonhold/contracts'
import { ProtocolError } from '@commonhold/protocol'
import { erc20Abi, type Hex, padHex } from 'viem'
import { readContract } from 'viem/actions'
import { getContractAddress } from 'viem/utils'
import { matchCode, verifyStorageProofs } from '../../audit/src/storage-proof.ts'
import {
  type ChainAddresses,
  connectChain,
  deployContracts,
  encodeActivate,
  encodeAnchor,
  encodeClaim,
  encodeClaimBatch,
  encodeDeposit,
  encodeMint,
  encodePost,
  encodeVeto,
  exportChainProof,
  isCallDone,
  openRelayer,
  readAnchor,
  readClaimed,
  readPool,
  SPONSOR,
} from '../src/index.ts'
import {
  ACTIVATION_DELAY,
  addressOf,
  CHAIN_ID,
  DEPLOYER,
  deployment,
  MEMBERS,
  memoryOutbox,
  openWorld,
  payoutTree,
  RELAYER,
  signCheckpoint,
  type World,
} from './community.ts'
import { openLedger, PowerCut } from './ledger.ts'

// Deployed once, copied for each test.
const bare = openLedger()
const setUp = await openWorld(bare.blocks)
const addresses = await deployContracts(deployment(setUp.connection))

async function community() {
  const world = await openWorld(bare.copy().blocks)
  const { connection } = world
  const outbox = memoryOutbox()
  const isDone = (row: { readonly call: Parameters<typeof isCallDone>[2] }): Promise<boolean> =>
    isCallDone(connection.client, addresses, row.call)
  const relayer = openRelayer({ connection, outbox, key: RELAYER, isDone })
  return { world, addresses, outbox, relayer, client: connection.client }
}

/** Money in, a root posted and active. */
async function funded() {
  const all = await community()
  const { addresses, outbox, relayer, world } = all
  const tree = payoutTree(addresses, MEMBERS)
  const [approve, deposit] = encodeDeposit(addresses, SPONSOR, 1_000n)
  outbox.add('mint', encodeMint(addresses, addressOf(RELAYER), 5_000n))
  outbox.add('approve', approve)
  outbox.add('deposit', deposit)
  outbox.add(
    'post',
    encodePost(addresses, { round: 1n, payoutRoot: tree.root, promisedMoney: 1_000n, promisedShares: 8n }),
  )
  assert.deepEqual(await relayer.drain(), { done: ['mint', 'approve', 'deposit', 'post'], rejected: [] })
  world.clock.now += Number(ACTIVATION_DELAY)
  outbox.add('activate', encodeActivate(addresses))
  assert.deepEqual((await relayer.drain()).done, ['activate'])
  return { ...all, tree }
}

const balanceOf = ({ connection }: World, { token }: ChainAddresses, owner: Hex): Promise<bigint> =>
  readContract(connection.client, { address: token, abi: erc20Abi, functionName: 'balanceOf', args: [owner] })

test('a deployment has the addresses that the deployer and its nonce say', async () => {
  const { client } = await community()
  const again = await openWorld()
  assert.deepEqual(await deployContracts(deployment(again.connection)), addresses)
  assert.equal(again.chain.head().hash, setUp.chain.head().hash)
  assert.equal(addresses.chainId, CHAIN_ID)
  const nonces = [0n, 1n, 2n, 3n].map((nonce) => getContractAddress({ from: addressOf(DEPLOYER), nonce }))
  assert.deepEqual([addresses.token, addresses.pool, addresses.shares, addresses.anchor], nonces)
  const pool = await readPool(client, addresses)
  assert.deepEqual(pool, {
    blockNumber: 4n,
    deposited: [0n, 0n],
    totalClaimed: { money: 0n, shares: 0n },
    activeRound: 0n,
    activeRoot: padHex('0x00', { size: 32 }),
    activePromised: { money: 0n, shares: 0n },
    pending: undefined,
    balance: 0n,
  })
})

test('a deployment that is done is found, not repeated', async () => {
  const { world, addresses } = await community()
  const { number } = world.chain.head()
  assert.deepEqual(await deployContracts(deployment(world.connection)), addresses)
  assert.equal(world.chain.head().number, number)
})

test('a deployment that a crash stopped anywhere ends with the same contracts', async () => {
  for (let block = 0; block < 4; block++) {
    const ledger = openLedger()
    const { connection } = await openWorld(ledger.blocks)
    ledger.cutAt(block, 'before')
    await assert.rejects(deployContracts(deployment(connection)), PowerCut)
    ledger.restore()
    const again = await openWorld(ledger.blocks)
    assert.deepEqual(await deployContracts(deployment(again.connection)), addresses)
    assert.equal(again.chain.head().hash, setUp.chain.head().hash)
  }
})

test("a deployer's nonce that went elsewhere stops a deployment", async () => {
  const { connection } = await openWorld()
  const options = deployment(connection)
  const stopped = (message: RegExp) => (error: unknown) =>
    error instanceof ProtocolError && error.code === 'chain.rejected' && message.test(error.message)
  await assert.rejects(deployContracts({ ...options, startNonce: 1 }), stopped(/nonce is 0/))
  const { token } = await deployContracts(options)
  // Without practice money every step stands one nonce earlier, where another contract is.
  await assert.rejects(deployContracts({ ...options, token }), stopped(/no PayoutPool at .*: nonce 0/))
  const further = await deployContracts({ ...options, token, startNonce: 4 })
  assert.equal(further.token, token)
})

test('money goes from sponsors through a round to members, once', async () => {
  const { world, addresses, outbox, relayer, client, tree } = await funded()
  const [first, second, third] = tree.payouts
  assert.ok(first && second && third)
  outbox.add('claim first', encodeClaim(addresses, first.claim, first.proof))
  const others = [second, third]
  outbox.add(
    'claim others',
    encodeClaimBatch(
      addresses,
      others.map(({ claim }) => claim),
      others.map(({ proof }) => proof),
    ),
  )
  assert.deepEqual((await relayer.drain()).rejected, [])
  for (const { payTo, money } of MEMBERS) assert.equal(await balanceOf(world, addresses, payTo), money)
  assert.deepEqual(await readClaimed(client, addresses, first.claim.memberId), { money: 500n, shares: 5n })
  const pool = await readPool(client, addresses)
  assert.deepEqual(pool.totalClaimed, { money: 1_000n, shares: 8n })
  assert.deepEqual([pool.deposited, pool.balance, pool.activeRound], [[1_000n, 0n], 0n, 1n])

  const { number } = world.chain.head()
  outbox.add('claim first again', encodeClaim(addresses, first.claim, first.proof))
  assert.deepEqual((await relayer.drain()).done, ['claim first again'])
  assert.equal(outbox.completed.get('claim first again'), null)
  assert.equal(world.chain.head().number, number)
})

test('the state of an earlier block can be read as it was', async () => {
  const { addresses, client } = await funded()
  const before = await readPool(client, addresses, { blockNumber: 8n })
  assert.equal(before.pending?.round, 1n)
  assert.deepEqual([before.activeRound, before.deposited[0]], [0n, 1_000n])
})

test('posting the same root again is done already; another root for the round is refused', async () => {
  const { addresses, outbox, relayer, tree } = await funded()
  const post = { round: 1n, payoutRoot: tree.root, promisedMoney: 1_000n, promisedShares: 8n }
  outbox.add('post again', encodePost(addresses, post))
  outbox.add('other root', encodePost(addresses, { ...post, payoutRoot: padHex('0xbad', { size: 32 }) }))
  const { done, rejected } = await relayer.drain()
  assert.deepEqual(done, ['post again'])
  assert.equal(rejected[0]?.id, 'other root')
  assert.equal(rejected[0].error.code, 'chain.rejected')
  assert.equal(rejected[0].error.details['error'], 'WrongRound')
  assert.match(rejected[0].error.message, /the chain refused to carry out other root: WrongRound\(2, 1\)/)
})

test('a root of an earlier round counts as posted by its event', async () => {
  const { world, addresses, outbox, relayer, tree } = await funded()
  const next = {
    round: 2n,
    payoutRoot: padHex('0x02', { size: 32 }),
    promisedMoney: 1_000n,
    promisedShares: 9n,
  }
  outbox.add('post 2', encodePost(addresses, next))
  await relayer.drain()
  world.clock.now += Number(ACTIVATION_DELAY)
  outbox.add('activate 2', encodeActivate(addresses))
  await relayer.drain()
  const first = { round: 1n, payoutRoot: tree.root, promisedMoney: 1_000n, promisedShares: 8n }
  outbox.add('post 1 again', encodePost(addresses, first))
  outbox.add('other post 1', encodePost(addresses, { ...first, payoutRoot: next.payoutRoot }))
  const { done, rejected } = await relayer.drain()
  assert.deepEqual([done, rejected.map(({ id }) => id)], [['post 1 again'], ['other post 1']])
})

test('a refused row stays, stops no other and succeeds when its time has come', async () => {
  const { world, addresses, outbox, relayer } = await community()
  outbox.add('activate', encodeActivate(addresses))
  outbox.add('mint', encodeMint(addresses, addressOf(RELAYER), 1n))
  const { done, rejected } = await relayer.drain()
  assert.deepEqual([done, rejected[0]?.error.details['error']], [['mint'], 'NothingPending'])
  outbox.add(
    'post',
    encodePost(addresses, {
      round: 1n,
      payoutRoot: padHex('0x01', { size: 32 }),
      promisedMoney: 0n,
      promisedShares: 0n,
    }),
  )
  await relayer.drain()
  assert.equal((await relayer.drain()).rejected[0]?.error.details['error'], 'TooEarly')
  outbox.add('veto', encodeVeto(addresses))
  assert.equal((await relayer.drain()).rejected.at(-1)?.error.details['error'], 'NotGuardian')
  world.clock.now += Number(ACTIVATION_DELAY)
  assert.deepEqual((await relayer.drain()).done, ['activate'])
})

test("a claim with another member's proof is refused by name", async () => {
  const { addresses, outbox, relayer, tree } = await funded()
  const [first, second] = tree.payouts
  assert.ok(first && second)
  outbox.add('stolen', encodeClaim(addresses, first.claim, second.proof))
  outbox.add('raised', encodeClaim(addresses, { ...first.claim, money: 900n }, first.proof))
  const { rejected } = await relayer.drain()
  assert.deepEqual(
    rejected.map(({ error }) => error.details['error']),
    ['InvalidProof', 'InvalidProof'],
  )
})

test('checkpoints are anchored with their proof, and an anchored one needs no transaction', async () => {
  const { addresses, outbox, relayer, client, world } = await community()
  const first = { size: 1n, logRoot: padHex('0x0a', { size: 32 }), proof: [] }
  outbox.add('anchor 1', encodeAnchor(addresses, { ...first, ...signCheckpoint(first.size, first.logRoot) }))
  assert.deepEqual((await relayer.drain()).rejected, [])
  const { size, logRoot, blockNumber } = await readAnchor(client, addresses)
  assert.deepEqual([size, logRoot, blockNumber], [1n, first.logRoot, world.chain.head().number])
  outbox.add(
    'anchor 1 again',
    encodeAnchor(addresses, { ...first, ...signCheckpoint(first.size, first.logRoot) }),
  )
  const fork = { ...first, logRoot: padHex('0x0b', { size: 32 }) }
  outbox.add('fork', encodeAnchor(addresses, { ...fork, ...signCheckpoint(fork.size, fork.logRoot) }))
  const { done, rejected } = await relayer.drain()
  assert.deepEqual([done, rejected[0]?.error.details['error']], [['anchor 1 again'], 'OtherRootAnchored'])
})

test("a block's proof shows an auditor the same state, code and keys", async () => {
  const { world, addresses, outbox, relayer, client, tree } = await funded()
  const [first] = tree.payouts
  assert.ok(first)
  outbox.add('claim', encodeClaim(addresses, first.claim, first.proof))
  const checkpoint = { size: 9n, logRoot: padHex('0x0a', { size: 32 }), proof: [] }
  outbox.add('anchor', encodeAnchor(addresses, { ...checkpoint, ...signCheckpoint(9n, checkpoint.logRoot) }))
  await relayer.drain()
  const { number, hash, timestamp } = world.chain.head()
  const members = MEMBERS.map(({ id }) => id)
  const exported = await exportChainProof(client, { addresses, block: number, members })
  const proven = verifyStorageProofs(JSON.parse(JSON.stringify(exported)))
  const pool = await readPool(client, addresses)
  assert.deepEqual(
    [proven.block.hash, proven.block.number, proven.block.timestamp],
    [hash, number, timestamp],
  )
  assert.deepEqual(proven.pool.deposited, pool.deposited)
  assert.deepEqual(proven.pool.totalClaimed, pool.totalClaimed)
  assert.deepEqual(proven.pool.active, {
    round: 1n,
    payoutRoot: tree.root,
    promised: { money: 1_000n, shares: 8n },
  })
  assert.equal(proven.pool.pending.round, 0n)
  assert.deepEqual([proven.anchor.size, proven.anchor.logRoot], [9n, checkpoint.logRoot])
  assert.equal(proven.token?.poolBalance, 500n)
  assert.deepEqual(proven.claimed, [{ memberId: MEMBERS[0]?.id, money: 500n, shares: 5n }])

  const word = (address: Hex): Hex => padHex(address.toLowerCase() as Hex, { size: 32 })
  const immutables = matchCode(proven.pool.code, payoutPoolRuntimeBytecode, payoutPoolImmutables)
  assert.equal(immutables['TOKEN'], word(addresses.token))
  assert.equal(immutables['SHARES'], word(addresses.shares))
  assert.equal(immutables['PUBLISHER'], word(addressOf(RELAYER)))
  matchCode(proven.anchor.code, logAnchorRuntimeBytecode, logAnchorImmutables)
  matchCode(proven.shares.code, sharesRuntimeBytecode, sharesImmutables)
  matchCode(proven.token.code, practiceDollarRuntimeBytecode, practiceDollarImmutables)
})

test('a chain that does not answer is unreachable, not wrong', async () => {
  const connection = connectChain({ kind: 'rpc', url: 'http://127.0.0.1:9' })
  await assert.rejects(
    deployContracts(deployment(connection)),
    (error) => error instanceof ProtocolError && error.code === 'chain.unreachable',
  )
})
