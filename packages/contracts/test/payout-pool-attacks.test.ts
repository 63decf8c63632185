import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { concat, encodeAbiParameters, type Hex, keccak256 } from 'viem'
import { hostileTokenAbi, hostileTokenBytecode } from './hostile-token.gen.ts'
import { Chain, person } from './support/evm.ts'
import { runs } from './support/fuzz.ts'
import { buildTree, type Claim, leafOf } from './support/naive-payout-tree.ts'
import {
  ACTIVATION_DELAY,
  activateTree,
  deployPool,
  deployPoolFor,
  memberId,
  PUBLISHER,
  rowsOf,
  SPONSOR,
  SWEEP_DELAY,
  TREASURY,
} from './support/pool-fixture.ts'

const MALLORY = person(0xbad)
const ZERO: Hex = `0x${'00'.repeat(32)}`
const fixture = await deployPool()
const { chain, pool, tree } = fixture
const place = { chainId: chain.chainId, pool: pool.address, token: fixture.token.address }
const rows = rowsOf([10n, 20n, 30n, 40n, 50n].map((money) => [money, money * 2n]))

/** A test on a funded pool whose active tree pays five members. */
const it = (name: string, work: () => Promise<void>): unknown =>
  test(name, () =>
    chain.scratch(async () => {
      await pool.send(SPONSOR, 'deposit', [0, 1_000n])
      await activateTree(fixture, tree(rows))
      await work()
    }),
  )
const claimOf = (index: number): { readonly claim: Claim; readonly proof: readonly Hex[] } => {
  const proven = tree(rows).claims[index]
  assert.ok(proven)
  return proven
}
const refused = (claim: Claim, proof: readonly Hex[]): Promise<void> =>
  pool.refuses('InvalidProof', MALLORY, 'claim', [claim, proof])

it("a claim with another's proof, or with any field changed, is refused", async () => {
  const { claim, proof } = claimOf(1)
  await refused(claim, claimOf(2).proof)
  await refused({ ...claim, payTo: MALLORY }, proof)
  await refused({ ...claim, memberId: memberId(9) }, proof)
  await refused({ ...claim, money: claim.money + 1n }, proof)
  await refused({ ...claim, shares: claim.shares + 1n }, proof)
  await refused({ ...claim, money: claim.money - 1n }, proof)
})

it('a wrong index, count or length of proof is refused', async () => {
  const { claim, proof } = claimOf(4)
  for (const index of [0n, 1n, 3n, 5n, 7n, 12n, 2n ** 255n]) await refused({ ...claim, index }, proof)
  for (const count of [0n, 1n, 4n, 6n, 8n, 9n, 2n ** 255n, 2n ** 256n - 1n]) {
    await refused({ ...claim, count }, proof)
  }
  await refused(claim, [])
  await refused(claim, proof.slice(0, -1))
  await refused(claim, [...proof, ZERO])
  await refused(claim, Array<Hex>(256).fill(ZERO))
  await refused(claim, Array<Hex>(300).fill(ZERO))
})

it('neither padding nor an inner node passes for a row', async () => {
  const leaves = tree(rows).claims.map(({ claim }) => leafOf(claim, place))
  const inner = keccak256(concat([leaves[0] ?? ZERO, leaves[1] ?? ZERO]))
  // A tree of "two leaves" whose top is the same: the count in the root gives it away.
  await refused({ ...claimOf(0).claim, count: 2n }, [inner])
  // A row in the padding beside the last leaf: its index is not below the count.
  const { claim, proof } = claimOf(4)
  await refused({ ...claim, index: 5n, money: 0n }, [leaves[4] ?? ZERO, ...proof.slice(1)])
})

