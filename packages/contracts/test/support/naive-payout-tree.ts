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
  const top = nodesOver(leaves)
  const header = [{ type: 'uint256' }, { type: 'bytes32' }]
  return {
    root: keccak256(encodeAbiParameters(header, [count, top(0, width)])),
    claims: claims.map((claim, index) => ({ claim, proof: siblings(top, index, 0, width) })),
  }
}

type NodeOver = (from: number, to: number) => Hex

/** The node over the leaves from..to, whose number is a power of two. */
function nodesOver(leaves: readonly Hex[]): NodeOver {
  const known = new Map<string, Hex>()
  const node: NodeOver = (from, to) => {
    if (to - from === 1) return leaves[from] as Hex
    const key = `${from}-${to}`
    const middle = (from + to) / 2
    const hash = known.get(key) ?? keccak256(concat([node(from, middle), node(middle, to)]))
    known.set(key, hash)
    return hash
  }
  return node
}

/** From the leaf upwards. */
function siblings(top: NodeOver, index: number, from: number, to: number): readonly Hex[] {
  if (to - from === 1) return []
  const middle = (from + to) / 2
  return index < middle
    ? [...siblings(top, index, from, middle), top(middle, to)]
    : [...siblings(top, index, middle, to), top(from, middle)]
}
