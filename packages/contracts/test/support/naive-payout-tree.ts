// The payout tree of docs/spec/contracts.md, straight from its definition and independent of every other code.
import { concat, encodeAbiParameters, type Hex, keccak256 } from 'viem'

export type Row = {
  readonly memberId: Hex
  readonly payTo: Hex
  readonly money: bigint
  readonly shares: bigint
}

export type Claim = Row & { readonly index: bigint; readonly count: bigint }
export type Place = { readonly chainId: number; readonly pool: Hex; readonly token: Hex }
export type Proven = { readonly claim: Claim; readonly proof: readonly Hex[] }
export type Tree = { readonly root: Hex; readonly claims: readonly Proven[] }

const ZERO: Hex = `0x${'00'.repeat(32)}`

export function leafOf(claim: Claim, place: Place): Hex {
  const types = ['uint256', 'address', 'address', 'uint256', 'bytes32', 'address', 'uint256', 'uint256']
  const row = encodeAbiParameters(
    types.map((type) => ({ type })),
    [
      BigInt(place.chainId),
      place.pool,
      place.token,
      claim.index,
      claim.memberId,
      claim.payTo,
      claim.money,
      claim.shares,
    ],
  )
  return keccak256(keccak256(row))
}

/** Root and proofs of `rows` in the order given (the rewards package sorts them; the pool does not care). */
export function buildTree(rows: readonly Row[], place: Place): Tree {
  const count = BigInt(rows.length)
  const claims = rows.map((row, index) => ({ ...row, index: BigInt(index), count }))
  const leaves = claims.map((claim) => leafOf(claim, place))
  let width = 1
  while (width < rows.length) width *= 2
  while (leaves.length < width) leaves.push(ZERO)
  return {
    root: keccak256(encodeAbiParameters([{ type: 'uint256' }, { type: 'bytes32' }], [count, top(leaves)])),
    claims: claims.map((claim, index) => ({ claim, proof: path(leaves, index) })),
  }
}

function top(leaves: readonly Hex[]): Hex {
  if (leaves.length === 1) return leaves[0] as Hex
  const half = leaves.length / 2
  return keccak256(concat([top(leaves.slice(0, half)), top(leaves.slice(half))]))
}

/** Siblings from the leaf upwards. */
function path(leaves: readonly Hex[], index: number): readonly Hex[] {
  if (leaves.length === 1) return []
  const half = leaves.length / 2
  const [left, right] = [leaves.slice(0, half), leaves.slice(half)]
  return index < half ? [...path(left, index), top(right)] : [...path(right, index - half), top(left)]
}
