/**
 * What a block's header proves about the community's contracts: Merkle Patricia proofs (EIP-1186) of code and storage,
 * checked with nothing but keccak256. Layout of the contracts: docs/spec/contracts.md. Strict: of two encodings one is
 * refused, and every byte of a proof is used.
 */
import { type Bytes, concatBytes, equalBytes, fromHex } from '@commonhold/protocol'
import { bad, hexOf, list, prefixed, record } from './proof-parts.ts'
import { decodeRlp, hash32, integer, type Rlp } from './rlp.ts'
import { keccak, verifyTrie } from './trie.ts'

export type ProvenAmounts = { readonly money: bigint; readonly shares: bigint }
export type ProvenRound = {
  readonly round: bigint
  readonly payoutRoot: string
  readonly promised: ProvenAmounts
}

/** A contract's address and code as `0x` and lower-case hex. Compare the code: {@link matchCode}. */
export type ProvenContract = { readonly address: string; readonly code: string }

/** What holds in the block's state. Hashes and ids are `0x` and lower-case hex, times seconds. */
export type ProvenChain = {
  readonly block: {
    readonly hash: string
    readonly number: bigint
    readonly timestamp: bigint
    readonly stateRoot: string
  }
  readonly pool: ProvenContract & {
    /** [sponsors, customers] */
    readonly deposited: readonly [bigint, bigint]
    readonly totalClaimed: ProvenAmounts
    /** Round 0 with a zero root before the first activation. */
    readonly active: ProvenRound
    /** Round 0 with a zero root when none is pending. */
    readonly pending: ProvenRound & { readonly activatesAt: bigint }
  }
  readonly anchor: ProvenContract & {
    readonly size: bigint
    readonly logRoot: string
    readonly blockNumber: bigint
  }
  readonly shares: ProvenContract
  /** Practice money with the pool's balance of it; null for a token whose storage is not known. */
  readonly token: (ProvenContract & { readonly poolBalance: bigint }) | null
  /** Only members who were paid; whoever is left out is unpaid if the sums reach `pool.totalClaimed`. */
  readonly claimed: readonly (ProvenAmounts & { readonly memberId: string })[]
}

const FORMAT = 'commonhold-chain-proof/v1'
const POOL_SLOTS: readonly bigint[] = [0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n]
const ANCHOR_SLOTS: readonly bigint[] = [0n, 1n]
const CLAIMED_MAPPING = 9n
const BALANCES_MAPPING = 0n

/**
 * Checks a chain proof as `exportChainProof` writes it. The caller still compares the block's hash with what the log or a
 * second source says, and the code of each contract with the one that the repository compiles.
 *
 * @param proof Parsed JSON of any shape.
 * @throws {ProtocolError} `log.bad_proof` naming the part that does not hold (`details.part`).
 */
export function verifyStorageProofs(proof: unknown): ProvenChain {
  const fields = record(proof, 'proof', [
    'format',
    'blockHash',
    'header',
    'pool',
    'anchor',
    'shares',
    'token',
    'claimed',
  ])
  if (fields.format !== FORMAT) throw bad('format', `expected ${FORMAT}`)
  const block = verifyHeader(fields)
  const root = block.stateRoot
  const pool = verifyContract(root, fields.pool, 'pool', POOL_SLOTS.map(wordOf))
  const [sponsor, customer, total, ...rounds] = pool.words
  const anchor = verifyContract(root, fields.anchor, 'anchor', ANCHOR_SLOTS.map(wordOf))
  return {
    block: { ...block, stateRoot: prefixed(root) },
    pool: {
      ...pool.contract,
      deposited: [sponsor as bigint, customer as bigint],
      totalClaimed: amountsOf(total as bigint),
      active: roundOf(rounds.slice(0, 3)),
      pending: { ...roundOf(rounds.slice(3)), activatesAt: part(rounds[5] as bigint, 8, 8) },
    },
    anchor: {
      ...anchor.contract,
      size: part(anchor.words[1] as bigint, 0, 8),
      logRoot: hash(anchor.words[0] as bigint),
      blockNumber: part(anchor.words[1] as bigint, 8, 8),
    },
    shares: verifyContract(root, fields.shares, 'shares', []).contract,
    token: verifyToken(root, fields.token, pool.contract.address),
    claimed: list(fields.claimed, 'claimed').map((claim, index) =>
      verifyClaimed(pool.storageRoot, claim, `claimed[${index}]`),
    ),
  }
}

/**
 * Checks that deployed code is the compiled one but for its immutables, and reads those.
 *
 * @param code Deployed code, `0x` and hex.
 * @param compiled The same with zeros where the immutables go.
 * @param immutables Where each immutable stands, in bytes.
 * @returns Each immutable's value as `0x` and 64 hex characters.
 * @throws {ProtocolError} `log.bad_proof` if the code differs, or if one immutable has two values.
 */
