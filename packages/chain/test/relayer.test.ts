import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { ProtocolError } from '@commonhold/protocol'
import { erc20Abi, padHex } from 'viem'
import { readContract } from 'viem/actions'
import {
  type BlockStore,
  type ChainConnection,
  connectChain,
  deployContracts,
  type EmbeddedChain,
  encodeActivate,
  encodeClaim,
  encodeDeposit,
  encodeMint,
  encodePost,
  exportChainProof,
  isCallDone,
  type OutboxStore,
  openRelayer,
  type Relayer,
  type RpcError,
  readPool,
  SPONSOR,
} from '../src/index.ts'
import {
  ACTIVATION_DELAY,
  addressOf,
  deployment,
  GUARDIAN,
  MEMBERS,
  memoryOutbox,
  openWorld,
  payoutTree,
  RELAYER,
  START,
} from './community.ts'
import { type Ledger, openLedger, PowerCut } from './ledger.ts'

const bare = openLedger()
const setUp = await openWorld(bare.blocks)
const addresses = await deployContracts(deployment(setUp.connection))
const tree = payoutTree(addresses, MEMBERS)
const [approve, deposit] = encodeDeposit(addresses, SPONSOR, 1_000n)
const mint = encodeMint(addresses, addressOf(RELAYER), 5_000n)

const relayerFor = (connection: ChainConnection, outbox: OutboxStore): Relayer =>
  openRelayer({
    connection,
    outbox,
    key: RELAYER,
    isDone: ({ call }) => isCallDone(connection.client, addresses, call),
  })

const funds = memoryOutbox()
funds.add('mint', mint)
funds.add('approve', approve)
await relayerFor(setUp.connection, funds).drain()

/** A round's worth of rows on the deployed contracts. */
function roundRows(): Ledger {
  const ledger = bare.copy()
  ledger.add('deposit', deposit)
  ledger.add(
    'post',
    encodePost(addresses, { round: 1n, payoutRoot: tree.root, promisedMoney: 1_000n, promisedShares: 8n }),
  )
  ledger.add('activate', encodeActivate(addresses, 1n))
  for (const { claim, proof } of tree.payouts.slice(0, 1)) {
    ledger.add(`claim ${claim.index}`, encodeClaim(addresses, claim, proof))
  }
  return ledger
}

/** One life of the process: from opening the store until all rows are done. Time follows from the chain alone. */
async function live(ledger: Ledger): Promise<void> {
  const { chain, connection, clock } = await openWorld(ledger.blocks)
  const relayer = relayerFor(connection, ledger.outbox)
  while ((await ledger.outbox.pending()).length > 0) {
    const { pending, activeRound } = await readPool(connection.client, addresses)
    clock.now = START + (pending || activeRound > 0n ? Number(ACTIVATION_DELAY) : 0)
    await relayer.drain()
  }
  assert.ok(chain.head().number > 0n)
}

async function outcome(ledger: Ledger) {
  const { chain, connection } = await openWorld(ledger.blocks)
  const { client } = connection
  const { deposited, totalClaimed } = await readPool(client, addresses)
  const balances = await Promise.all(
    MEMBERS.map(({ payTo }) =>
      readContract(client, {
        address: addresses.token,
        abi: erc20Abi,
        functionName: 'balanceOf',
        args: [payTo],
      }),
    ),
  )
  return { head: chain.head(), deposited, totalClaimed, balances }
}

// What is durable before write n is what is durable after write n - 1: both cuts leave the same to start again from.
test('a power cut before any write neither loses nor doubles anything', async () => {
  const undisturbed = roundRows()
  await live(undisturbed)
  const expected = await outcome(undisturbed)
  assert.deepEqual(expected.balances, [500n, 0n, 0n])
  const writes = undisturbed.writes()
  assert.equal(writes, 3 * undisturbed.rows.size)

  for (let at = 0; at < writes; at++) {
    const ledger = roundRows()
    ledger.cutAt(at, 'before')
    await assert.rejects(live(ledger), PowerCut)
    assert.ok(ledger.isCut())
    ledger.restore()
    await live(ledger)
    assert.deepEqual(await outcome(ledger), expected, `write ${at}`)
  }
})

test('a row is done in the commit of its block', async () => {
  const ledger = roundRows()
  // Writes: the raw transaction of the deposit, its block, its summary.
  ledger.cutAt(2, 'before')
  await assert.rejects(live(ledger), PowerCut)
  assert.deepEqual(
    Array.from(ledger.rows.values(), ({ done }) => done),
    [true, false, false, false],
  )
})

test('a commit whose outcome is unknown is looked up before the next block', async () => {
  for (const when of ['before', 'after'] as const) {
    const ledger = roundRows()
    const { chain, connection } = await openWorld(ledger.blocks)
    const relayer = relayerFor(connection, ledger.outbox)
    const before = chain.head()
    ledger.cutAt(1, when)
    await assert.rejects(relayer.drain(), PowerCut)
    assert.deepEqual(chain.head(), before)
    ledger.restore()
    // The same process goes on: it must not build beside a block that is there.
    await relayer.drain()
    const again = await openWorld(ledger.blocks)
    assert.deepEqual(chain.head(), again.chain.head())
    const { deposited } = await readPool(connection.client, addresses)
    assert.deepEqual(deposited, [1_000n, 0n])
  }
})

