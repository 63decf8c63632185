// Writes vectors/payouts/*.json: payout trees computed naively from the description (docs/spec/payouts.md, section 5) with
// viem's ABI encoder and keccak, sharing no code with src. `node packages/rewards/tools/payout-vectors.ts`.
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { concat, encodeAbiParameters, type Hex, keccak256, parseAbiParameters, sha256, toHex } from 'viem'

export const COUNTS = [1, 2, 3, 5, 8] as const
const FOLDER = fileURLToPath(new URL('../../../vectors/payouts/', import.meta.url))
const LEAF = parseAbiParameters(
  'uint256 chainId, address pool, address token, uint256 index, bytes32 memberId, address payTo, uint256 money, uint256 shares',
)
const ZERO: Hex = `0x${'0'.repeat(64)}`

const seeded = (text: string): Hex => sha256(toHex(`payout vector ${text}`))
const address = (text: string): Hex => `0x${seeded(text).slice(2, 42)}`

export type PayoutVector = {
  readonly chainId: string
  readonly pool: Hex
  readonly token: Hex
  readonly count: number
  readonly rows: readonly {
    readonly member: string
    readonly payTo: Hex
    readonly money: string
    readonly shares: string
  }[]
  readonly leaves: readonly Hex[]
  readonly proofs: readonly (readonly Hex[])[]
  readonly payoutRoot: Hex
}

/** The top of `leaves`, whose number is a power of two: two halves, again and again. */
function topOf(leaves: readonly Hex[]): Hex {
  if (leaves.length === 1) return leaves[0] as Hex
  const half = leaves.length / 2
  return keccak256(concat([topOf(leaves.slice(0, half)), topOf(leaves.slice(half))]))
}

/** Siblings from the leaf to the top: the top of the half that the leaf is not in, last. */
function proofOf(leaves: readonly Hex[], index: number): Hex[] {
  if (leaves.length === 1) return []
  const half = leaves.length / 2
  return index < half
    ? [...proofOf(leaves.slice(0, half), index), topOf(leaves.slice(half))]
    : [...proofOf(leaves.slice(half), index - half), topOf(leaves.slice(0, half))]
}

export function payoutVector(count: number): PayoutVector {
  const chainId = 31_337n
  const pool = address('pool')
  const token = address('token')
  const rows = Array.from({ length: count }, (_, i) => ({
    member: seeded(`${count} member ${i}`).slice(2),
    payTo: address(`${count} address ${i}`),
    money: BigInt(i) * 1_000_003n + (i % 3 === 0 ? 2n ** 90n : 1n),
    shares: BigInt(i) * 77n,
  })).sort((a, b) => (a.member < b.member ? -1 : 1))
  const leaves = rows.map(({ member, payTo, money, shares }, index) =>
    keccak256(
      keccak256(
        encodeAbiParameters(LEAF, [chainId, pool, token, BigInt(index), `0x${member}`, payTo, money, shares]),
      ),
    ),
  )
  const padded = [...leaves]
  while ((padded.length & (padded.length - 1)) !== 0) padded.push(ZERO)
  return {
    chainId: String(chainId),
    pool,
    token,
    count,
    rows: rows.map((row) => ({ ...row, money: String(row.money), shares: String(row.shares) })),
    leaves,
    proofs: leaves.map((_, index) => proofOf(padded, index)),
    payoutRoot: keccak256(
      encodeAbiParameters(parseAbiParameters('uint256, bytes32'), [BigInt(count), topOf(padded)]),
    ),
  }
}

if (import.meta.main) {
  mkdirSync(FOLDER, { recursive: true })
  for (const count of COUNTS) {
    writeFileSync(`${FOLDER}tree-of-${count}.json`, `${JSON.stringify(payoutVector(count), null, 2)}\n`)
  }
}
