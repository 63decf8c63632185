/** What the chain proves against the log: the contracts, the money that came in, the roots, the claims and the anchor. */
import { type EventOf, type MemberId, memberId, toHex, type View } from '@commonhold/protocol'
import { parseVkey, type Tree } from '@commonhold/tlog'
import { CHAIN_PROOF_PATH, depositsProofPath } from './export-format.ts'
import type { Amounts, AuditedRound } from './rounds.ts'
import { type AuditSource, readJson } from './source.ts'
import { Mismatch, type StepBook } from './steps.ts'
import { matchCode, type ProvenChain, type ProvenRound, verifyStorageProofs } from './storage-proof.ts'

type Immutables = Readonly<Record<string, readonly { readonly start: number; readonly length: number }[]>>
/** Deployed code with zeros where immutables go, as the repository compiles it. */
export type CompiledContract = { readonly code: string; readonly immutables: Immutables }
export type CompiledContracts = Readonly<Record<'pool' | 'anchor' | 'shares' | 'token', CompiledContract>>

export type ChainInput = {
  readonly source: AuditSource
  readonly book: StepBook
  readonly view: View
  readonly tree: Tree
  readonly rounds: readonly AuditedRound[]
  readonly contracts: CompiledContracts | undefined
}

type Bound = EventOf<'chain.bound'>

const PROOF = 'chain proof'
const CONTRACTS = 'contracts'
const PAYOUTS = 'payouts on chain'
const ANCHOR = 'anchor'
export const depositsStep = (round: number): string => `round ${round} deposits`

const SAME_OPERATOR = 'same operator: a practice chain is run by whoever runs the log'

/** @returns the block of the proof, for the manifest; undefined where no chain is bound or the proof does not hold. */
export async function checkChain(input: ChainInput): Promise<ProvenChain | undefined> {
  const { book, view, source, rounds } = input
  const bound = view.chain
  if (bound === undefined) return undefined
  const word = bound.practice
    ? SAME_OPERATOR
    : `the block's header stands in the export: compare its hash with any node of chain ${bound.chainId}`
  const deposits = rounds.map(({ round }) => depositsStep(round))
  book.declare([PROOF, ...deposits], word)
  book.declare([CONTRACTS])
  book.declare([PAYOUTS, ANCHOR], word)
  const proven = await book.check(PROOF, CHAIN_PROOF_PATH, async () =>
    verifiedProof(source, CHAIN_PROOF_PATH, bound),
  )
  for (const [i, round] of rounds.entries()) {
    const path = depositsProofPath(round.round)
    await book.check(depositsStep(round.round), path, async () => {
      notBefore(round, rounds[i - 1])
      await checkDeposits(input, bound, round, proven)
    })
  }
  if (proven === undefined) return undefined
  book.pass(PROOF, `block ${proven.block.number}, ${proven.block.hash}`)
  await book.check(CONTRACTS, CHAIN_PROOF_PATH, () => checkContracts(input, bound, proven))
  await book.check(PAYOUTS, CHAIN_PROOF_PATH, () => checkPayouts(input, proven))
  await book.check(ANCHOR, CHAIN_PROOF_PATH, () => checkAnchor(input, proven))
  return proven
}

async function verifiedProof(source: AuditSource, path: string, bound: Bound): Promise<ProvenChain> {
  const proven = verifyStorageProofs(await readJson(source, path))
  for (const name of ['pool', 'anchor', 'shares', 'token'] as const) {
    const address = proven[name]?.address
    if (address !== undefined && address !== bound[name])
      throw new Mismatch(`${path}, ${name}.address`, bound[name], address)
  }
  return proven
}