it('a root whose tree does not fit its count pays no row outside', async () => {
  const four = Array.from({ length: 4 }, (_, i) => ({
    ...(rows[i] ?? assert.fail()),
    index: BigInt(i),
    count: 4n,
  }))
  const [a = ZERO, b = ZERO, c = ZERO, d = ZERO] = four.map((claim) => leafOf(claim, place))
  const [left, right] = [keccak256(concat([a, b])), keccak256(concat([c, d]))]
  const proofs = [
    [b, right],
    [a, right],
    [d, left],
    [c, left],
  ] as const
  // Under count 3 the fourth leaf stands in the padding; under the others the tree is too deep or too flat.
  for (const [count, payable] of [
    [4n, 4],
    [3n, 3],
    [2n, 0],
    [1n, 0],
    [5n, 0],
    [8n, 0],
  ] as const) {
    const header = [{ type: 'uint256' }, { type: 'bytes32' }]
    const root = keccak256(encodeAbiParameters(header, [count, keccak256(concat([left, right]))]))
    await chain.scratch(async () => {
      await pool.send(PUBLISHER, 'post', [2n, root, 150n, 300n])
      chain.warp(ACTIVATION_DELAY)
      await pool.send(MALLORY, 'activate', [])
      for (const [i, claim] of four.entries()) {
        const proof = proofs[i] ?? []
        if (i < payable) await pool.send(MALLORY, 'claim', [{ ...claim, count }, proof])
        else await refused({ ...claim, count }, proof)
      }
    })
  }
})

it('random changes to a valid claim never pay', async () => {
  const words = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n })
  const small = fc.bigInt({ min: 0n, max: 9n })
  const change = fc.oneof(
    fc.record({ index: fc.oneof(small, words) }),
    fc.record({ count: fc.oneof(small, words) }),
    fc.record({ money: words }),
    fc.record({ shares: words }),
  )
  const flip = fc.record({ level: fc.nat(2), bit: fc.bigInt({ min: 0n, max: 255n }) })
  await fc.assert(
    fc.asyncProperty(fc.nat(4), fc.option(change), flip, async (index, changed, { level, bit }) => {
      const { claim, proof } = claimOf(index)
      const forged = { ...claim, ...changed }
      const same = (['index', 'count', 'money', 'shares'] as const).every((key) => forged[key] === claim[key])
      const node = BigInt(proof[level] ?? ZERO) ^ (1n << bit)
      const bent = proof.with(level, encodeAbiParameters([{ type: 'uint256' }], [node]))
      await refused(forged, same ? bent : proof)
    }),
    { numRuns: runs(60) },
  )
})

it('a row of another pool or another token pays nothing here', async () => {
  const other = await deployPoolFor(chain, person(0x70c))
  for (const elsewhere of [
    { ...place, pool: other.pool.address },
    { ...place, token: person(0x70c) },
    { ...place, chainId: chain.chainId + 1 },
  ]) {
    const foreign = buildTree(rows, elsewhere)
    const [row] = foreign.claims
    assert.ok(row)
    await chain.scratch(async () => {
      // Even an active root made for another place has no row that is valid here.
      await pool.send(PUBLISHER, 'post', [2n, foreign.root, 150n, 300n])
      chain.warp(ACTIVATION_DELAY)
      await pool.send(MALLORY, 'activate', [])
      await refused(row.claim, row.proof)
    })
  }
})

test('the same pool on another chain, addresses and all, pays none of these rows', async () => {
  const twin = await deployPool(1)
  assert.equal(twin.pool.address, pool.address)
  await twin.pool.send(SPONSOR, 'deposit', [0, 1_000n])
  const [here, there] = [claimOf(0), twin.tree(rows).claims[0]]
  assert.ok(there)
  await twin.chain.scratch(async () => {
    await activateTree(twin, tree(rows))
    await twin.pool.refuses('InvalidProof', MALLORY, 'claim', [here.claim, here.proof])
  })
  await activateTree(twin, twin.tree(rows))
  await twin.pool.refuses('InvalidProof', MALLORY, 'claim', [here.claim, here.proof])
  await twin.pool.send(MALLORY, 'claim', [there.claim, there.proof])
})

it('only the publisher posts and announces, and nobody else moves money', async () => {
  for (const someone of [MALLORY, SPONSOR, TREASURY]) {
    await pool.refuses('NotPublisher', someone, 'post', [2n, ZERO, 0n, 0n])
    await pool.refuses('NotPublisher', someone, 'announceSweep', [1n])
    await pool.refuses('NotGuardian', someone, 'veto', [])
  }
})