test('two drains at the same time send every row once', async () => {
  const ledger = roundRows()
  const { chain, connection } = await openWorld(ledger.blocks)
  const relayer = relayerFor(connection, ledger.outbox)
  const { number } = chain.head()
  await Promise.all([relayer.drain(), relayer.drain(), relayer.drain()])
  assert.equal(chain.head().number, number + 2n)
})

/** The embedded chain behind HTTP, as any node is. */
async function serve(chain: EmbeddedChain) {
  const lost = new Set<string>()
  const reply = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { id, method, params } = JSON.parse(await text(request))
    const answer = await chain.request({ method, params }).then(
      (result) => ({ result }),
      (error: RpcError) => ({ error: { code: error.code, message: error.message, data: error.data } }),
    )
    if (lost.has(method)) {
      response.destroy()
      return
    }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }))
  }
  const server = createServer((request, response) => void reply(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    connection: connectChain({ kind: 'rpc', url: `http://127.0.0.1:${port}` }),
    lost,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

test('the same code pays members over JSON-RPC', async () => {
  const { chain, clock } = await openWorld()
  const { connection, close } = await serve(chain)
  try {
    assert.deepEqual(await deployContracts(deployment(connection)), addresses)
    const outbox = memoryOutbox()
    const relayer = relayerFor(connection, outbox)
    outbox.add('mint', mint)
    outbox.add('approve', approve)
    for (const { id, call } of roundRows().rows.values()) outbox.add(id, call)
    await relayer.drain()
    clock.now += Number(ACTIVATION_DELAY)
    assert.deepEqual((await relayer.drain()).rejected, [])
    const { totalClaimed } = await readPool(connection.client, addresses)
    assert.deepEqual(totalClaimed, { money: 500n, shares: 5n })
    const local = connectChain({ kind: 'embedded', chain })
    const options = { addresses, block: chain.head().number, members: MEMBERS.map(({ id }) => id) }
    assert.deepEqual(
      await exportChainProof(connection.client, options),
      await exportChainProof(local.client, options),
    )
  } finally {
    await close()
  }
})

test('a transaction whose answer was lost is found in its block, not sent again', async () => {
  const { chain } = await openWorld()
  const { connection, lost, close } = await serve(chain)
  try {
    await deployContracts(deployment(connection))
    const outbox = memoryOutbox()
    const relayer = relayerFor(connection, outbox)
    outbox.add('mint', encodeMint(addresses, addressOf(GUARDIAN), 5n))
    lost.add('eth_sendRawTransaction')
    await assert.rejects(
      relayer.drain(),
      (error) => error instanceof ProtocolError && error.code === 'chain.unreachable',
    )
    lost.clear()
    const { number } = chain.head()
    assert.deepEqual((await relayer.drain()).done, ['mint'])
    assert.equal(chain.head().number, number)
    assert.equal(outbox.completed.get('mint')?.blockNumber, number)
  } finally {
    await close()
  }
})

test('a stored transaction is signed anew only if another one took its nonce', async () => {
  const { connection } = await openWorld()
  await deployContracts(deployment(connection))
  const outbox = memoryOutbox()
  const stuck = memoryOutbox()
  stuck.add('mint', encodeMint(addresses, addressOf(GUARDIAN), 5n))
  // Stored, and the process ends before the broadcast.
  const silent: ChainConnection = { ...connection, send: () => Promise.reject(new PowerCut()) }
  await assert.rejects(relayerFor(silent, stuck).drain(), PowerCut)
  const [first] = stuck.rows
  assert.ok(first?.raw)
  outbox.add('other', encodeMint(addresses, addressOf(RELAYER), 1n))
  await relayerFor(connection, outbox).drain()
  assert.deepEqual((await relayerFor(connection, stuck).drain()).done, ['mint'])
  assert.notEqual(stuck.rows[0]?.raw, first.raw)
  const balance = await readContract(connection.client, {
    address: addresses.token,
    abi: erc20Abi,
    functionName: 'balanceOf',
    args: [addressOf(GUARDIAN)],
  })
  assert.equal(balance, 5n)
})

test('what the chain refuses is named; a failing store or a bug is passed on as it is', async () => {
  const { connection, store } = await openWorld()
  const outbox = memoryOutbox()
  outbox.add('nowhere', { to: padHex('0xdead', { size: 20 }), data: '0x', value: 10n ** 30n })
  const { rejected } = await relayerFor(connection, outbox).drain()
  assert.equal(rejected[0]?.error.code, 'chain.rejected')
  const broken: OutboxStore = { ...outbox, pending: () => Promise.reject(new RangeError('a bug')) }
  await assert.rejects(relayerFor(connection, broken).drain(), RangeError)

  let down = false
  const failing: BlockStore = {
    ...store,
    get: (key) => (down ? Promise.reject(new PowerCut()) : store.get(key)),
  }
  const second = await openWorld(failing)
  down = true
  await assert.rejects(readPool(second.connection.client, addresses), PowerCut)
  await assert.rejects(relayerFor(second.connection, outbox).drain(), PowerCut)
})

test('an activation that names its round is done once that round pays', async () => {
  const ledger = roundRows()
  await live(ledger)
  const { connection } = await openWorld(ledger.blocks)
  const isDone = (round?: bigint): Promise<boolean> =>
    isCallDone(connection.client, addresses, encodeActivate(addresses, round))
  assert.deepEqual([await isDone(1n), await isDone(2n), await isDone()], [true, false, false])
})
