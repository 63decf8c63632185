// The proofs come from another implementation of the trie (ethereumjs), the expected values from what was put into it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProtocolError, toHex } from '@commonhold/protocol'
import { createBlockHeader } from '@ethereumjs/block'
import { Common, Hardfork, Mainnet } from '@ethereumjs/common'
import { getMerkleStateProof, MerkleStateManager } from '@ethereumjs/statemanager'
import { type Address, createAccount, createAddressFromString, setLengthLeft } from '@ethereumjs/util'
import { keccak_256 } from '@noble/hashes/sha3.js'
import fc from 'fast-check'
import { matchCode, verifyStorageProofs } from '../src/storage-proof.ts'

const common = new Common({ chain: Mainnet, hardfork: Hardfork.Osaka })
const hex = (bytes: Uint8Array): string => `0x${toHex(bytes)}`
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replace(/^0x/, ''), 'hex'))
const word = (value: bigint): Uint8Array => bytes(value.toString(16).padStart(64, '0'))
const mapped = (key: Uint8Array, slot: bigint): Uint8Array =>
  keccak_256(Uint8Array.from([...setLengthLeft(key, 32), ...word(slot)]))
const packed = (low: bigint, high: bigint, lowBytes = 16): bigint => low | (high << BigInt(8 * lowBytes))

const POOL = createAddressFromString(`0x${'aa'.repeat(20)}`)
const ANCHOR = createAddressFromString(`0x${'bb'.repeat(20)}`)
const SHARES = createAddressFromString(`0x${'cc'.repeat(20)}`)
const TOKEN = createAddressFromString(`0x${'dd'.repeat(20)}`)
const NOBODY = bytes('ee'.repeat(32))

type Setting = {
  readonly pool: readonly bigint[]
  readonly anchor: readonly [bigint, bigint]
  readonly balance: bigint
  readonly claimed: ReadonlyMap<string, bigint>
  readonly strangers: readonly string[]
}

const setting: Setting = {
  pool: [
    700n,
    300n,
    packed(120n, 7n),
    BigInt(`0x${'12'.repeat(32)}`),
    packed(900n, 40n),
    packed(3n, 111n, 8),
    BigInt(`0x${'34'.repeat(32)}`),
    packed(950n, 50n),
    packed(4n, 999n, 8),
  ],
  anchor: [BigInt(`0x${'56'.repeat(32)}`), packed(18_204n, 77n, 8)],
  balance: 880n,
  claimed: new Map([
    ['01'.repeat(32), packed(100n, 5n)],
    ['02'.repeat(32), packed(20n, 2n)],
    ['03'.repeat(32), packed(1n, 0n)],
  ]),
  strangers: Array.from({ length: 40 }, (_, index) => toHex(keccak_256(word(BigInt(index))).subarray(12))),
}

async function contract(
  state: MerkleStateManager,
  address: Address,
  slots: ReadonlyMap<string, bigint>,
): Promise<void> {
  await state.putAccount(address, createAccount({ nonce: 1n }))
  await state.putCode(address, Uint8Array.from([0x60, ...address.bytes]))
  for (const [slot, value] of slots) await state.putStorage(address, bytes(slot), word(value))
}

async function proofOf(
  { pool, anchor, balance, claimed, strangers }: Setting,
  members: readonly Uint8Array[],
) {
  const state = new MerkleStateManager({ common })
  for (const stranger of strangers) {
    await state.putAccount(createAddressFromString(`0x${stranger}`), createAccount({ balance: 5n }))
  }
  const poolSlots = new Map(pool.map((value, slot) => [hex(word(BigInt(slot))), value]))
  for (const [member, value] of claimed) poolSlots.set(hex(mapped(bytes(member), 9n)), value)
  await contract(state, POOL, poolSlots)
  await contract(state, ANCHOR, new Map(anchor.map((value, slot) => [hex(word(BigInt(slot))), value])))
  await contract(state, SHARES, new Map())
  await contract(state, TOKEN, new Map([[hex(mapped(POOL.bytes, 0n)), balance]]))
  const stateRoot = await state.getStateRoot()
  const header = createBlockHeader({ number: 42n, timestamp: 1_700_000_000n, stateRoot }, { common })

  const account = async (address: Address, slots: readonly Uint8Array[]) => {
    const proof = await getMerkleStateProof(state, address, [...slots])
    return {
      address: address.toString(),
      code: hex(await state.getCode(address)),
      account: proof.accountProof as readonly string[],
      storage: proof.storageProof.map((slot) => slot.proof as readonly string[]),
    }
  }
  const claims = await account(
    POOL,
    members.map((member) => mapped(member, 9n)),
  )
  return {
    format: 'commonhold-chain-proof/v1',
    blockHash: hex(header.hash()),
    header: hex(header.serialize()),
    pool: await account(
      POOL,
      pool.map((_, slot) => word(BigInt(slot))),
    ),
    anchor: await account(
      ANCHOR,
      anchor.map((_, slot) => word(BigInt(slot))),
    ),
    shares: await account(SHARES, []),
    token: await account(TOKEN, [mapped(POOL.bytes, 0n)]),
    claimed: members.map((member, index) => ({
      memberId: hex(member),
      proof: claims.storage[index] as readonly string[],
    })),
  }
}

