/**
 * What happens in the demonstration, step by step. Every step is a function of the seed and the log, so a demonstration
 * that was stopped anywhere continues where it was: events that are in the log are answered with their first receipt.
 */

import type { P256Signer } from '@commonhold/keys'
import { DEFAULT_RECIPE } from '@commonhold/learning'
import {
  type ChainSide,
  type Community,
  closeReviews,
  closeRound,
  type Draft,
  foundCommunity,
  memberOf,
  memberSigner,
  openRound,
  openWave,
  payoutKeyName,
  postPayouts,
  readWaves,
  relayClaims,
  type Submission,
  sealAll,
} from '@commonhold/node'
import type { Waves } from '@commonhold/pipeline'
import {
  type Addendum,
  type Charter,
  type Contribution,
  compareText,
  DEFAULT_CHARTER,
  type EventId,
  fromHex,
  goldCommitment,
  inviteDigest,
  type MemberId,
  taggedHash,
  textAddendum,
  toHex,
  unixMillis,
} from '@commonhold/protocol'
import { privateKeyToAccount } from 'viem/accounts'
import { authorLabel, copies, reviewerLabel } from './behaviour.ts'
import { DEMO_START } from './clock.ts'
import type { Cast, Person, Request } from './people.ts'

/** Published: whoever has it has every key of the demonstration. */
export const DEMO_SEED = 'commonhold-demonstration-1'
export const DEMO_CHAIN_ID = 31_337
export const DEMO_ORIGIN = 'demo.commonhold.example/elm-row'
export const DEMO_ROUNDS = 2
/** Sponsors' practice money for each round: 600 and 400 dollars at six decimals. */
const BUDGETS: readonly bigint[] = [600_000_000n, 400_000_000n]

export type DemoContext = {
  readonly cast: Cast
  readonly community: Community
  readonly chain: ChainSide
  readonly onStep: (step: string) => void
  readonly signal: AbortSignal
}

export const demoNonce = (purpose: string, ...parts: readonly string[]): string =>
  taggedHash('demonstration-nonce', DEMO_SEED, purpose, ...parts).slice(0, 32)

/** The text of a request under its salt, both the same in every run. */
const requestAddendum = (request: Request): Addendum =>
  textAddendum(fromHex(demoNonce('salt', request.author, request.id)), request.text)

function demoCharter(cast: Cast): Charter {
  return {
    ...DEFAULT_CHARTER,
    labels: cast.categories.map(({ id }) => id).sort(compareText),
    recipe: DEFAULT_RECIPE,
    activationDelaySeconds: 86_400,
  }
}

/** Everything has happened: what is left of `playDemonstration` would change nothing. */
export async function isFinished({ view }: Community, chain: ChainSide): Promise<boolean> {
  const last = view.rounds[DEMO_ROUNDS - 1]
  if (last?.posted === undefined) return false
  let paid = 0n
  for (const { money } of view.claims.values()) paid += money
  return paid === BigInt(last.closed?.totals.promisedMoney ?? -1) && (await chain.anchored()) === view.size
}

export async function playDemonstration(context: DemoContext): Promise<void> {
  const { community, chain } = context
  await found(context)
  await chain.bind({ shares: 'Elm Row Shares', symbol: 'ELM' })
  await joinAll(context)
  for (let round = 1; round <= DEMO_ROUNDS; round++) {
    const state = community.view.rounds[round - 1]
    if (state?.closed === undefined) await playRound(context, round)
    context.signal.throwIfAborted()
    context.onStep(`round ${round}: the payout root goes on chain`)
    await postPayouts(community, chain)
    // The root is due by now. Activated here and not by whatever comes next, so that a restart mines the same blocks.
    await chain.settle()
    await chain.anchor(afterPosting(community, round))
    context.onStep(`round ${round}: members claim`)
    await relayClaims(community, chain, new Set(community.view.members.keys()))
  }
  await chain.anchor()
  await community.publish()
}

/** Log size right after `payout.posted` of the round: where it is anchored, however often the program was stopped. */
function afterPosting({ view }: Community, round: number): number {
  const posted = view.rounds[round - 1]?.posted
  if (posted === undefined) throw new Error(`the payout root of round ${round} is not on chain`)
  return posted.index + 1
}