/** An older block has fewer deposits: a round that went back to one would hide money that came in since. */
function notBefore({ round, block }: AuditedRound, previous: AuditedRound | undefined): void {
  if (previous === undefined) return
  const { number, hash } = previous.block
  if (block.number < number)
    throw new Mismatch(
      `round ${round}, block.number`,
      `at least that of the round before, ${number}`,
      block.number,
    )
  if (block.number === number && block.hash !== hash)
    throw new Mismatch(`round ${round}, block.hash`, hash, block.hash)
}

/** The block that `round.closed` names, and the deposits that the pool had seen by then. */
async function checkDeposits(
  { source, book }: ChainInput,
  bound: Bound,
  { round, block, claims, reviewsClosedAt }: AuditedRound,
  latest: ProvenChain | undefined,
): Promise<void> {
  const path = depositsProofPath(round)
  const { sponsors, customers } = claims.totals
  if (!bound.practice && (await source.read(path)) === undefined) {
    atMost(`round ${round}`, claims, latest)
    book.attest(
      depositsStep(round),
      `the chain had no proof of block ${block.number} any more: ask an archive node`,
    )
    book.pass(
      depositsStep(round),
      `${sponsors} from sponsors, ${customers} from customers: no more than the pool saw`,
    )
    return
  }
  const proven = await verifiedProof(source, path, bound)
  if (proven.block.hash !== block.hash)
    throw new Mismatch(`${path}, block.hash`, block.hash, proven.block.hash)
  if (proven.block.number !== BigInt(block.number))
    throw new Mismatch(`${path}, block.number`, block.number, proven.block.number)
  notBeforeReviews(bound, { round, reviewsClosedAt }, proven)
  const [bySponsors, byCustomers] = proven.pool.deposited
  if (String(bySponsors) !== sponsors)
    throw new Mismatch(`round ${round}, totals.sponsors`, bySponsors, sponsors)
  if (String(byCustomers) !== customers)
    throw new Mismatch(`round ${round}, totals.customers`, byCustomers, customers)
  book.pass(
    depositsStep(round),
    `block ${block.number}: ${sponsors} from sponsors, ${customers} from customers`,
  )
}

/** Blocks of other chains carry other clocks' times. */
const CLOCK_TOLERANCE_MS = 600_000n

/** Whoever could name an earlier block would choose, knowing who earns, which deposits the round distributes. */
function notBeforeReviews(
  { practice }: Bound,
  { round, reviewsClosedAt }: Pick<AuditedRound, 'round' | 'reviewsClosedAt'>,
  { block }: ProvenChain,
): void {
  const latest = block.timestamp * 1_000n + 999n + (practice ? 0n : CLOCK_TOLERANCE_MS)
  if (latest < BigInt(reviewsClosedAt))
    throw new Mismatch(
      `round ${round}, block.timestamp`,
      `not before the end of the reviews, ${reviewsClosedAt} ms`,
      `${block.timestamp} s`,
    )
}

/** Deposits only grow, so what the pool has seen by now bounds what it had seen then. */
function atMost(where: string, { totals }: AuditedRound['claims'], latest: ProvenChain | undefined): void {
  if (latest === undefined) throw new Mismatch(where, 'a proof of the deposits', 'none')
  for (const [i, source] of (['sponsors', 'customers'] as const).entries()) {
    const seen = latest.pool.deposited[i] as bigint
    if (BigInt(totals[source]) > seen)
      throw new Mismatch(`${where}, totals.${source}`, `at most ${seen}`, totals[source])
  }
}