export function matchCode(
  code: string,
  compiled: string,
  immutables: Readonly<Record<string, readonly { readonly start: number; readonly length: number }[]>>,
): Readonly<Record<string, string>> {
  const deployed = hexOf(code, 'code')
  const rest = deployed.slice()
  const values: Record<string, string> = {}
  for (const [name, places] of Object.entries(immutables)) {
    for (const { start, length } of places) {
      const value = prefixed(deployed.subarray(start, start + length))
      if ((values[name] ?? value) !== value) throw bad('code', `the immutable ${name} has two values`)
      values[name] = value
      rest.fill(0, start, start + length)
    }
  }
  if (!equalBytes(rest, hexOf(compiled, 'code'))) {
    throw bad('code', 'the code on chain is not the compiled one')
  }
  return values
}

function verifyHeader(fields: { readonly blockHash: unknown; readonly header: unknown }) {
  const header = hexOf(fields.header, 'header')
  const blockHash = prefixed(keccak(header))
  if (blockHash !== fields.blockHash) throw bad('header', `its hash is ${blockHash}`)
  const items = decodeRlp(header, 'header')
  if (!Array.isArray(items) || items.length < 15) throw bad('header', 'not a list of at least 15 fields')
  const [, , , stateRoot, , , , , number, , , timestamp] = items as readonly Rlp[]
  return {
    hash: blockHash,
    number: integer(number, 'header'),
    timestamp: integer(timestamp, 'header'),
    stateRoot: hash32(stateRoot, 'header'),
  }
}

function verifyContract(stateRoot: Bytes, value: unknown, name: string, slots: readonly Bytes[]) {
  const fields = record(value, name, ['address', 'code', 'account', 'storage'])
  const address = hexOf(fields.address, `${name}.address`)
  if (address.length !== 20) throw bad(`${name}.address`, 'not 20 bytes')
  const code = hexOf(fields.code, `${name}.code`)
  const account = verifyTrie(stateRoot, keccak(address), fields.account, `${name}.account`)
  if (!account) throw bad(`${name}.account`, 'no such account')
  const { storageRoot, codeHash } = decodeAccount(account, `${name}.account`)
  if (!equalBytes(keccak(code), codeHash)) throw bad(`${name}.code`, "it is not the account's code")
  const proofs = list(fields.storage, `${name}.storage`)
  if (proofs.length !== slots.length) throw bad(`${name}.storage`, `expected ${slots.length} proofs`)
  const words = slots.map((slot, index) =>
    verifySlot(storageRoot, slot, proofs[index], `${name}.storage[${index}]`),
  )
  return { contract: { address: prefixed(address), code: prefixed(code) }, storageRoot, words }
}

function verifyToken(stateRoot: Bytes, value: unknown, pool: string) {
  if (value === null) return null
  const holder = concatBytes(new Uint8Array(12), hexOf(pool, 'pool.address'))
  const { contract, words } = verifyContract(stateRoot, value, 'token', [mapped(holder, BALANCES_MAPPING)])
  return { ...contract, poolBalance: words[0] as bigint }
}

function verifyClaimed(storageRoot: Bytes, value: unknown, name: string) {
  const { memberId, proof } = record(value, name, ['memberId', 'proof'])
  const member = hexOf(memberId, `${name}.memberId`)
  if (member.length !== 32) throw bad(`${name}.memberId`, 'not 32 bytes')
  const word = verifySlot(storageRoot, mapped(member, CLAIMED_MAPPING), proof, `${name}.proof`)
  // Absence proves too little to be listed: with another id in its place it would be as true.
  if (word === 0n) throw bad(name, 'the member was not paid')
  return { memberId: prefixed(member), ...amountsOf(word) }
}

/** A slot's word; one that is not in the trie is zero. */
function verifySlot(storageRoot: Bytes, slot: Bytes, proof: unknown, name: string): bigint {
  const value = verifyTrie(storageRoot, keccak(slot), proof, name)
  if (!value) return 0n
  const word = integer(decodeRlp(value, name), name)
  if (word === 0n || word >> 256n !== 0n) throw bad(name, 'not a word that storage holds')
  return word
}

function decodeAccount(bytes: Bytes, name: string) {
  const items = decodeRlp(bytes, name)
  if (!Array.isArray(items) || items.length !== 4) throw bad(name, 'an account has four fields')
  const [nonce, balance, storageRoot, codeHash] = items as readonly Rlp[]
  integer(nonce, name)
  integer(balance, name)
  return { storageRoot: hash32(storageRoot, name), codeHash: hash32(codeHash, name) }
}

const wordOf = (value: bigint): Bytes => fromHex(value.toString(16).padStart(64, '0'))
const hash = (word: bigint): string => prefixed(wordOf(word))
const mapped = (key: Bytes, slot: bigint): Bytes => keccak(concatBytes(key, wordOf(slot)))

/** `bytes` of a word, counted from its low-order end as Solidity packs them. */
const part = (word: bigint, offset: number, bytes: number): bigint =>
  (word >> BigInt(8 * offset)) & ((1n << BigInt(8 * bytes)) - 1n)

const roundOf = ([root, promised, round]: readonly bigint[]): ProvenRound => ({
  round: part(round as bigint, 0, 8),
  payoutRoot: hash(root as bigint),
  promised: amountsOf(promised as bigint),
})

const amountsOf = (word: bigint): ProvenAmounts => ({ money: part(word, 0, 16), shares: part(word, 16, 16) })