async function found({ cast, community, onStep }: DemoContext): Promise<void> {
  onStep('founding the community')
  await foundCommunity(community, {
    charter: demoCharter(cast),
    founder: signerOf(community, organiserOf(cast).handle),
    nonce: demoNonce('founding'),
    text: textAddendum(
      fromHex(demoNonce('salt', 'charter')),
      JSON.stringify({
        name: 'Elm Row Housing Co-operative',
        purpose: 'Send every request of a resident to the right desk.',
      }),
    ),
  })
}

/** The organiser invites, everybody joins with a key of their own and says where their money goes. */
async function joinAll({ cast, community, onStep }: DemoContext): Promise<void> {
  onStep('members join')
  const organiser = organiserOf(cast)
  const boss = signerOf(community, organiser.handle)
  const secret = demoNonce('invite')
  const others = cast.people.filter(({ handle }) => handle !== organiser.handle)
  await send(community, boss, [
    member(community, boss, 'member.invited', demoNonce('invited'), {
      invite: inviteDigest(secret),
      count: others.length,
      expires: unixMillis(DEMO_START + 365 * 86_400_000),
    }),
  ])
  for (const { handle } of others) {
    const signer = signerOf(community, handle)
    const nonce = demoNonce('joined', handle)
    await send(community, signer, [
      member(community, signer, 'member.joined', nonce, { key: signer.key, invite: secret }),
    ])
  }
  for (const { handle } of cast.people) {
    const signer = signerOf(community, handle)
    const { address } = privateKeyToAccount(`0x${toHex(community.keys.ensure(payoutKeyName(handle)))}`)
    const nonce = demoNonce('payout', handle)
    await send(community, signer, [
      member(community, signer, 'member.payout.set', nonce, { address: address.toLowerCase() }),
    ])
  }
  const reviewers = cast.people.filter(({ role }) => role === 'reviewer')
  await send(
    community,
    boss,
    reviewers.map(({ handle }) =>
      member(community, boss, 'member.role.granted', demoNonce('reviewer', handle), {
        who: memberOf(community.view, signerOf(community, handle)),
        role: 'reviewer',
      }),
    ),
  )
}

async function playRound(context: DemoContext, round: number): Promise<void> {
  const { cast, community, chain, onStep, signal } = context
  onStep(`round ${round}: sponsors pay in`)
  await chain.sponsorPractice(`budget:${round}`, BUDGETS[round - 1] as bigint)
  await openRound(community, quotas(cast, round))
  if (community.view.rounds[round - 1]?.phase === 'submissions') {
    await commitGold(context, round)
    await contribute(context, round)
  }
  const texts = requestsByContent(cast)
  // Everybody answers what the lot gave them before the next wave is drawn; a restart begins with what is unanswered.
  let waves = community.view.rounds[round - 1]?.phase === 'reviews' ? await readWaves(community) : undefined
  while (community.view.rounds[round - 1]?.phase !== 'closing') {
    signal.throwIfAborted()
    if (waves !== undefined) await answerReviews(context, round, texts, waves)
    onStep(`round ${round}: reviews`)
    waves = await openWave(community)
    if (waves === undefined) await closeReviews(community)
  }
  await revealGold(context, round)
  signal.throwIfAborted()
  await closeRound(community, chain, (step) => onStep(`round ${round}: ${step}`))
}

/** The same for every category: an even share of what the round's people hand in. */
function quotas(cast: Cast, round: number): ReadonlyMap<string, number> {
  const size = Math.round(
    cast.requests.filter((request) => request.round === round).length / cast.categories.length,
  )
  return new Map(cast.categories.map(({ id }) => [id, size] as const).sort(([a], [b]) => compareText(a, b)))
}

async function commitGold({ cast, community }: DemoContext, round: number): Promise<void> {
  const boss = signerOf(community, organiserOf(cast).handle)
  const commitments = goldOf(cast, round).map((request) =>
    goldCommitment(
      community.view.community as EventId,
      round,
      requestAddendum(request).digest,
      request.truth,
      goldSalt(request),
    ),
  )
  if (commitments.length === 0) return
  await send(community, boss, [
    member(community, boss, 'gold.committed', demoNonce('gold', String(round)), {
      round,
      commitments: commitments.sort(compareText),
    }),
  ])
}