function checkContracts({ book, view, contracts }: ChainInput, bound: Bound, proven: ProvenChain): void {
  // Without it nobody could see whether the pool has what it promised.
  if (bound.practice && proven.token === null)
    throw new Mismatch(`${CHAIN_PROOF_PATH}, token`, 'the practice money that the log binds', null)
  if (contracts === undefined) {
    book.attest(CONTRACTS, 'this auditor was given no compiled contracts to compare with')
    book.pass(CONTRACTS, 'code not compared')
    return
  }
  const { charter, log } = view.founding as NonNullable<View['founding']>
  const values = (name: keyof CompiledContracts): Readonly<Record<string, string>> => {
    const { code, immutables } = contracts[name]
    return matchCode((proven[name] as { readonly code: string }).code, code, immutables)
  }
  const pool = values('pool')
  const key = parseVkey(log.p256).publicKey
  const anchor = values('anchor')
  const demands: readonly (readonly [where: string, expected: string, found: string | undefined])[] = [
    ['pool.TOKEN', wordOf(bound.token), pool['TOKEN']],
    ['pool.SHARES', wordOf(bound.shares), pool['SHARES']],
    ['pool.ACTIVATION_DELAY', wordOf(BigInt(charter.activationDelaySeconds)), pool['ACTIVATION_DELAY']],
    ['shares.MINTER', wordOf(bound.pool), values('shares')['MINTER']],
    ['anchor.QX', `0x${toHex(key.subarray(1))}`, anchor['QX']],
    ['anchor.QY is odd', String(key[0] === 3), String(isOdd(anchor['QY'] ?? ''))],
  ]
  for (const [where, expected, found] of demands)
    if (expected !== found) throw new Mismatch(where, expected, found)
  if (pool['PUBLISHER'] === pool['GUARDIAN'])
    throw new Mismatch('pool.GUARDIAN', 'somebody else than the publisher', addressIn(pool['GUARDIAN']))
  if (proven.token !== null) values('token')
  const money = proven.token === null ? '; the token is not one of ours' : ''
  book.pass(CONTRACTS, `code equals what the repository compiles${money}; ${constantsOf(pool)}`)
}

/** Who may do what with the pool, and how long everybody has to see it coming. */
const constantsOf = (pool: Readonly<Record<string, string>>): string =>
  [
    `publisher ${addressIn(pool['PUBLISHER'])}`,
    `guardian ${addressIn(pool['GUARDIAN'])}`,
    `treasury ${addressIn(pool['TREASURY'])}`,
    `activation after ${BigInt(pool['ACTIVATION_DELAY'] ?? 0)} s`,
    `sweep after ${BigInt(pool['SWEEP_DELAY'] ?? 0)} s`,
  ].join(', ')

const addressIn = (word = ''): string => `0x${word.slice(-40)}`

const isOdd = (hex: string): boolean => /[13579bdf]$/.test(hex)

/** An address or a number as the 32 bytes that an immutable has. */
const wordOf = (value: string | bigint): string =>
  `0x${(typeof value === 'bigint' ? value.toString(16) : value.slice(2)).padStart(64, '0')}`

function checkPayouts(input: ChainInput, proven: ProvenChain): void {
  const { pool, token } = proven
  checkRoot(input, 'active', pool.active)
  checkRoot(input, 'pending', pool.pending)
  const onChain = pool.active.round > pool.pending.round ? pool.active.round : pool.pending.round
  for (const { round, posted } of input.view.rounds) {
    if (posted !== undefined && BigInt(round) > onChain)
      throw new Mismatch(
        `the root of round ${round}`,
        'posted, as the log says',
        `round ${round} is not on chain: vetoed, or withheld`,
      )
  }
  const ahead = checkClaims(input, proven)
  // A promise never falls, and a pending root is one as well.
  const promised = (onChain === pool.active.round ? pool.active : pool.pending).promised.money
  if (token !== null && token.poolBalance + pool.totalClaimed.money < promised) {
    throw new Mismatch(
      'the pool: balance + claimed',
      `at least ${promised}, which it has promised`,
      token.poolBalance + pool.totalClaimed.money,
    )
  }
  const further = ahead === 0 ? '' : `; ${ahead} claims on chain are not in the log yet`
  input.book.pass(
    PAYOUTS,
    `round ${pool.active.round} is active, ${proven.claimed.length} members were paid ${pool.totalClaimed.money} in all${further}`,
  )
}

