import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Digest, type EventId, goldCommitment } from '@commonhold/protocol'
import { type Fields, hashOf, nonceOf, TestCommunity } from './support/community.ts'

/** A round under way with a reviewer, who came by another invite than the authors. */
function reviewing(): { readonly c: TestCommunity; readonly item: EventId } {
  const c = new TestCommunity(['ana', 'ana.ben', 'rita'])
  c.grant('reviewer', 'rita')
  c.openRound()
  const item = c.contribute('ana', 'an item')
  c.openWave()
  return { c, item }
}

test('a contribution counts for the open round, or else for the next', () => {
  const c = new TestCommunity(['ana'])
  const roundOf = (text: string) => c.view.contributions.get(c.contribute('ana', text))?.round
  assert.equal(roundOf('before'), 1)
  c.openRound()
  assert.equal(roundOf('open'), 1)
  c.openWave()
  assert.equal(roundOf('reviews'), 2)
  c.closeReviews()
  assert.equal(roundOf('closing'), 2)
  c.append('node', c.closing())
  assert.equal(roundOf('closed'), 2)
})

test('a contribution has a label of the charter, letter by letter, and its content as its only addendum', () => {
  const c = new TestCommunity(['ana'])
  for (const label of ['Heating', 'heatin', 'heating ok', 'other'])
    c.refuses(
      'contribution.label_unknown',
      /not in the charter/,
      'ana',
      c.contribution('ana', 'x', { label }),
    )
  for (const addenda of [[], [hashOf('y')], [hashOf('x'), hashOf('y')]])
    c.refuses('event.invalid', /only addendum/, 'ana', c.contribution('ana', 'x', { addenda }))
})

test('nobody contributes a content that is in the log, their own included', () => {
  const c = new TestCommunity(['ana', 'ben'])
  c.contribute('ana', 'x')
  for (const name of ['ana', 'ben'])
    c.refuses('contribution.duplicate', /contributed before/, name, c.contribution(name, 'x'))
  c.startImport('file', 'contributions')
  c.refuses('contribution.duplicate', /contributed before/, 'founder', c.row('file', 0, 'x'))
})

test('only organisers import, each file once, and only into their own import', () => {
  const c = new TestCommunity(['ana'])
  const starting = (name: string) =>
    c.by(name, 'import.started', { file: hashOf('file'), rows: 3, holds: 'contributions' })
  c.refuses('member.not_allowed', /only an organiser/, 'ana', starting('ana'))
  c.refuses('import.conflict', /no import of this member/, 'founder', c.row('file', 0, 'x'))
  c.append('founder', starting('founder'))
  c.refuses('import.conflict', /imported before/, 'founder', starting('founder'))
  c.grant('organiser', 'ana')
  c.refuses('import.conflict', /imported before/, 'ana', starting('ana'))
  const hers = { ...c.row('file', 0, 'x'), member: c.person('ana').id } as never
  c.refuses('import.conflict', /no import of this member/, 'ana', hers)
  const named = { ...c.authorOf('file', 'u'), member: c.person('ana').id } as never
  c.refuses('import.conflict', /no import of this member/, 'ana', named)
})

test('an import’s author is named once, by the id of the salted name', () => {
  const c = new TestCommunity()
  c.startImport('file', 'contributions')
  const naming = (fields: Fields) => c.by('founder', 'import.author', { file: hashOf('file'), ...fields })
  const author = c.unclaimed('file', 'u')
  c.refuses('event.invalid', /one addendum/, 'founder', naming({ author, addenda: [] }))
  c.refuses('event.invalid', /not the salted name/, 'founder', naming({ author, addenda: [hashOf('v')] }))
  const seat = c.person('founder').id
  c.refuses(
    'event.invalid',
    /not the salted/,
    'founder',
    naming({ author: seat, addenda: [hashOf('salted u')] }),
  )
  c.append('founder', c.authorOf('file', 'u'))
  c.refuses('import.conflict', /named before/, 'founder', c.authorOf('file', 'u'))
})

