/** Driving a round through its phases: each step reads the view, does what is next and can be repeated after a crash. */
import type { PayoutRecord } from '@commonhold/audit'
import { encodeClaim, encodePost, type PayoutClaim } from '@commonhold/chain'
import {
  type Contents,
  type Corpus,
  demandSettledData,
  demandSubmittedData,
  explainValue,
  type RoundResult,
  type RoundState,
  readCorpus,
  replayWaves,
  runRound,
  type Step,
  type ValueExplanation,
  type Waves,
} from '@commonhold/pipeline'
import {
  apply,
  createView,
  currentRound,
  type Digest,
  decodeEntry,
  type EventId,
  type MemberId,
  ProtocolError,
  type Round,
} from '@commonhold/protocol'
import type { Hex } from 'viem'
import type { ChainSide, Mined } from './chain-side.ts'
import type { Community } from './community.ts'
import { plainCall } from './outbox-port.ts'
import { artifactsOf, readPayouts, readState } from './round-artifacts.ts'
import { RULES_VERSION, rulesDigest } from './rules.ts'

/** The state after the last closed round. */
export const lastState = (community: Community): Promise<RoundState> =>
  readState(community, community.view.rounds.filter(({ phase }) => phase === 'closed').length)

/** Why an item has its value in a closed round: the log is folded up to the round's close and the question asked again. */
export async function explainItem(
  community: Community,
  round: number,
  item: EventId,
): Promise<ValueExplanation | undefined> {
  const closed = community.view.rounds[round - 1]?.closed
  if (closed === undefined) throw new ProtocolError('round.unknown', `round ${round} is not closed`)
  const view = createView()
  for await (const { bytes } of community.store.log.read(0, closed.index)) apply(view, decodeEntry(bytes))
  const previous = await readState(community, round - 1)
  return explainValue({ view, contents: await community.contents(), previous }, item)
}

export async function openRound(
  community: Community,
  quotas: ReadonlyMap<string, number> = new Map(),
): Promise<Round> {
  const last = currentRound(community.view)
  if (last === undefined || last.phase === 'closed') {
    await community.submitOwn({
      type: 'round.opened',
      round: community.view.rounds.length + 1,
      lot: community.lotLink(community.view.rounds.length + 1, LOT_LINKS),
      quotas: Array.from(quotas, ([label, quota]) => ({ label, quota })),
    })
  }
  return currentRound(community.view) as Round
}

/** One for every draw that a round can have: nine waves and the hold-out. */
const LOT_LINKS = 10

const revealed = (community: Community, { round, waves, lot }: Round): { readonly link?: Digest } =>
  lot === undefined ? {} : { link: community.lotLink(round, LOT_LINKS - 1 - waves.length) }

/** An upgrade of the software changes the rules by an event that everybody can read, never silently. */
async function adoptRules(community: Community): Promise<void> {
  const rules = { version: RULES_VERSION, digest: rulesDigest() }
  if (community.view.rules?.digest !== rules.digest)
    await community.submitOwn({ type: 'rules.adopted', rules })
}

/** Who is asked to review what, as everybody can recompute it. */
export const readWaves = async (community: Community): Promise<Waves> =>
  (await openReplay(community)).replay()

type Replay = { readonly corpus: Corpus; readonly previous: RoundState; readonly replay: () => Waves }

/** The corpus of a round stays what it is while waves are opened, so it is made once for several replays. */
async function openReplay(community: Community): Promise<Replay> {
  const round = needRound(community)
  const previous = await lastState(community)
  const corpus = readCorpus(community.view, round.round, await community.contents(), previous)
  return { corpus, previous, replay: () => replayWaves(community.view, round, corpus, previous) }
}

/**
 * Opens the next wave if there is anything to review. The first one closes the round's submissions.
 *
 * @returns the waves after it, or undefined when nothing waits for a review.
 * @throws {ProtocolError} `round.no_data` for a first wave over items that could never make a model.
 */
export async function openWave(community: Community): Promise<Waves | undefined> {
  const round = needRound(community)
  const { corpus, previous, replay } = await openReplay(community)
  const before = replay()
  if (before.undecided.length === 0) return undefined
  if (round.waves.length === 0) demandSubmittedData(community.view, corpus, previous)
  await community.submitOwn({
    type: 'round.wave.opened',
    round: round.round,
    wave: round.waves.length + 1,
    ...revealed(community, round),
  })
  const after = replay()
  const drawn = (waves: Waves): number =>
    Array.from(waves.drawn.values()).reduce((sum, some) => sum + some.length, 0)
  return drawn(after) > drawn(before) ? after : undefined
}

/** @throws {ProtocolError} `round.no_data`, and nothing is written, where a closed round could not be computed. */
export async function closeReviews(community: Community): Promise<void> {
  const round = needRound(community)
  if (round.phase === 'closing') return
  demandSettledData(community.view, await community.contents(), await lastState(community))
  await community.submitOwn({
    type: 'round.reviews.closed',
    round: round.round,
    ...revealed(community, round),
  })
}

