/**
 * What happens in the demonstration, step by step. Every step is a function of the seed and the log, so a demonstration
 * that was stopped anywhere continues where it was: events that are in the log are answered with their first receipt.
 */

import { DEFAULT_RECIPE } from '@commonhold/learning'
import {
  type ChainSide,
  type Community,
  closeReviews,
  closeRound,
  foundCommunity,
  memberOf,
  openRound,
  openWave,
  payoutKeyName,
  postPayouts,
  readWaves,
  relayClaims,
} from '@commonhold/node'
import {
  type Charter,
  compareText,
  DEFAULT_CHARTER,
  fromHex,
  inviteDigest,
  textAddendum,
  toHex,
  unixMillis,
} from '@commonhold/protocol'
import { privateKeyToAccount } from 'viem/accounts'
import { answerReviews, commitGold, contribute, requestsByContent, revealGold } from './acts.ts'
import { DEMO_START } from './clock.ts'
import type { Cast } from './people.ts'
import { DEMO_ROUNDS, type DemoContext, demoNonce, draftOf, organiserOf, send, signerOf } from './stage.ts'

/** Sponsors' practice money for each round: 600 and 400 dollars at six decimals. */
const BUDGETS: readonly bigint[] = [600_000_000n, 400_000_000n]

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
    draftOf(community, boss, {
      type: 'member.invited',
      nonce: demoNonce('invited'),
      invite: inviteDigest(secret),
      count: others.length,
      expires: unixMillis(DEMO_START + 365 * 86_400_000),
    }),
  ])
  for (const { handle } of others) {
    const signer = signerOf(community, handle)
    const nonce = demoNonce('joined', handle)
    await send(community, signer, [
      draftOf(community, signer, { type: 'member.joined', nonce, key: signer.key, invite: secret }),
    ])
  }
  for (const { handle } of cast.people) {
    const signer = signerOf(community, handle)
    const { address } = privateKeyToAccount(`0x${toHex(community.keys.ensure(payoutKeyName(handle)))}`)
    const nonce = demoNonce('payout', handle)
    await send(community, signer, [
      draftOf(community, signer, { type: 'member.payout.set', nonce, address: address.toLowerCase() }),
    ])
  }
  const reviewers = cast.people.filter(({ role }) => role === 'reviewer')
  await send(
    community,
    boss,
    reviewers.map(({ handle }) =>
      draftOf(community, boss, {
        type: 'member.role.granted',
        nonce: demoNonce('reviewer', handle),
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
