/** Random events about few people and things, so that they often meet: many break a rule, many do not. */
import { type CommunityEvent, type EventId, goldCommitment, inviteDigest } from '@commonhold/protocol'
import fc from 'fast-check'
import { address, type Fields, hash32, hashOf, keyOf, nonceOf, type TestCommunity } from './community.ts'

const PEOPLE = ['founder', 'ana', 'ben', 'carl'] as const
const LABELS = ['billing', 'heating', 'plumbing', 'Heating'] as const
const FILES = ['items', 'labels'] as const

export type Step = {
  readonly kind: number
  readonly who: number
  readonly other: number
  readonly thing: number
  readonly label: number
  readonly nonce: number | null
}
export type Envelope = {
  readonly signer: number | null
  readonly steps: readonly Step[]
  readonly later: number
  /** Sends the n-th envelope again instead. */
  readonly again: number | null
}

const small = (max: number) => fc.noBias(fc.nat({ max }))
const seldom = (max: number, weight: number) =>
  fc.oneof({ weight, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: small(max) })
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.oneof({ weight: 5, arbitrary: small(16) }, { weight: 1, arbitrary: small(24) }),
  who: small(3),
  other: small(3),
  thing: small(5),
  label: small(3),
  nonce: seldom(9, 6),
})
export const life: fc.Arbitrary<readonly Envelope[]> = fc.array(
  fc.record({
    signer: seldom(4, 15),
    steps: fc.oneof(
      { weight: 4, arbitrary: fc.tuple(step) },
      { weight: 1, arbitrary: fc.array(step, { minLength: 2, maxLength: 3 }) },
    ),
    later: fc.oneof({ weight: 40, arbitrary: small(50) }, fc.constant(-1)),
    again: seldom(30, 6),
  }),
  { minLength: 60, maxLength: 120, size: 'max' },
)

type Maker = (c: TestCommunity, who: string, step: Step) => CommunityEvent

const itemOf = (c: TestCommunity, { thing }: Step): EventId =>
  [...c.view.contributions.keys()][thing] ?? hashOf('no item')
const roundOf = (c: TestCommunity): number => Math.max(c.view.rounds.length, 1)
const keyNamed = (who: string, { thing }: Step) => keyOf(thing < 2 ? who : `${who}${thing}`)
const gold = (c: TestCommunity, { thing, label }: Step): string =>
  goldCommitment(
    c.view.community as EventId,
    roundOf(c),
    hashOf(`text ${thing}`),
    LABELS[label] as string,
    nonceOf('gold'),
  )

const MEMBER: readonly Maker[] = [
  (c, who, { thing }) =>
    c.by(who, 'member.invited', {
      invite: inviteDigest(nonceOf(`invite ${thing}`)),
      count: 2,
      expires: c.at + 200,
    }),
  (c, who, { thing }) => c.joining(who, thing < 3 ? undefined : `invite ${thing}`),
  (c, who) => c.joining(who),
  (c, who, { other, thing }) =>
    c.by(who, 'member.role.granted', {
      who: c.person(PEOPLE[other] as string).id,
      role: thing < 4 ? 'reviewer' : 'organiser',
    }),
  (c, who, one) => c.by(who, 'member.key.added', { key: keyNamed(who, one) }),
  (c, who, one) => c.by(who, 'member.key.revoked', { key: keyNamed(who, one) }),
  (c, who, { thing }) => c.by(who, 'member.payout.set', { address: address(String(thing)) }),
  (c, who, { thing, label }) =>
    c.contribution(who, `text ${thing} ${c.view.size % 5}`, { label: LABELS[label] }),
  (c, who, { thing, label }) => c.contribution(who, `text ${thing}`, { label: LABELS[label] }),
  (c, who, { thing }) =>
    c.by(who, 'import.started', {
      file: hashOf(FILES[thing & 1] as string),
      rows: 4,
      holds: ['contributions', 'reviews'][thing & 1],
    }),
  (c, _, { thing, other }) => c.authorOf(FILES[thing & 1] as string, `u${other}`),
  (c, _, { thing, other, label }) =>
    c.row('items', thing, `text ${thing}`, {
      label: LABELS[label],
      author: c.unclaimed('items', `u${other}`),
    }),
  (c, _, one) => c.reviewRow('labels', one.label, itemOf(c, one), `u${one.other}`),
  (c, who, one) => c.review(who, itemOf(c, one), { label: LABELS[one.label] }),
  (c, who, one) => c.by(who, 'review.submitted', { round: roundOf(c), item: itemOf(c, one) }),
  (c, who, one) => c.by(who, 'gold.committed', { round: roundOf(c), commitments: [gold(c, one)] }),
  (c, who, one) =>
    c.by(who, 'gold.revealed', {
      round: roundOf(c),
      item: itemOf(c, one),
      label: LABELS[one.label],
      salt: nonceOf('gold'),
    }),
]

const block = { number: 1, hash: hash32('1') }
const NODE: readonly Maker[] = [
  (c) => c.byNode('round.opened', { round: c.view.rounds.length + 1, quotas: [] }),
  (c, _, { other }) =>
    c.byNode('round.wave.opened', {
      round: roundOf(c),
      wave: (c.view.rounds.at(-1)?.waves.length ?? 0) + (other === 3 ? 2 : 1),
    }),
  (c) => c.byNode('round.reviews.closed', { round: roundOf(c) }),
  (c, _, { other }) => c.closing(other === 3 ? { logSize: 1, round: roundOf(c) } : { round: roundOf(c) }),
  (c, _, { other }) =>
    c.byNode('payout.posted', {
      round: roundOf(c),
      payoutRoot: hash32(other === 3 ? 'b' : 'a'),
      tx: hash32('2'),
      block,
    }),
  (c, who, { thing }) =>
    c.byNode('payout.claimed', {
      who: c.person(who).id,
      money: String(thing),
      shares: '0',
      tx: hash32('3'),
      block,
    }),
  (c) =>
    c.byNode('chain.bound', {
      chainId: 1,
      token: address('1'),
      pool: address('2'),
      shares: address('3'),
      anchor: address('4'),
      practice: true,
    }),
  (c, _, { thing }) =>
    c.byNode('rules.adopted', { rules: { version: '2', digest: hashOf(`rules ${thing}`) } }),
]

/** Something of everything to begin with: members, reviewers, imports with authors, an open round. */
export function beginLife(c: TestCommunity): void {
  c.bindChain()
  for (const file of FILES)
    c.startImport(file, file === 'items' ? 'contributions' : 'reviews', ['u0', 'u1', 'u2'], 4)
  for (const name of ['ana', 'ben']) c.grant('reviewer', name)
  c.openRound()
}

/** Who signs, and what; events of one kind of signer, as they would come. */
export function makeEvents(
  c: TestCommunity,
  { signer, steps }: Envelope,
): readonly [string, readonly CommunityEvent[]] {
  const first = steps[0] as Step
  const node = first.kind >= MEMBER.length
  const makers = node ? NODE : MEMBER
  const who = PEOPLE[first.who] as string
  const events = (node ? [first] : steps).map((one) => {
    const make = makers[one.kind % makers.length] as Maker
    const event = make(c, who, one)
    const change: Fields = one.nonce === null ? {} : { nonce: nonceOf(`shared ${one.nonce}`) }
    return 'nonce' in event ? ({ ...event, ...change } as CommunityEvent) : event
  })
  const own = events.some((event) => 'file' in event) ? 'founder' : who
  return [signer === null ? (node ? 'node' : own) : ([...PEOPLE, 'node'][signer] as string), events]
}
