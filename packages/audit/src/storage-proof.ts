/**
 * What a block's header proves about the community's contracts: Merkle Patricia proofs (EIP-1186) of code and storage,
 * checked with nothing but keccak256. Ethereum Yellow Paper, appendices B (RLP), C (hex-prefix) and D (trie); layout of the
 * contracts: docs/spec/contracts.md. Strict: of two encodings one is refused, and every byte of a proof is used.
 */
import { type Bytes, concatBytes, equalBytes, fromHex, ProtocolError, toHex } from '@commonhold/protocol'
import { keccak_256 } from '@noble/hashes/sha3.js'

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
const HASH_BYTES = 32
/** keccak256(rlp("")): the root of a trie without entries. */
const EMPTY_TRIE = keccak_256(Uint8Array.of(0x80))
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
  const blockHash = prefixed(keccak_256(header))
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

/**
 * Walks from `root` along the nibbles of `key`. Each node is the one that its parent names by hash, and none is left over.
 *
 * @returns The value at `key`, or undefined if the trie has none there.
 */
function verifyTrie(root: Bytes, key: Bytes, proof: unknown, name: string): Bytes | undefined {
  const nodes = list(proof, name).map((node) => hexOf(node, name))
  const path = nibblesOf(key)
  let used = 0
  const resolve = (reference: Rlp, first = false): readonly Rlp[] => {
    // A node shorter than a hash stands in its parent instead of its hash.
    if (Array.isArray(reference)) return reference
    const encoded = nodes[used++]
    if (!encoded) throw bad(name, 'a node is missing')
    if (!first && encoded.length < HASH_BYTES) throw bad(name, 'a short node stands alone')
    if (!equalBytes(keccak(encoded), reference as Bytes)) throw bad(name, `node ${used - 1} has another hash`)
    const node = decodeRlp(encoded, name)
    if (!Array.isArray(node)) throw bad(name, 'a node is a list')
    return node
  }
  const value = equalBytes(root, EMPTY_TRIE) ? undefined : descend(resolve(root, true), path, resolve, name)
  if (used !== nodes.length) throw bad(name, 'a node too many')
  return value
}

function descend(
  start: readonly Rlp[],
  path: readonly number[],
  resolve: (reference: Rlp) => readonly Rlp[],
  name: string,
): Bytes | undefined {
  let node = start
  let at = 0
  for (;;) {
    if (node.length === 17) {
      const child = node[path[at++] as number] as Rlp | undefined
      if (child === undefined) throw bad(name, 'a branch where no key goes on')
      if (isEmpty(child)) return undefined
      node = resolve(reference(child, name))
    } else if (node.length === 2) {
      const { nibbles, leaf } = compactPath(node[0] as Rlp, name)
      const matches = nibbles.every((nibble, index) => path[at + index] === nibble)
      at += nibbles.length
      if (leaf) return matches && at === path.length ? text(node[1], name) : undefined
      if (!matches) return undefined
      node = resolve(reference(node[1] as Rlp, name))
    } else throw bad(name, 'a node has 2 or 17 items')
  }
}

function reference(child: Rlp, name: string): Rlp {
  if (!Array.isArray(child) && child.length !== HASH_BYTES)
    throw bad(name, 'a child is a hash or a short node')
  return child
}

/** Hex-prefix: the first nibble tells leaf from extension and odd from even. */
function compactPath(
  item: Rlp,
  name: string,
): { readonly nibbles: readonly number[]; readonly leaf: boolean } {
  const nibbles = nibblesOf(text(item, name))
  const [flags = 16, padding] = nibbles
  const odd = (flags & 1) === 1
  if (flags > 3 || (!odd && padding !== 0)) throw bad(name, 'a path is badly encoded')
  const leaf = flags >= 2
  if (!leaf && nibbles.length < 3 && !odd) throw bad(name, 'an extension is empty')
  return { nibbles: nibbles.slice(odd ? 1 : 2), leaf }
}

type Rlp = Bytes | readonly Rlp[]

/** One RLP item that fills `bytes`. Deep nesting ends with the bytes: every level takes at least one. */
function decodeRlp(bytes: Bytes, name: string): Rlp {
  const { item, end } = rlpItem(bytes, 0, bytes.length, name)
  if (end !== bytes.length) throw bad(name, 'RLP with bytes left over')
  return item
}

