// A small real community for tests: PostgreSQL in a temporary home, the embedded chain, six people, three labels, two
// rounds with gold, reviews by lot, payouts and claims. Keys and nonces come from a published seed, so runs repeat.
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_RECIPE } from '@commonhold/learning'
import {
  type Charter,
  compareText,
  DEFAULT_CHARTER,
  type EventId,
  fromHex,
  goldCommitment,
  taggedHash,
  textAddendum,
  unixMillis,
  type View,
} from '@commonhold/protocol'
import {
  type ChainSide,
  Community,
  closeReviews,
  closeRound,
  type Draft,
  foundCommunity,
  memberOf,
  memberSigner,
  openChainSide,
  openRound,
  openWave,
  postPayouts,
  readWaves,
  relayClaims,
  sealAll,
  writeHome,
} from '../src/index.ts'

const SEED = 'commonhold-small-community'
const START = Date.UTC(2026, 1, 2, 9)
const FOUNDER = 'ada'
const AUTHORS = ['bea', 'cem', 'dot'] as const
const REVIEWERS = ['eli', 'fay', 'gus'] as const

const WORDS: Readonly<Record<string, string>> = {
  heat: 'radiator cold boiler thermostat warm heating pipe draught chilly lukewarm valve bleed steam oven winter',
  keys: 'lock key door fob entrance locked spare cylinder latch hinge mailbox code lost badge handle',
  noise:
    'loud music drilling neighbour barking party night sleep banging shouting piano drum echo wall quiet',
}
export const LABELS = Object.keys(WORDS).sort(compareText)
const COMMON = 'please today again since monday help building floor'.split(' ')

export type Opened = AsyncDisposable & { readonly community: Community; readonly chain: ChainSide }

export type Text = {
  readonly id: string
  readonly author: string
  readonly text: string
  readonly truth: string
  readonly gold: boolean
}

const nonce = (...parts: readonly string[]): string => taggedHash('small', SEED, ...parts).slice(0, 32)
const pick = (from: readonly string[], ...parts: readonly string[]): string =>
  from[Number.parseInt(nonce(...parts).slice(0, 6), 16) % from.length] as string

/** Eight different words, six of them of the label. The founder's are gold. */
export function textsOf(round: number, count: number): readonly Text[] {
  return Array.from({ length: count }, (_, i) => {
    const id = `${round}-${i}`
    const truth = LABELS[i % LABELS.length] as string
    const words = new Set<string>()
    for (let k = 0; words.size < 6; k++)
      words.add(pick((WORDS[truth] as string).split(' '), 'word', id, String(k)))
    for (let k = 0; words.size < 8; k++) words.add(pick(COMMON, 'common', id, String(k)))
    const gold = i % 10 === 9
    const author = gold ? FOUNDER : (AUTHORS[i % AUTHORS.length] as string)
    return { id, author, text: Array.from(words).join(' '), truth, gold }
  })
}

const charter: Charter = {
  ...DEFAULT_CHARTER,
  labels: LABELS,
  reviews: { first: 2, most: 3, acceptPpm: 800_000 },
  recipe: { ...DEFAULT_RECIPE, epochs: 2, leastSteps: 300, mostEpochs: 8, calibrationItems: 12 },
}

const clock = ({ size, rounds }: View) =>
  unixMillis(START + size * 30_000 + rounds.filter(({ posted }) => posted).length * 2 * 86_400_000)

/** A new folder that the database's user can pass; remove it with `removeHome`. */
export function newHome(): string {
  const folder = mkdtempSync(join(tmpdir(), 'commonhold-small-'))
  chmodSync(folder, 0o755)
  const home = join(folder, 'home')
  writeHome(home, { format: 1, origin: 'small.example/log', chainId: 31_338, demonstration: SEED })
  return home
}

/** A second home with the same past; the first must be closed. Owners are kept: the database insists on its own. */
export function copyHome(home: string): string {
  const copy = newHome()
  rmSync(copy, { recursive: true })
  execFileSync('cp', ['-a', home, copy])
  return copy
}

export const removeHome = (home: string): void => rmSync(join(home, '..'), { recursive: true, force: true })

export async function openHome(home: string): Promise<Opened> {
  const community = await Community.open({ folder: home, command: 'test', clock })
  try {
    const chain = await openChainSide(community)
    return { community, chain, [Symbol.asyncDispose]: () => community.close() }
  } catch (error) {
    await community.close()
    throw error
  }
}