const MEMBERS = Array.from(setting.claimed.keys(), bytes)
const proof = await proofOf(setting, MEMBERS)

const detail = ({ details: { part = '' } }: ProtocolError): string => String(part)
const refused = (part: RegExp) => (error: unknown) =>
  error instanceof ProtocolError && error.code === 'log.bad_proof' && part.test(detail(error))

test('a chain proof yields what the contracts hold', () => {
  const { block, pool, anchor, shares, token, claimed } = verifyStorageProofs(proof)
  assert.deepEqual([block.number, block.timestamp, block.hash], [42n, 1_700_000_000n, proof.blockHash])
  assert.deepEqual(pool.deposited, [700n, 300n])
  assert.deepEqual(pool.totalClaimed, { money: 120n, shares: 7n })
  assert.deepEqual(pool.active, {
    round: 3n,
    payoutRoot: `0x${'12'.repeat(32)}`,
    promised: { money: 900n, shares: 40n },
  })
  assert.deepEqual(pool.pending, {
    round: 4n,
    payoutRoot: `0x${'34'.repeat(32)}`,
    promised: { money: 950n, shares: 50n },
    activatesAt: 999n,
  })
  assert.deepEqual([anchor.size, anchor.logRoot, anchor.blockNumber], [18_204n, `0x${'56'.repeat(32)}`, 77n])
  assert.equal(shares.address, SHARES.toString())
  assert.equal(token?.poolBalance, 880n)
  assert.deepEqual(
    claimed.map(({ money, shares: paid }) => [money, paid]),
    [
      [100n, 5n],
      [20n, 2n],
      [1n, 0n],
    ],
  )
})

test('slots that were never written are proved to be zero', async () => {
  const fresh = await proofOf(
    { ...setting, pool: setting.pool.map(() => 0n), anchor: [0n, 0n], balance: 0n, claimed: new Map() },
    [],
  )
  const { pool, anchor, token } = verifyStorageProofs(fresh)
  assert.deepEqual(pool.deposited, [0n, 0n])
  assert.equal(pool.active.round, 0n)
  assert.equal(anchor.size, 0n)
  assert.equal(token?.poolBalance, 0n)
})

test('a member who was never paid is not taken for one who was', async () => {
  const withNobody = await proofOf(setting, [MEMBERS[0] as Uint8Array, NOBODY])
  assert.throws(() => verifyStorageProofs(withNobody), refused(/^claimed\[1\]$/))
})

test('proofs of any state verify to that state', async () => {
  const amount = fc.bigInt({ min: 0n, max: (1n << 256n) - 1n })
  const small = fc.bigInt({ min: 0n, max: 300n })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(amount, small), { minLength: 9, maxLength: 9 }),
      fc.tuple(amount, amount),
      fc.uniqueArray(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 12, selector: toHex }),
      fc.array(fc.uint8Array({ minLength: 20, maxLength: 20 }), { maxLength: 12 }),
      async (pool, anchor, members, strangers) => {
        const claimed = new Map(members.map((member, index) => [toHex(member), BigInt(index + 1)]))
        const state = { pool, anchor, balance: pool[0] as bigint, claimed, strangers: strangers.map(toHex) }
        const proven = verifyStorageProofs(await proofOf(state, members))
        assert.deepEqual(proven.pool.deposited, [pool[0], pool[1]])
        assert.equal(BigInt(proven.pool.active.payoutRoot), pool[3])
        assert.equal(BigInt(proven.anchor.logRoot), anchor[0])
        assert.deepEqual(
          proven.claimed.map(({ money }) => money),
          members.map((_, index) => BigInt(index + 1)),
        )
      },
    ),
    { numRuns: 25 },
  )
})

type Place = {
  readonly holder: Record<string, unknown> | unknown[]
  readonly key: string | number
  readonly text: string
}

/** Every text in the proof, with where it stands. */
function places(value: unknown): readonly Place[] {
  if (typeof value !== 'object' || value === null) return []
  const holder = value as Record<string, unknown>
  return Object.keys(holder).flatMap((key) => {
    const inner = holder[key]
    return typeof inner === 'string' ? [{ holder, key, text: inner }] : places(inner)
  })
}