function rlpItem(
  bytes: Bytes,
  start: number,
  limit: number,
  name: string,
  depth = 0,
): { readonly item: Rlp; readonly end: number } {
  const first = bytes[start]
  if (first === undefined || start >= limit || depth > 8) throw bad(name, 'RLP ends early or nests too deep')
  if (first < 0x80) return { item: bytes.subarray(start, start + 1), end: start + 1 }
  const { from, end } = rlpSpan(bytes, start, limit, name)
  if (first < 0xc0) {
    if (end - from === 1 && (bytes[from] as number) < 0x80) throw bad(name, 'RLP of a byte too long')
    return { item: bytes.subarray(from, end), end }
  }
  const items: Rlp[] = []
  for (let at = from; at < end; ) {
    const next = rlpItem(bytes, at, end, name, depth + 1)
    items.push(next.item)
    at = next.end
  }
  return { item: items, end }
}

/** Where the payload of a string or list begins and ends; lengths of 55 and less have the short form only. */
function rlpSpan(bytes: Bytes, start: number, limit: number, name: string) {
  const code = ((bytes[start] as number) - 0x80) & 0x3f
  let from = start + 1
  let length = code
  if (code > 55) {
    length = 0
    for (const last = from + code - 55; from < last; from++) {
      const byte = bytes[from]
      if (byte === undefined || length > 0xffff || (length === 0 && byte === 0)) throw bad(name, 'RLP length')
      length = length * 256 + byte
    }
    if (length <= 55) throw bad(name, 'RLP length in the long form')
  }
  if (from + length > limit) throw bad(name, 'RLP ends early')
  return { from, end: from + length }
}

const keccak = (bytes: Uint8Array): Bytes => keccak_256(bytes) as Bytes
const prefixed = (bytes: Uint8Array): string => `0x${toHex(bytes)}`
const wordOf = (value: bigint): Bytes => fromHex(value.toString(16).padStart(64, '0'))
const hash = (word: bigint): string => prefixed(wordOf(word))
const mapped = (key: Bytes, slot: bigint): Bytes => keccak(concatBytes(key, wordOf(slot)))
const isEmpty = (item: Rlp): boolean => item.length === 0

/** `bytes` of a word, counted from its low-order end as Solidity packs them. */
const part = (word: bigint, offset: number, bytes: number): bigint =>
  (word >> BigInt(8 * offset)) & ((1n << BigInt(8 * bytes)) - 1n)

const roundOf = ([root, promised, round]: readonly bigint[]): ProvenRound => ({
  round: part(round as bigint, 0, 8),
  payoutRoot: hash(root as bigint),
  promised: amountsOf(promised as bigint),
})

const amountsOf = (word: bigint): ProvenAmounts => ({ money: part(word, 0, 16), shares: part(word, 16, 16) })

const nibblesOf = (bytes: Bytes): readonly number[] =>
  Array.from(bytes, (byte) => [byte >> 4, byte & 15]).flat()

function text(item: Rlp | undefined, name: string): Bytes {
  if (item === undefined || Array.isArray(item) || item.length === 0) throw bad(name, 'expected bytes')
  return item as Bytes
}

function integer(item: Rlp | undefined, name: string): bigint {
  if (item === undefined || Array.isArray(item)) throw bad(name, 'expected an integer')
  if (item[0] === 0 || item.length > 32) throw bad(name, 'an integer has leading zeros or more than 32 bytes')
  return item.length === 0 ? 0n : BigInt(prefixed(item as Bytes))
}

function hash32(item: Rlp | undefined, name: string): Bytes {
  const bytes = text(item, name)
  if (bytes.length !== HASH_BYTES) throw bad(name, 'expected a hash')
  return bytes
}

function hexOf(value: unknown, name: string): Bytes {
  if (typeof value !== 'string' || !/^0x(?:[0-9a-f]{2})*$/.test(value))
    throw bad(name, 'not 0x and lower-case hex')
  return fromHex(value.slice(2))
}

function list(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw bad(name, 'not a list')
  return value
}

function record<const Key extends string>(
  value: unknown,
  name: string,
  keys: readonly Key[],
): Readonly<Record<Key, unknown>> {
  const complete =
    typeof value === 'object' &&
    value !== null &&
    Object.keys(value).length === keys.length &&
    keys.every((key) => Object.hasOwn(value, key))
  if (!complete) throw bad(name, `not an object of ${keys.join(', ')}`)
  return value as Readonly<Record<Key, unknown>>
}

const bad = (part: string, reason: string): ProtocolError =>
  new ProtocolError('log.bad_proof', `the chain proof does not hold at ${part}: ${reason}`, { part })
