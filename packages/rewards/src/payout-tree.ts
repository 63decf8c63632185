/**
 * The payout tree (docs/spec/payouts.md, section 5), exactly as the contract `PayoutPool` checks it. Leaves are hashed
 * twice, so that no inner node can pass for one; position and count are bound, so that no leaf can hide twice.
 */
import { concatBytes, fromHex, isDigest, type MemberId, ProtocolError, toHex } from '@commonhold/protocol'
import { keccak_256 } from '@noble/hashes/sha3.js'

/** 0x and 64 lower-case hex digits: a bytes32. */
export type Hex32 = `0x${string}`
/** 0x and 40 lower-case hex digits. */
export type Address = `0x${string}`

/** What every leaf is bound to: no proof works on another chain, pool or token. */
export type PayoutContext = { readonly chainId: bigint; readonly pool: Address; readonly token: Address }

export type PayoutRow = {
  readonly member: MemberId
  readonly payTo: Address
  /** Everything ever claimable by the member, smallest unit. */
  readonly money: bigint
  /** Everything ever vested in shares. */
  readonly shares: bigint
}

export type PayoutTree = {
  readonly payoutRoot: Hex32
  readonly leaves: readonly Hex32[]
  /** Siblings from the leaf to the top. */
  readonly proof: (index: number) => Hex32[]
}

const ZERO: Hex32 = `0x${'00'.repeat(32)}`
/** Positions are handled as 32-bit integers. */
const MOST_LEAVES = 2_147_483_648
const ADDRESS = /^0x[0-9a-f]{40}$/
const HEX32 = /^0x[0-9a-f]{64}$/

/**
 * @param rows Strictly ascending by member.
 * @throws {ProtocolError} `data.malformed` for rows out of order, an id, address or amount of the wrong shape.
 */
export function buildPayoutTree(context: PayoutContext, rows: readonly PayoutRow[]): PayoutTree {
  const leaves = rows.map((row, index) => {
    const before = rows[index - 1]
    if (before !== undefined && before.member >= row.member) throw malformed(`row ${index} is out of order`)
    return payoutLeaf(context, index, row)
  })
  const levels: Hex32[][] = [padded(leaves)]
  for (let level = levels[0] as Hex32[]; level.length > 1; ) {
    const above: Hex32[] = []
    for (let i = 0; i < level.length; i += 2) above.push(node(level[i] as Hex32, level[i + 1] as Hex32))
    levels.push(above)
    level = above
  }
  const top = (levels.at(-1) as Hex32[])[0] as Hex32
  return {
    payoutRoot: payoutRootOf(rows.length, top),
    leaves,
    proof: (index) => {
      if (!Number.isSafeInteger(index) || index < 0 || index >= leaves.length)
        throw new Error(`no leaf ${index}`)
      return levels.slice(0, -1).map((level, height) => level[siblingOf(index, height)] as Hex32)
    },
  }
}

/**
 * keccak256(keccak256(abi.encode(chainId, pool, token, index, memberId, payTo, money, shares))).
 *
 * @throws {ProtocolError} `data.malformed` for an id, address or amount of the wrong shape.
 */
export function payoutLeaf({ chainId, pool, token }: PayoutContext, index: number, row: PayoutRow): Hex32 {
  if (!isDigest(row.member)) throw malformed('a member id is 64 lower-case hex digits')
  const inner = keccak_256(
    concatBytes(
      uint256(chainId),
      addressWord(pool),
      addressWord(token),
      uint256(BigInt(index)),
      fromHex(row.member),
      addressWord(row.payTo),
      uint256(row.money),
      uint256(row.shares),
    ),
  )
  return hex(keccak_256(inner))
}

/**
 * Checks that `row` stands at `index` of a tree of `count` leaves with this root.
 *
 * @throws {ProtocolError} `payout.bad_proof` if it does not; `data.malformed` as `payoutLeaf`.
 */
export function verifyPayoutProof(claim: {
  readonly context: PayoutContext
  readonly payoutRoot: Hex32
  readonly count: number
  readonly index: number
  readonly row: PayoutRow
  readonly proof: readonly Hex32[]
}): void {
  const { context, payoutRoot, count, index, row, proof } = claim
  if (!Number.isSafeInteger(count) || count > MOST_LEAVES) throw badProof('no tree has so many leaves')
  if (!Number.isSafeInteger(index) || index < 0 || index >= count)
    throw badProof('the index is outside the tree')
  if (proof.length !== heightOf(count)) throw badProof('the proof has the wrong length')
  let hash = payoutLeaf(context, index, row)
  for (const [height, sibling] of proof.entries()) {
    if (!HEX32.test(sibling)) throw badProof('a sibling is not a bytes32')
    hash = isRight(index, height) ? node(sibling, hash) : node(hash, sibling)
  }
  if (payoutRootOf(count, hash) !== payoutRoot) throw badProof('the proof leads to another root')
}

const isRight = (index: number, height: number): boolean => ((index >>> height) & 1) === 1

const siblingOf = (index: number, height: number): number => (index >>> height) ^ 1

/** Levels below the top: log2 of the next power of two. */
function heightOf(count: number): number {
  let height = 0
  for (let width = 1; width < count; width *= 2) height++
  return height
}

/** Zeros up to the next power of two, at least one leaf. */
function padded(leaves: readonly Hex32[]): Hex32[] {
  let width = 1
  while (width < leaves.length) width *= 2
  return [...leaves, ...Array.from({ length: width - leaves.length }, () => ZERO)]
}

const node = (left: Hex32, right: Hex32): Hex32 => hex(keccak_256(concatBytes(bytes(left), bytes(right))))

const payoutRootOf = (count: number, top: Hex32): Hex32 =>
  hex(keccak_256(concatBytes(uint256(BigInt(count)), bytes(top))))

const hex = (value: Uint8Array): Hex32 => `0x${toHex(value)}`
const bytes = (value: Hex32): Uint8Array => fromHex(value.slice(2))

function uint256(value: bigint): Uint8Array {
  const digits = value.toString(16)
  if (value < 0n || digits.length > 64) throw malformed('an amount is outside uint256')
  return fromHex(digits.padStart(64, '0'))
}

function addressWord(address: Address): Uint8Array {
  if (!ADDRESS.test(address)) throw malformed('an address is 0x and 40 lower-case hex digits')
  return fromHex(address.slice(2).padStart(64, '0'))
}

const malformed = (reason: string): ProtocolError => new ProtocolError('data.malformed', reason)
const badProof = (reason: string): ProtocolError => new ProtocolError('payout.bad_proof', reason)