/** Runs the pipeline and writes `round.closed` with the outbox row that posts its payout root. */
export async function closeRound(
  community: Community,
  chain: ChainSide,
  onStep?: (step: Step) => void,
): Promise<RoundResult> {
  const round = needRound(community)
  if (round.reviewsClosed === undefined)
    throw new ProtocolError('round.bad_state', 'the reviews of the round have not closed')
  if (chain.addresses === undefined)
    throw new ProtocolError('chain.not_bound', 'no chain is bound to this community yet')
  await adoptRules(community)
  await chain.settle()
  // An anchor of the closed reviews makes a block after them: which deposits count cannot be chosen with hindsight.
  await chain.anchor(round.reviewsClosed + 1)
  const block = await chain.latestBlock()
  const pool = await chain.pool(block)
  const contents: Contents = await community.contents()
  const result = runRound({
    view: community.view,
    contents,
    previous: await lastState(community),
    deposits: { sponsors: pool.deposited[0], customers: pool.deposited[1] },
    ...(onStep === undefined ? {} : { onStep }),
  })
  const { claims } = result
  const post = encodePost(chain.addresses, {
    round: BigInt(round.round),
    payoutRoot: claims.payoutRoot as Hex,
    promisedMoney: BigInt(claims.totals.promisedMoney),
    promisedShares: BigInt(claims.totals.promisedShares),
  })
  await community.submitOwn(
    { type: 'round.closed', ...claims, rules: rulesDigest(), block },
    {
      artifacts: artifactsOf(result),
      outbox: [{ id: `post:${round.round}`, call: plainCall(post) }],
    },
  )
  return result
}

/** Sends the payout roots that wait and writes `payout.posted` for those that the chain has. */
export const postPayouts = (community: Community, chain: ChainSide): Promise<readonly ProtocolError[]> =>
  inTurn(community, () => postWaiting(community, chain))

const turns = new WeakMap<Community, Promise<unknown>>()

/** What moves money runs one after another: two at once would both see the same thing due, and both log it. */
function inTurn<T>(community: Community, work: () => Promise<T>): Promise<T> {
  const turn = (turns.get(community) ?? Promise.resolve()).then(work, work)
  turns.set(community, turn)
  return turn
}

async function postWaiting(community: Community, chain: ChainSide): Promise<readonly ProtocolError[]> {
  const refused = await chain.settle()
  for (const { round, closed, posted } of community.view.rounds) {
    if (closed === undefined || posted !== undefined) continue
    const mined = await chain.minedRow(`post:${round}`)
    if (mined === undefined) break
    await community.submitOwn({ type: 'payout.posted', round, payoutRoot: closed.payoutRoot, ...mined })
  }
  return refused
}

export type Claimed = {
  readonly member: MemberId
  readonly money: bigint
  readonly shares: bigint
  readonly mined: Mined
}

/**
 * Relays the claims of `members` against the active payout root; whoever has nothing more to claim is left out.
 *
 * @throws {ProtocolError} `payout.nothing_to_claim` when no payout root is active yet.
 */
export const relayClaims = (
  community: Community,
  chain: ChainSide,
  members: ReadonlySet<MemberId>,
): Promise<readonly Claimed[]> => inTurn(community, () => relayDue(community, chain, members))

async function relayDue(
  community: Community,
  chain: ChainSide,
  members: ReadonlySet<MemberId>,
): Promise<readonly Claimed[]> {
  await postWaiting(community, chain)
  const { activeRound, pending } = await chain.pool()
  if (activeRound === 0n) {
    const when =
      pending === undefined
        ? ''
        : `; the first becomes active at ${new Date(Number(pending.activatesAt) * 1000).toISOString()}`
    throw new ProtocolError('payout.nothing_to_claim', `no payout root is active yet${when}`)
  }
  const round = Number(activeRound)
  const records = (await readPayouts(community, round)).filter(({ member }) =>
    members.has(member as MemberId),
  )
  const due = records.filter(
    ({ member, money }) => BigInt(money) > (community.view.claims.get(member as MemberId)?.money ?? 0n),
  )
  const addresses = chain.addresses
  if (addresses === undefined)
    throw new ProtocolError('chain.not_bound', 'no chain is bound to this community yet')
  await community.store.outbox.add(
    due.map((record) => ({
      id: `claim:${round}:${record.member}`,
      call: plainCall(encodeClaim(addresses, claimOf(record), record.proof as readonly Hex[])),
    })),
  )
  await chain.settle()
  const claimed: Claimed[] = []
  for (const { member, money, shares } of due) {
    const mined = await chain.minedRow(`claim:${round}:${member}`)
    if (mined === undefined) continue
    await community.submitOwn({ type: 'payout.claimed', who: member as MemberId, money, shares, ...mined })
    claimed.push({ member: member as MemberId, money: BigInt(money), shares: BigInt(shares), mined })
  }
  return claimed
}

const claimOf = ({ index, count, member, payTo, money, shares }: PayoutRecord): PayoutClaim => ({
  index: BigInt(index),
  count: BigInt(count),
  memberId: `0x${member}`,
  payTo: payTo as Hex,
  money: BigInt(money),
  shares: BigInt(shares),
})

function needRound({ view }: Community): Round {
  const round = currentRound(view)
  if (round === undefined || round.phase === 'closed') {
    throw new ProtocolError('round.bad_state', 'no round is under way')
  }
  return round
}