test('an imported row is in the file, there once, and by an author that the import named', () => {
  const c = new TestCommunity()
  c.startImport('file', 'contributions', ['u'], 3)
  c.startImport('labels', 'reviews', ['w'], 3)
  const [first] = c.append('founder', c.row('file', 2, 'x', { author: c.unclaimed('file', 'u') }))
  const item = c.view.contributions.get(first as EventId)
  assert.equal(item?.author, c.unclaimed('file', 'u'))
  assert.equal(item?.importer, c.person('founder').id)
  c.refuses('import.conflict', /row 2 was imported before/, 'founder', c.row('file', 2, 'y'))
  c.refuses('event.invalid', /beyond the import's 3 rows/, 'founder', c.row('file', 3, 'y'))
  const stranger = { author: c.unclaimed('labels', 'w') }
  c.refuses('member.unknown', /not named/, 'founder', c.row('file', 0, 'y', stranger))
  c.refuses('import.conflict', /no import of this member/, 'founder', c.row('labels', 0, 'y'))
  c.refuses('contribution.label_unknown', /"x"/, 'founder', c.row('file', 0, 'y', { label: 'x' }))
  c.refuses('event.invalid', /only addendum/, 'founder', c.row('file', 0, 'y', { addenda: [] }))
  const [second] = c.append('founder', c.row('file', 0, 'y'))
  assert.equal(c.view.contributions.get(second as EventId)?.author, c.person('founder').id)
  assert.deepEqual([...(c.view.imports.get(hashOf('file'))?.taken ?? [])], [2, 0])
})

test('an imported review is a row of its file, there once, of a named worker about an item, once', () => {
  const c = new TestCommunity()
  c.startImport('items', 'contributions', ['u'])
  c.startImport('labels', 'reviews', ['w', 'z'], 3)
  const [item] = c.append('founder', c.row('items', 0, 'x')) as [EventId]
  const [other] = c.append('founder', c.row('items', 1, 'y')) as [EventId]
  c.refuses('round.bad_state', /no round takes reviews/, 'founder', c.reviewRow('labels', 0, item, 'w'))
  c.openRound()
  c.refuses('event.invalid', /beyond/, 'founder', c.reviewRow('labels', 3, item, 'w'))
  c.refuses('member.unknown', /not named/, 'founder', c.reviewRow('labels', 0, item, 'nobody'))
  const asAuthor = { worker: c.unclaimed('items', 'u') }
  c.refuses('member.unknown', /not named/, 'founder', c.reviewRow('labels', 0, item, 'w', asAuthor))
  c.refuses('import.conflict', /no import/, 'founder', c.reviewRow('items', 0, item, 'u'))
  c.refuses(
    'contribution.label_unknown',
    /"x"/,
    'founder',
    c.reviewRow('labels', 0, item, 'w', { label: 'x' }),
  )
  c.refuses('contribution.unknown', /no item/, 'founder', c.reviewRow('labels', 0, hashOf('x'), 'w'))
  c.append('founder', c.reviewRow('labels', 0, item, 'w'))
  c.refuses('import.conflict', /row 0 was imported/, 'founder', c.reviewRow('labels', 0, other, 'w'))
  c.refuses('review.duplicate', /twice/, 'founder', c.reviewRow('labels', 1, item, 'w'))
  c.openWave()
  c.append('founder', c.reviewRow('labels', 1, item, 'z'))
  c.closeReviews()
  c.refuses('round.bad_state', /no round takes reviews/, 'founder', c.reviewRow('labels', 2, other, 'w'))
  assert.deepEqual(
    c.view.rounds[0]?.reviews.map(({ reviewer, imported }) => [reviewer, imported]),
    [
      [c.unclaimed('labels', 'w'), true],
      [c.unclaimed('labels', 'z'), true],
    ],
  )
})

test('nobody imports reviews of what they, or somebody related to them, contributed here', () => {
  const { c, item } = reviewing()
  c.startImport('labels', 'reviews', ['w'])
  c.refuses('review.not_allowed', /of their own/, 'founder', c.reviewRow('labels', 0, item, 'w'))
  const own = c.contribute('founder', 'own')
  c.refuses('review.not_allowed', /of their own/, 'founder', c.reviewRow('labels', 0, own, 'w'))
})

test('reviewers judge items of others, once, while the round takes reviews', () => {
  const { c, item } = reviewing()
  c.grant('reviewer', 'ana')
  c.grant('reviewer', 'ben')
  const bens = c.contribution('ben', 'a later item')
  c.refuses('review.not_allowed', /of their own/, 'ana', c.review('ana', item))
  c.refuses('review.not_allowed', /related by invites/, 'ben', c.review('ben', item))
  c.refuses('review.not_allowed', /related by invites/, 'founder', c.review('founder', item))
  c.join('zoe')
  c.refuses('member.not_allowed', /only reviewers/, 'zoe', c.review('zoe', item))
  c.append('ben', bens)
})

test('a review names its round, an item of it, and a label of the charter or none', () => {
  const { c, item } = reviewing()
  c.refuses('round.bad_state', /round 2 is not under way/, 'rita', c.review('rita', item, { round: 2 }))
  c.refuses('contribution.unknown', /no item/, 'rita', c.review('rita', hashOf('x') as EventId))
  c.refuses('contribution.label_unknown', /"x"/, 'rita', c.review('rita', item, { label: 'x' }))
  c.refuses('contribution.label_unknown', /"Heating"/, 'rita', c.review('rita', item, { label: 'Heating' }))
  const next = c.contribute('ana', 'of the next round')
  c.refuses('round.bad_state', /belongs to round 2/, 'rita', c.review('rita', next))
  c.append('rita', c.review('rita', item))
  c.refuses('review.duplicate', /twice/, 'rita', c.review('rita', item, { label: 'billing' }))
})

test('"not sure" is an answer, and the last one', () => {
  const { c, item } = reviewing()
  const unsure = c.by('rita', 'review.submitted', { round: 1, item })
  c.append('rita', unsure)
  assert.equal(c.view.rounds[0]?.reviews[0]?.label, undefined)
  c.refuses('review.duplicate', /twice/, 'rita', c.review('rita', item))
})

test('no reviews are made before the first wave or after the last', () => {
  const c = new TestCommunity(['ana', 'rita'])
  c.grant('reviewer', 'rita')
  const early = c.contribute('ana', 'early')
  c.refuses('round.bad_state', /not under way/, 'rita', c.review('rita', early, { round: 1 }))
  c.openRound()
  c.refuses('round.bad_state', /no round takes reviews/, 'rita', c.review('rita', early))
  c.openWave()
  assert.equal(c.decide('rita', c.review('rita', early)).kind, 'append')
  c.closeReviews()
  c.refuses('round.bad_state', /no round takes reviews/, 'rita', c.review('rita', early))
  c.append('node', c.closing())
  c.refuses('round.bad_state', /no round takes reviews/, 'rita', c.review('rita', early))
})

test('an item that stayed undecided is reviewed again in a later round, by others', () => {
  const { c, item } = reviewing()
  c.append('rita', c.review('rita', item))
  c.closeReviews()
  c.append('node', c.closing())
  c.openRound()
  c.openWave()
  c.join('sue')
  c.grant('reviewer', 'sue')
  c.refuses('review.duplicate', /twice/, 'rita', c.review('rita', item))
  c.append('sue', c.review('sue', item))
  assert.equal(c.view.rounds[1]?.reviews.length, 1)
})

const SALT = nonceOf('gold salt')
const commitmentOf = (c: TestCommunity, text: string, label = 'plumbing', salt = SALT, round = 1) =>
  goldCommitment(c.view.community as EventId, round, hashOf(text), label, salt)
const commit = (c: TestCommunity, name: string, commitments: readonly string[], round = 1) =>
  c.by(name, 'gold.committed', { round, commitments: [...commitments].sort() })
const reveal = (c: TestCommunity, item: EventId, fields: Fields = {}) =>
  c.by('founder', 'gold.revealed', { round: 1, item, label: 'plumbing', salt: SALT, ...fields })

test('gold is committed by organisers while submissions are open, in order', () => {
  const c = new TestCommunity(['ana'])
  const some = [commitmentOf(c, 'x'), commitmentOf(c, 'y')]
  c.refuses('round.bad_state', /before its reviews/, 'founder', commit(c, 'founder', some))
  c.openRound()
  c.refuses('member.not_allowed', /only an organiser/, 'ana', commit(c, 'ana', some))
  c.refuses('round.bad_state', /before its reviews/, 'founder', commit(c, 'founder', some, 2))
  const unordered = c.by('founder', 'gold.committed', { round: 1, commitments: some.sort().reverse() })
  c.refuses('event.invalid', /ascending/, 'founder', unordered)
  const one = some[0] as Digest
  c.refuses('event.invalid', /ascending/, 'founder', commit(c, 'founder', [one, one]))
  c.append('founder', commit(c, 'founder', some))
  assert.equal(c.view.rounds[0]?.goldCommitments.size, 2)
  c.openWave()
  c.refuses('round.bad_state', /before its reviews/, 'founder', commit(c, 'founder', some))
})

test('gold is revealed when the reviews have closed, once, as it was committed', () => {
  const c = new TestCommunity(['ana'])
  c.openRound()
  const outside = commitmentOf(c, 'gold item', 'outside')
  c.append(
    'founder',
    commit(c, 'founder', [commitmentOf(c, 'gold item'), commitmentOf(c, 'gold item', 'billing'), outside]),
  )
  const item = c.contribute('founder', 'gold item')
  const plain = c.contribute('ana', 'plain item')
  c.refuses('round.bad_state', /after the reviews/, 'founder', reveal(c, item))
  c.openWave()
  c.refuses('round.bad_state', /after the reviews/, 'founder', reveal(c, item))
  c.closeReviews()
  c.refuses('round.bad_state', /after the reviews/, 'founder', reveal(c, item, { round: 2 }))
  c.refuses('contribution.unknown', /no item/, 'founder', reveal(c, hashOf('x') as EventId))
  c.refuses('gold.mismatch', /not committed/, 'founder', reveal(c, item, { salt: nonceOf('other') }))
  c.refuses('gold.mismatch', /not committed/, 'founder', reveal(c, item, { label: 'heating' }))
  c.refuses('gold.mismatch', /not committed/, 'founder', reveal(c, plain))
  c.refuses('contribution.label_unknown', /"outside"/, 'founder', reveal(c, item, { label: 'outside' }))
  const hers = { ...reveal(c, item), member: c.person('ana').id } as never
  c.refuses('member.not_allowed', /only an organiser/, 'ana', hers)
  c.refuses('event.invalid', /repeats/, 'founder', reveal(c, item), reveal(c, item))
  c.append('founder', reveal(c, item))
  c.refuses('gold.mismatch', /already/, 'founder', reveal(c, item))
  c.refuses('gold.mismatch', /already/, 'founder', reveal(c, item, { label: 'billing' }))
  assert.deepEqual([...(c.view.rounds[0]?.gold ?? [])], [[item, 'plumbing']])
})

test('nobody makes gold of an item that was there before, of another round, or in the same entry', () => {
  const c = new TestCommunity(['ana'])
  c.openRound()
  const victim = c.contribute('ana', 'good work')
  const commitments = ['good work', 'too late'].map((text) => commitmentOf(c, text))
  c.append('founder', commit(c, 'founder', commitments))
  const together = commit(c, 'founder', [commitmentOf(c, 'together')])
  const [, joint] = c.append('founder', together, c.contribution('founder', 'together')) as [EventId, EventId]
  c.openWave()
  const late = c.contribute('founder', 'too late')
  c.closeReviews()
  for (const item of [victim, late, joint])
    c.refuses('gold.mismatch', /not committed before its item/, 'founder', reveal(c, item))
})

test('a commitment that is repeated keeps its first place', () => {
  const c = new TestCommunity()
  c.openRound()
  c.append('founder', commit(c, 'founder', [commitmentOf(c, 'x')]))
  const item = c.contribute('founder', 'x')
  c.append('founder', commit(c, 'founder', [commitmentOf(c, 'x')]))
  c.closeReviews()
  c.append('founder', reveal(c, item))
  assert.equal(c.view.rounds[0]?.gold.get(item), 'plumbing')
})