test('a token that calls back during a payment gains nothing', async () => {
  const host = await Chain.start()
  const token = await host.deploy(hostileTokenAbi, hostileTokenBytecode, [])
  const { pool } = await deployPoolFor(host, token.address)
  const trap = buildTree(rows, { chainId: host.chainId, pool: pool.address, token: token.address })
  await token.send(SPONSOR, 'mint', [SPONSOR, 1_000n])
  await token.send(SPONSOR, 'approve', [pool.address, 1_000n])
  await pool.send(SPONSOR, 'deposit', [0, 150n])
  await token.send(SPONSOR, 'transfer', [pool.address, 50n])
  await pool.send(PUBLISHER, 'post', [1n, trap.root, 150n, 300n])
  host.warp(ACTIVATION_DELAY)
  await pool.send(MALLORY, 'activate', [])
  await pool.send(PUBLISHER, 'announceSweep', [50n])
  host.warp(SWEEP_DELAY)
  const [ann, ben] = trap.claims
  assert.ok(ann && ben)

  // While the 10 are on their way, balance + claimed is 10 too high: the sweep must not see it.
  const calls = [
    pool.encode('claim', [ann.claim, ann.proof]),
    pool.encode('claim', [ben.claim, ben.proof]),
    pool.encode('claimBatch', [[ben.claim], [ben.proof]]),
    pool.encode('deposit', [0, 1n]),
    pool.encode('sweep', []),
    pool.encode('surplus', []),
  ]
  for (const call of calls) {
    await host.scratch(async () => {
      await token.send(MALLORY, 'prepare', [pool.address, call])
      await pool.send(MALLORY, 'claim', [ann.claim, ann.proof])
      assert.equal(await token.read('succeeded', []), false)
      assert.equal(
        (await token.read('answer', [])).slice(0, 10),
        '0x3ee5aeb5',
        'ReentrancyGuardReentrantCall()',
      )
      assert.deepEqual(await pool.read('totalClaimed', []), [10n, 20n])
      assert.equal(await token.read('balanceOf', [pool.address]), 190n)
      assert.equal(await token.read('balanceOf', [TREASURY]), 0n)
    })
  }
})

test('what a token takes away after a deposit is promised to nobody, and a gift fills the gap first', async () => {
  const host = await Chain.start()
  const token = await host.deploy(hostileTokenAbi, hostileTokenBytecode, [])
  const { pool } = await deployPoolFor(host, token.address)
  const root: Hex = `0x${'01'.repeat(32)}`
  await token.send(SPONSOR, 'mint', [SPONSOR, 1_000n])
  await token.send(SPONSOR, 'approve', [pool.address, 1_000n])
  await pool.send(SPONSOR, 'deposit', [0, 100n])
  await token.send(MALLORY, 'seize', [pool.address, 30n])
  assert.equal(await pool.read('surplus', []), 0n)
  await pool.refuses('PromiseNotCovered', PUBLISHER, 'post', [1n, root, 71n, 0n], [71n, 70n])
  await token.send(SPONSOR, 'transfer', [pool.address, 30n])
  assert.equal(await pool.read('surplus', []), 0n)
  await token.send(SPONSOR, 'transfer', [pool.address, 5n])
  await pool.send(PUBLISHER, 'announceSweep', [5n])
  await pool.send(PUBLISHER, 'post', [1n, root, 100n, 0n])
  await token.send(MALLORY, 'seize', [pool.address, 1n])
  host.warp(SWEEP_DELAY)
  await pool.refuses('SurplusExceeded', MALLORY, 'sweep', [], [5n, 4n])
})

test('one payTo that the token refuses stops a batch, and nobody who is then paid singly', async () => {
  // The zero address stands for one on an issuer's blocklist.
  const nobody = person(-0xa11ce000)
  const mixed = rows.map((row, i) => (i === 2 ? { ...row, payTo: nobody } : row))
  await chain.scratch(async () => {
    await pool.send(SPONSOR, 'deposit', [0, 1_000n])
    const paid = tree(mixed.map((row) => ({ ...row, shares: 0n })))
    await activateTree(fixture, paid)
    const claims = paid.claims.map(({ claim }) => claim)
    const proofs = paid.claims.map(({ proof }) => proof)
    await pool.refuses('ERC20InvalidReceiver', MALLORY, 'claimBatch', [claims, proofs])
    for (const { claim, proof } of paid.claims) {
      if (claim.payTo === nobody) await pool.refuses('ERC20InvalidReceiver', MALLORY, 'claim', [claim, proof])
      else await pool.send(MALLORY, 'claim', [claim, proof])
    }
    assert.deepEqual(await pool.read('totalClaimed', []), [120n, 0n])
  })
})
