import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  apply,
  type CommunityEvent,
  createView,
  decide,
  decodeEntry,
  type Envelope,
  type EventId,
  encodeEntry,
  eventId,
  MAX_AT,
  memberIdOf,
  parseEvent,
  unixMillis,
} from '@commonhold/protocol'
import { type Fields, foundingEvent, hashOf, keyOf, nonceOf, TestCommunity } from './support/community.ts'
import { refuses } from './support/failures.ts'

const sealed = (signer: string, ...events: readonly CommunityEvent[]): Envelope => ({
  events,
  ids: events.map(eventId),
  key: keyOf(signer),
  signature: new Uint8Array(64),
})
const now = unixMillis(5)

test('the founding event opens the log and seats its founder', () => {
  const { view } = new TestCommunity()
  const founder = memberIdOf(view.community as never, keyOf('founder'))
  assert.equal(view.community, eventId(foundingEvent()))
  assert.deepEqual([...(view.members.get(founder)?.roles.keys() ?? [])], ['organiser', 'reviewer'])
  assert.equal(view.keys.get(keyOf('founder'))?.member, founder)
  assert.equal(view.size, 1)
})

test('a founding event is refused that is not its founder’s, not alone, or breaks the charter’s rules', () => {
  const found =
    (signer: string, ...events: readonly CommunityEvent[]) =>
    () =>
      decide(createView(), sealed(signer, ...events), now)
  refuses(found('ana', foundingEvent()), 'key.unknown', /signed by its founder's key/)
  refuses(found('founder', foundingEvent(), foundingEvent()), 'event.invalid', /stands alone/)
  refuses(found('founder', foundingEvent({}, { node: keyOf('founder') })), 'event.invalid', /no member's/)
  refuses(found('founder', foundingEvent({ labels: ['b', 'a'] })), 'event.invalid', /charter: labels/)
})

test('nothing comes before the founding, and no second one after it', () => {
  const c = new TestCommunity()
  const member = c.contribution('founder', 'x')
  refuses(() => decide(createView(), sealed('founder', member), now), 'event.out_of_order', /begins with/)
  const second = foundingEvent({}, { nonce: nonceOf('second') })
  c.refuses('event.out_of_order', /founded already/, 'founder', second)
})

test('an event of another community is refused', () => {
  const c = new TestCommunity()
  const foreign = { ...c.contribution('founder', 'x'), community: hashOf('elsewhere') } as CommunityEvent
  c.refuses('community.foreign', /belongs to community/, 'founder', foreign)
})

test('only the node’s key signs the node’s events, and nothing else', () => {
  const c = new TestCommunity(['ana'])
  const opened = c.byNode('round.opened', { round: 1, quotas: [] })
  for (const signer of ['founder', 'ana', 'nobody'])
    c.refuses('member.not_allowed', /node's key only/, signer, opened)
  c.refuses('key.unknown', /no member has the key/, 'node', c.contribution('founder', 'x'))
  c.refuses('event.invalid', /stands alone/, 'node', opened, c.byNode('round.reviews.closed', { round: 1 }))
  c.refuses('event.out_of_order', /made for index 7/, 'node', { ...opened, index: 7 } as CommunityEvent)
  c.refuses('member.not_allowed', /node's key only/, 'founder', c.contribution('founder', 'x'), opened)
})

test('nobody sits at the node’s key', () => {
  const c = new TestCommunity([], { join: 'open' })
  c.refuses('member.exists', /in use/, 'node', c.joining('node'))
  c.refuses('member.exists', /in use/, 'founder', c.by('founder', 'member.key.added', { key: keyOf('node') }))
})

test('a key acts for its own member only', () => {
  const c = new TestCommunity(['ana', 'ben'])
  c.refuses('member.not_allowed', /another member/, 'ben', c.contribution('ana', 'x'))
  c.refuses('key.unknown', /no member has the key/, 'carl', c.contribution('ana', 'x'))
  c.refuses('key.unknown', /no member has the key/, 'carl', c.contribution('carl', 'x'))
})

test('an envelope that comes again is answered with its first index', () => {
  const c = new TestCommunity(['ana'])
  const events = [c.contribution('ana', 'x'), c.contribution('ana', 'y')] as const
  c.append('ana', ...events)
  const index = c.view.size - 1
  c.contribute('ana', 'z')
  c.at = unixMillis(c.at + 60_000)
  assert.deepEqual(c.decide('ana', ...events), { kind: 'repeat', index })
  assert.deepEqual(c.decide('ana', events[1]), { kind: 'repeat', index })
  assert.deepEqual(c.decide('founder', foundingEvent()), { kind: 'repeat', index: 0 })
})

test('a repeat is a repeat after the key was revoked, and by a member’s other key', () => {
  const c = new TestCommunity(['ana'])
  const event = c.contribution('ana', 'x')
  c.append('ana', event)
  const repeat = { kind: 'repeat', index: c.view.size - 1 }
  c.append('ana', c.by('ana', 'member.key.added', { key: keyOf('ana2') }))
  assert.deepEqual(c.decide('ana2', event), repeat)
  c.append('ana2', c.by('ana2', 'member.key.revoked', { key: keyOf('ana') }))
  assert.deepEqual(c.decide('ana', event), repeat)
})

test('a nonce stands for one event, whichever of the member’s keys signs', () => {
  const c = new TestCommunity(['ana', 'ben'])
  const event = c.contribution('ana', 'x', { nonce: nonceOf('same') })
  c.append('ana', event, c.contribution('ana', 'z'))
  c.append('ana', c.by('ana', 'member.key.added', { key: keyOf('ana2') }))
  const other = c.contribution('ana', 'y', { nonce: nonceOf('same') })
  for (const signer of ['ana', 'ana2']) {
    c.refuses('nonce.reused', /used before/, signer, other)
    c.refuses('nonce.reused', /used before/, signer, event, c.contribution('ana', 'y'))
    c.refuses('nonce.reused', /used before/, signer, c.contribution('ana', 'y'), event)
  }
  c.append('ben', c.contribution('ben', 'w', { nonce: nonceOf('same') }))
})

test('events of two entries cannot be answered as one', () => {
  const c = new TestCommunity(['ana'])
  const [one, two] = [c.contribution('ana', 'x'), c.contribution('ana', 'y')]
  c.append('ana', one)
  c.append('ana', two)
  c.refuses('nonce.reused', /used before/, 'ana', one, two)
})

test('one envelope uses a nonce once', () => {
  const c = new TestCommunity(['ana'])
  const nonce = nonceOf('same')
  const twice = [c.contribution('ana', 'x', { nonce }), c.contribution('ana', 'y', { nonce })]
  c.refuses('event.invalid', /repeats an earlier one/, 'ana', ...twice)
})

test('no two events of one envelope touch the same thing', () => {
  const c = new TestCommunity(['ana', 'rita'])
  c.grant('reviewer', 'rita')
  c.openRound()
  c.startImport('items', 'contributions', ['u'])
  const item = c.append(
    'founder',
    c.row('items', 0, 'an item', { author: c.unclaimed('items', 'u') }),
  )[0] as EventId
  c.openWave()
  c.startImport('labels', 'reviews', ['w'])
  c.append('ana', c.by('ana', 'member.key.added', { key: keyOf('ana2') }))
  const grant = () => c.by('founder', 'member.role.granted', { who: c.person('ana').id, role: 'reviewer' })
  const invite = { invite: hashOf('an invite'), count: 1, expires: c.at + 1 }
  const pairs: readonly [string, () => CommunityEvent][] = [
    ['ana', () => c.contribution('ana', 'x')],
    ['founder', () => c.row('items', 1, 'x')],
    ['founder', () => c.authorOf('items', 'v')],
    ['founder', () => c.reviewRow('labels', 1, item, 'w')],
    ['founder', grant],
    ['founder', () => c.by('founder', 'member.invited', invite)],
    ['founder', () => c.by('founder', 'import.started', { file: hashOf('f'), rows: 1, holds: 'reviews' })],
    ['ana', () => c.by('ana', 'member.key.added', { key: keyOf('ana3') })],
    ['ana', () => c.by('ana', 'member.key.revoked', { key: keyOf('ana') })],
    ['ana', () => c.by('ana', 'member.payout.set', { address: `0x${'a'.repeat(40)}` })],
    ['rita', () => c.review('rita', item)],
  ]
  for (const [signer, make] of pairs) {
    assert.equal(c.decide(signer, make()).kind, 'append')
    c.refuses('event.invalid', /repeats an earlier one/, signer, make(), make())
  }
  const both = [c.row('items', 1, 'x'), c.row('items', 1, 'y')]
  c.refuses('event.invalid', /repeats an earlier one/, 'founder', ...both)
  c.refuses('event.invalid', /repeats/, 'founder', c.row('items', 1, 'x'), c.contribution('founder', 'x'))
})

test('time never goes back, and the clock must give one', () => {
  const c = new TestCommunity(['ana'])
  const event = c.contribution('ana', 'x')
  const at = (time: number) => () => decide(c.view, c.envelope('ana', event), unixMillis(time))
  refuses(at(c.at - 1), 'time.backwards', /lies before/)
  assert.equal(at(c.at)().kind, 'append')
  assert.equal(at(MAX_AT)().kind, 'append')
  for (const none of [MAX_AT + 1, Number.NaN]) assert.throws(at(none), /the sequencer's clock/)
})

test('an entry has at most 60,000 bytes', () => {
  const c = new TestCommunity(['ana'])
  const commitments = Array.from({ length: 512 }, (_, i) => hashOf(String(i))).sort()
  const big = Array.from({ length: 2 }, () => c.by('founder', 'gold.committed', { round: 1, commitments }))
  c.openRound()
  c.refuses('event.invalid', /repeats/, 'founder', ...big)
  const many = (count: number) =>
    Array.from({ length: count }, (_, i) => c.contribution('ana', `x${i}`, { label: 'heating', lang: 'en' }))
  c.refuses('entry.too_large', /at most 60000/, 'ana', ...many(150))
  const decision = c.decide('ana', ...many(100))
  assert.ok(decision.kind === 'append' && decision.bytes.length < 60_000)
})

test('what is admitted is the entry’s one encoding', () => {
  const c = new TestCommunity(['ana'])
  const envelope = c.envelope('ana', c.contribution('ana', 'x'))
  const decision = decide(c.view, envelope, c.at)
  assert.ok(decision.kind === 'append')
  assert.deepEqual(decision.bytes, encodeEntry({ ...envelope, at: c.at }))
  assert.deepEqual(decodeEntry(decision.bytes), { ...envelope, at: c.at })
})

test('a node’s event that comes again is out of order', () => {
  const c = new TestCommunity()
  const opened = c.byNode('round.opened', { round: 1, quotas: [] })
  c.append('node', opened)
  c.refuses('event.out_of_order', /the log is at/, 'node', opened)
})

test('a view that an auditor folds elsewhere decides alike', () => {
  const c = new TestCommunity(['ana'])
  const fresh = createView()
  for (const bytes of c.log) apply(fresh, decodeEntry(bytes))
  const event = c.contribution('ana', 'x')
  assert.deepEqual(decide(fresh, c.envelope('ana', event), c.at), c.decide('ana', event))
})

test('fields beyond an event’s own are refused before any rule', () => {
  const c = new TestCommunity(['ana'])
  const event: Fields = { ...c.contribution('ana', 'x'), index: 3 }
  refuses(() => parseEvent(event), 'event.invalid', /contribution.submitted.index: expected no such field/)
})