test('one byte changed anywhere in a proof is refused, and the untouched proof passes', () => {
  const copy = structuredClone(proof)
  const texts = places(copy)
  let tried = 0
  for (const { holder, key, text } of texts) {
    // Every byte of short texts, every 7th of long ones: the whole takes a second.
    const step = text.length > 200 ? 14 : 2
    for (let at = 2; at < text.length; at += step) {
      const flipped = (Number.parseInt(text.slice(at, at + 2), 16) ^ (1 << (at % 8))) & 255
      const changed = `${text.slice(0, at)}${flipped.toString(16).padStart(2, '0')}${text.slice(at + 2)}`
      Reflect.set(holder, key, changed)
      assert.throws(() => verifyStorageProofs(copy), refused(/./), `${String(key)} at ${at}`)
      tried++
    }
    Reflect.set(holder, key, text)
  }
  assert.ok(tried > 1000)
  verifyStorageProofs(copy)
})

test('nodes left out, doubled, swapped or taken from another proof are refused', () => {
  const variants: readonly ((nodes: readonly string[]) => readonly string[])[] = [
    (nodes) => nodes.slice(1),
    (nodes) => nodes.slice(0, -1),
    (nodes) => [...nodes, nodes.at(-1) as string],
    (nodes) => nodes.toReversed(),
    (nodes) => [...nodes, '0x80'],
    () => proof.anchor.storage[0] as readonly string[],
    () => [],
  ]
  for (const change of variants) {
    const storage = proof.pool.storage.with(0, change(proof.pool.storage[0] as readonly string[]))
    assert.throws(
      () => verifyStorageProofs({ ...proof, pool: { ...proof.pool, storage } }),
      refused(/^pool\.storage\[0\]$/),
    )
    const account = change(proof.shares.account)
    assert.throws(
      () => verifyStorageProofs({ ...proof, shares: { ...proof.shares, account } }),
      refused(/^shares\.account$/),
    )
  }
})

test('a value proved for one slot does not pass for another', () => {
  const [first, second, ...rest] = proof.pool.storage
  const storage = [second, first, ...rest]
  assert.throws(
    () => verifyStorageProofs({ ...proof, pool: { ...proof.pool, storage } }),
    refused(/^pool\.storage\[0\]$/),
  )
})

test('one contract does not pass for another', () => {
  assert.throws(() => verifyStorageProofs({ ...proof, anchor: proof.shares }), refused(/^anchor\.storage$/))
  const code = proof.anchor.code
  assert.throws(
    () => verifyStorageProofs({ ...proof, pool: { ...proof.pool, code } }),
    refused(/^pool\.code$/),
  )
})

test('no input makes the check fail in any other way', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.throws(() => verifyStorageProofs(value), refused(/./))
    }),
    { numRuns: 200 },
  )
  const anyNodes = fc.array(fc.oneof(fc.jsonValue(), fc.uint8Array({ maxLength: 80 }).map(hex)), {
    maxLength: 4,
  })
  fc.assert(
    fc.property(anyNodes, fc.uint8Array({ maxLength: 64 }).map(hex), (nodes, header) => {
      const pool = { ...proof.pool, account: nodes }
      assert.throws(() => verifyStorageProofs({ ...proof, pool }), refused(/./))
      const blockHash = hex(keccak_256(bytes(header)))
      assert.throws(() => verifyStorageProofs({ ...proof, header, blockHash }), refused(/^header$/))
    }),
    { numRuns: 300 },
  )
})

/** A state of one account whose trie is one leaf: hand-made nodes reach the decoder with a matching hash. */
test('badly encoded RLP is refused even where the hash is right', () => {
  const withHeader = (header: string) => ({ ...proof, header, blockHash: hex(keccak_256(bytes(header))) })
  const body = proof.header.slice(2)
  const variants = [
    `0x${body}00`,
    `0x${body.slice(0, -2)}`,
    // The list's length with a leading zero byte.
    `0x${body.replace(/^f9(....)/, 'fa00$1')}`,
    '0x',
    '0xc0',
    '0x80',
    '0xf800',
    '0xb8',
    '0x8101',
    `0x${'c1'.repeat(40)}c0`,
  ]
  for (const header of variants) {
    assert.throws(() => verifyStorageProofs(withHeader(header)), refused(/^header$/), header.slice(0, 20))
  }
})

test('deployed code matches the compiled one but for its immutables', () => {
  const immutables = {
    OWNER: [
      { start: 2, length: 2 },
      { start: 6, length: 2 },
    ],
    ID: [{ start: 4, length: 1 }],
  }
  assert.deepEqual(matchCode('0x6001aabb0760aabb', '0x6001000000600000', immutables), {
    OWNER: '0xaabb',
    ID: '0x07',
  })
  assert.throws(() => matchCode('0x6001aabb0760aabc', '0x6001000000600000', immutables), refused(/^code$/))
  assert.throws(() => matchCode('0x6101aabb0760aabb', '0x6001000000600000', immutables), refused(/^code$/))
  assert.throws(() => matchCode('0x6001aabb0760aabb00', '0x6001000000600000', immutables), refused(/^code$/))
})