export async function found({ community, chain }: Opened): Promise<void> {
  const founder = memberSigner(community, FOUNDER)
  const text = textAddendum(fromHex(nonce('charter')), '{"name":"Small"}')
  await foundCommunity(community, { charter, founder, nonce: nonce('founding'), text })
  await chain.bind({ shares: 'Small Shares', symbol: 'SML' })
  for (const handle of [...AUTHORS, ...REVIEWERS]) {
    const { key } = memberSigner(community, handle)
    await send(community, handle, [draft(community, handle, 'member.joined', nonce('join', handle), { key })])
    const address = `0x${taggedHash('small-address', handle).slice(0, 40)}`
    await send(community, handle, [
      draft(community, handle, 'member.payout.set', nonce('payout', handle), { address }),
    ])
  }
  await send(
    community,
    FOUNDER,
    REVIEWERS.map((handle) =>
      draft(community, FOUNDER, 'member.role.granted', nonce('role', handle), {
        who: memberOf(community.view, memberSigner(community, handle)),
        role: 'reviewer',
      }),
    ),
  )
}

/** From its opening to the moment before it closes: money, gold, contributions, reviews. */
export async function playRound({ community, chain }: Opened, round: number, count: number): Promise<void> {
  const texts = textsOf(round, count)
  await chain.sponsorPractice(`budget:${round}`, 100_000_000n)
  await openRound(community, new Map(LABELS.map((label) => [label, Math.floor(count / LABELS.length)])))
  const id = community.view.community as EventId
  const gold = texts.filter((text) => text.gold)
  await send(community, FOUNDER, [
    draft(community, FOUNDER, 'gold.committed', nonce('gold', String(round)), {
      round,
      commitments: gold
        .map((text) => goldCommitment(id, round, addendumOf(text).digest, text.truth, nonce('salt', text.id)))
        .sort(compareText),
    }),
  ])
  for (const text of texts) {
    const addendum = addendumOf(text)
    const event = draft(community, text.author, 'contribution.submitted', nonce('item', text.id), {
      label: text.truth,
      content: addendum.digest,
      lang: 'en',
      addenda: [addendum.digest],
    })
    await send(community, text.author, [{ ...event, addenda: [addendum] }])
  }
  await review(community, round, texts)
  await closeReviews(community)
  const items = itemsOf(community)
  await send(
    community,
    FOUNDER,
    gold.map((text) =>
      draft(community, FOUNDER, 'gold.revealed', nonce('reveal', text.id), {
        round,
        item: items.get(addendumOf(text).digest),
        label: text.truth,
        salt: nonce('salt', text.id),
      }),
    ),
  )
}

/** One answer in ten is wrong. */
async function review(community: Community, round: number, texts: readonly Text[]): Promise<void> {
  const byContent = new Map(texts.map((text) => [addendumOf(text).digest as string, text]))
  const handles = new Map(
    [FOUNDER, ...REVIEWERS].map((handle) => [
      memberOf(community.view, memberSigner(community, handle)),
      handle,
    ]),
  )
  for (let waves = await openWave(community); waves !== undefined; waves = await openWave(community)) {
    for (const [reviewer, handle] of handles) {
      const drafts: Draft[] = []
      for (const [item, drawn] of (await readWaves(community)).drawn) {
        if (!drawn.includes(reviewer) || community.view.reviewed.has(`${item}:${reviewer}`)) continue
        const { truth } = byContent.get(community.view.contributions.get(item)?.content ?? '') as Text
        const careless = pick(['yes', ...Array<string>(9).fill('no')], 'care', handle, item) === 'yes'
        const label = careless ? pick(LABELS, 'guess', handle, item) : truth
        drafts.push(
          draft(community, handle, 'review.submitted', nonce('review', handle, item), { round, item, label }),
        )
      }
      if (drafts.length > 0) await send(community, handle, drafts)
    }
  }
}

/** Closes the round, posts its root, anchors, waits out the delay and pays everybody. */
export async function settleRound({ community, chain }: Opened): Promise<void> {
  await closeRound(community, chain)
  await payOut({ community, chain })
}

export async function payOut({ community, chain }: Pick<Opened, 'community' | 'chain'>): Promise<void> {
  await postPayouts(community, chain)
  await chain.anchor()
  await relayClaims(community, chain, new Set(community.view.members.keys()))
  await chain.anchor()
}

const addendumOf = ({ id, text }: Text) => textAddendum(fromHex(nonce('content', id)), text)

const itemsOf = ({ view }: Community): ReadonlyMap<string, EventId> =>
  new Map(Array.from(view.contributions.values(), ({ content, id }) => [content, id]))

/** A member's event with the fields that every one has. */
export function draft(
  community: Community,
  handle: string,
  type: string,
  own: string,
  fields: Readonly<Record<string, unknown>>,
): Draft {
  const { view } = community
  const member = memberOf(view, memberSigner(community, handle))
  const event = { v: 1, community: view.community, type, member, nonce: own, ...fields }
  return { event: event as unknown as Draft['event'] }
}

export async function send(community: Community, handle: string, drafts: readonly Draft[]): Promise<void> {
  await community.submit(sealAll(memberSigner(community, handle), drafts))
}