/** Requests come in as a hash of the seed mixes them, gold among them; the copier's after the others. */
async function contribute({ cast, community, onStep }: DemoContext, round: number): Promise<void> {
  onStep(`round ${round}: contributions`)
  const own = [...cast.requests.filter((request) => request.round === round), ...goldOf(cast, round)]
    .map((request) => ({ request, ticket: demoNonce('order', request.id) }))
    .sort((a, b) => compareText(a.ticket, b.ticket))
    .map(({ request }) => request)
  for (const request of [...own, ...copies(cast, DEMO_SEED, round)]) {
    const person = personOf(cast, request.author)
    const signer = signerOf(community, person.handle)
    const addendum = requestAddendum(request)
    const label = person.kind === 'copier' ? request.truth : authorLabel(cast, DEMO_SEED, person, request)
    const draft = member(
      community,
      signer,
      'contribution.submitted',
      demoNonce('item', request.author, request.id),
      {
        label,
        content: addendum.digest,
        lang: request.lang,
        addenda: [addendum.digest],
      },
    )
    await send(community, signer, [{ ...draft, addenda: [addendum] }])
  }
}

async function answerReviews(
  { cast, community }: DemoContext,
  round: number,
  texts: ReadonlyMap<string, Request>,
  waves: Waves,
): Promise<void> {
  const drafts = new Map<string, Draft[]>()
  const people = new Map(
    cast.people.map((person) => [memberOf(community.view, signerOf(community, person.handle)), person]),
  )
  for (const [item, reviewers] of waves.drawn) {
    for (const reviewer of reviewers) {
      if (community.view.reviewed.has(`${item}:${reviewer}`)) continue
      const person = people.get(reviewer) as Person
      const { content } = community.view.contributions.get(item) as Contribution
      const label = reviewerLabel(cast, DEMO_SEED, person, texts.get(content) as Request)
      const draft = member(
        community,
        signerOf(community, person.handle),
        'review.submitted',
        demoNonce('review', person.handle, item),
        { round, item, ...(label === undefined ? {} : { label }) },
      )
      const some = drafts.get(person.handle)
      if (some === undefined) drafts.set(person.handle, [draft])
      else some.push(draft)
    }
  }
  // In the order of names: what a stopped program has left over must come in the order of an undisturbed one.
  for (const [handle, some] of Array.from(drafts).sort(([a], [b]) => compareText(a, b))) {
    await send(community, signerOf(community, handle), some)
  }
}

async function revealGold({ cast, community }: DemoContext, round: number): Promise<void> {
  const boss = signerOf(community, organiserOf(cast).handle)
  const byContent = new Map<string, EventId>()
  for (const { id, content, round: of } of community.view.contributions.values())
    if (of === round) byContent.set(content, id)
  const drafts = goldOf(cast, round).map((request) =>
    member(community, boss, 'gold.revealed', demoNonce('revealed', request.id), {
      round,
      item: byContent.get(requestAddendum(request).digest) as EventId,
      label: request.truth,
      salt: goldSalt(request),
    }),
  )
  await send(community, boss, drafts)
}

const goldSalt = (request: Request): string => demoNonce('gold-salt', request.id)
const goldOf = (cast: Cast, round: number): readonly Request[] =>
  cast.gold.filter((request) => request.round === round)
const organiserOf = (cast: Cast): Person => cast.people.find(({ role }) => role === 'organiser') as Person
const personOf = (cast: Cast, handle: string): Person =>
  cast.people.find((person) => person.handle === handle) as Person

function requestsByContent(cast: Cast): ReadonlyMap<string, Request> {
  const all = [...cast.requests, ...cast.gold]
  for (let round = 1; round <= DEMO_ROUNDS; round++) all.push(...copies(cast, DEMO_SEED, round))
  return new Map(all.map((request) => [requestAddendum(request).digest, request]))
}

const signers = new WeakMap<Community, Map<string, P256Signer>>()

/** Keys are read from disk once. */
function signerOf(community: Community, handle: string): P256Signer {
  const known = signers.get(community) ?? new Map<string, P256Signer>()
  signers.set(community, known)
  const signer = known.get(handle) ?? memberSigner(community, handle)
  known.set(handle, signer)
  return signer
}

/** A member's event with the fields that every one has. */
function member(
  community: Community,
  signer: P256Signer,
  type: string,
  nonce: string,
  fields: Readonly<Record<string, unknown>>,
): Draft {
  const { view } = community
  const event = {
    v: 1,
    community: view.community,
    type,
    member: memberOf(view, signer) as MemberId,
    nonce,
    ...fields,
  }
  return { event: event as unknown as Draft['event'] }
}

async function send(community: Community, signer: P256Signer, drafts: readonly Draft[]): Promise<void> {
  const submissions: readonly Submission[] = sealAll(signer, drafts)
  await community.submit(submissions)
}
