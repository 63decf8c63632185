/** What people do in a round of the demonstration: hand in, review, keep gold and show it. */
import { type Draft, memberOf } from '@commonhold/node'
import type { Waves } from '@commonhold/pipeline'
import { type Contribution, compareText, type EventId, goldCommitment } from '@commonhold/protocol'
import { authorLabel, copies, reviewerLabel } from './behaviour.ts'
import type { Cast, Person, Request } from './people.ts'
import {
  DEMO_ROUNDS,
  DEMO_SEED,
  type DemoContext,
  demoNonce,
  draftOf,
  organiserOf,
  personOf,
  requestAddendum,
  send,
  signerOf,
} from './stage.ts'

export async function commitGold({ cast, community }: DemoContext, round: number): Promise<void> {
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
    draftOf(community, boss, {
      type: 'gold.committed',
      nonce: demoNonce('gold', String(round)),
      round,
      commitments: commitments.sort(compareText),
    }),
  ])
}

/** Requests come in as a hash of the seed mixes them, gold among them; the copier's after the others. */
export async function contribute({ cast, community, onStep }: DemoContext, round: number): Promise<void> {
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
    const draft = {
      type: 'contribution.submitted',
      nonce: demoNonce('item', request.author, request.id),
      label,
      content: addendum.digest,
      lang: request.lang,
      addenda: [addendum.digest],
    } as const
    await send(community, signer, [draftOf(community, signer, draft, [addendum])])
  }
}

export async function answerReviews(
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
      const draft = draftOf(community, signerOf(community, person.handle), {
        type: 'review.submitted',
        nonce: demoNonce('review', person.handle, item),
        round,
        item,
        ...(label === undefined ? {} : { label }),
      })
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

export async function revealGold({ cast, community }: DemoContext, round: number): Promise<void> {
  const boss = signerOf(community, organiserOf(cast).handle)
  const byContent = new Map<string, EventId>()
  for (const { id, content, round: of } of community.view.contributions.values())
    if (of === round) byContent.set(content, id)
  const drafts = goldOf(cast, round).map((request) =>
    draftOf(community, boss, {
      type: 'gold.revealed',
      nonce: demoNonce('revealed', request.id),
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
export function requestsByContent(cast: Cast): ReadonlyMap<string, Request> {
  const all = [...cast.requests, ...cast.gold]
  for (let round = 1; round <= DEMO_ROUNDS; round++) all.push(...copies(cast, DEMO_SEED, round))
  return new Map(all.map((request) => [requestAddendum(request).digest, request]))
}