function checkRoot({ rounds }: ChainInput, name: 'active' | 'pending', found: ProvenRound): void {
  if (found.round === 0n) return
  const claims = rounds[Number(found.round) - 1]?.claims
  if (claims === undefined)
    throw new Mismatch(
      `the ${name} root on chain`,
      `one of ${rounds.length} rounds of the log`,
      `round ${found.round}`,
    )
  const { payoutRoot, totals } = claims
  const where = `the ${name} root on chain (round ${found.round})`
  if (found.payoutRoot !== payoutRoot) throw new Mismatch(where, payoutRoot, found.payoutRoot)
  if (String(found.promised.money) !== totals.promisedMoney)
    throw new Mismatch(`${where}, promised money`, totals.promisedMoney, found.promised.money)
  if (String(found.promised.shares) !== totals.promisedShares)
    throw new Mismatch(`${where}, promised shares`, totals.promisedShares, found.promised.shares)
}

/**
 * Whoever was paid was paid a leaf, to the unit, and the log says of nobody more than the chain paid. Anybody may claim
 * for a member without telling the node, so the chain may be ahead.
 *
 * @returns members for whom it is.
 */
function checkClaims({ rounds, view }: ChainInput, { pool, claimed }: ProvenChain): number {
  const paid = new Map<MemberId, Amounts>()
  let money = 0n
  let shares = 0n
  for (const { memberId: hex, ...amounts } of claimed) {
    const member = memberId(hex.slice(2))
    const where = `claimed of member ${member}`
    if (paid.has(member)) throw new Mismatch(where, 'one figure', 'two')
    const leaves = rounds.filter(({ round }) => BigInt(round) <= pool.active.round)
    const leaf = leaves.some((round) => isSame(round.leaves.get(member), amounts))
    if (!leaf) {
      const last = leaves[leaves.length - 1]?.leaves.get(member)
      throw new Mismatch(where, last === undefined ? 'nothing' : textOf(last), textOf(amounts))
    }
    paid.set(member, amounts)
    money += amounts.money
    shares += amounts.shares
  }
  if (!isSame({ money, shares }, pool.totalClaimed))
    throw new Mismatch(
      'the sum of what members claimed',
      textOf(pool.totalClaimed),
      textOf({ money, shares }),
    )
  return compareWithLog(view, paid)
}

function compareWithLog({ claims }: View, paid: ReadonlyMap<MemberId, Amounts>): number {
  for (const [member, logged] of claims) {
    const onChain = paid.get(member)
    if (onChain === undefined || logged.money > onChain.money || logged.shares > onChain.shares)
      throw new Mismatch(
        `payout.claimed of member ${member}`,
        onChain === undefined ? 'nothing paid' : textOf(onChain),
        textOf(logged),
      )
  }
  let ahead = 0
  for (const [member, amounts] of paid) if (!isSame(claims.get(member), amounts)) ahead++
  return ahead
}

const isSame = (a: Amounts | undefined, b: Amounts): boolean =>
  a !== undefined && a.money === b.money && a.shares === b.shares
const textOf = ({ money, shares }: Amounts): string => `${money} and ${shares} shares`

function checkAnchor({ book, tree }: ChainInput, { anchor }: ProvenChain): void {
  if (anchor.size === 0n) {
    book.attest(ANCHOR, 'nothing is anchored yet')
    book.pass(ANCHOR, 'the log stands on the word of its operator')
    return
  }
  if (anchor.size > BigInt(tree.size))
    throw new Mismatch('the size on chain', `at most the log's ${tree.size} entries`, anchor.size)
  const size = Number(anchor.size)
  const expected = `0x${toHex(tree.root(size))}`
  if (anchor.logRoot !== expected)
    throw new Mismatch(`the root on chain over ${size} entries`, expected, anchor.logRoot)
  book.pass(ANCHOR, `the first ${size} of ${tree.size} entries are anchored in block ${anchor.blockNumber}`)
}
