import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  areRelated,
  inviteDigest,
  mayReview,
  memberIdOf,
  organisersOf,
  payToAt,
  seatOf,
  unixMillis,
} from '@commonhold/protocol'
import { address, hashOf, keyOf, nonceOf, TestCommunity } from './support/community.ts'

test('an invite seats as many as it says, under who made it', () => {
  const c = new TestCommunity(['ana'])
  c.invite('ana', 'two', { count: 2 })
  c.append('ben', c.joining('ben', 'two'))
  c.append('carl', c.joining('carl', 'two'))
  assert.equal(c.view.members.get(c.person('carl').id)?.inviter, c.person('ana').id)
  c.refuses('member.not_allowed', /used up/, 'dora', c.joining('dora', 'two'))
})

test('an invite must exist, be in time, and be new', () => {
  const c = new TestCommunity()
  c.invite('founder', 'one')
  c.refuses('member.not_allowed', /no such invite/, 'ana', c.joining('ana', 'other'))
  c.refuses('member.not_allowed', /by invite/, 'ana', c.joining('ana'))
  const again = { invite: inviteDigest(nonceOf('one')), count: 1, expires: c.at + 1 }
  c.refuses('member.exists', /exists already/, 'founder', c.by('founder', 'member.invited', again))
  const late = { invite: hashOf('x'), count: 1, expires: c.at }
  c.refuses('event.invalid', /before it begins/, 'founder', c.by('founder', 'member.invited', late))
  c.at = unixMillis(c.at + 999)
  assert.equal(c.decide('ana', c.joining('ana', 'one')).kind, 'append')
  c.at = unixMillis(c.at + 1)
  c.refuses('member.not_allowed', /expired/, 'ana', c.joining('ana', 'one'))
})

test('an open community needs no invite, but an invite that is shown must hold', () => {
  const c = new TestCommunity([], { join: 'open' })
  c.append('ana', c.joining('ana'))
  assert.equal(c.view.members.get(c.person('ana').id)?.inviter, undefined)
  c.refuses('member.not_allowed', /no such invite/, 'ben', c.joining('ben', 'none'))
})

test('one envelope makes one seat, with an invite and without', () => {
  const c = new TestCommunity([], { join: 'open' })
  c.invite('founder', 'last')
  for (const second of [undefined, 'last'])
    c.refuses('event.invalid', /repeats/, 'ana', c.joining('ana'), c.joining('ana', second))
  c.refuses('event.invalid', /repeats/, 'ana', c.joining('ana', 'last'), c.joining('ana', 'last'))
  c.refuses('key.unknown', /no member/, 'ana', c.joining('ana'), c.contribution('ana', 'too soon'))
})

test('whoever joins signs with the key that joins and takes its id', () => {
  const c = new TestCommunity(['ana'], { join: 'open' })
  c.refuses('key.unknown', /signed by the key that joins/, 'ana', c.joining('ben'))
  c.refuses('key.unknown', /signed by the key that joins/, 'carl', c.joining('ben'))
  const posing = { ...c.joining('ben'), member: c.person('ana').id } as never
  c.refuses('event.invalid', /not this key's member id/, 'ben', posing)
  c.refuses('member.exists', /has a seat already/, 'ana', c.joining('ana'))
})

test('a key that is or was another member’s cannot join or be added', () => {
  const c = new TestCommunity(['ana', 'ben'], { join: 'open' })
  c.append('ana', c.by('ana', 'member.key.added', { key: keyOf('spare') }))
  const posing = () =>
    c.by('ana', 'member.joined', {
      key: keyOf('spare'),
      member: memberIdOf(c.view.community as never, keyOf('spare')),
    })
  const adding = () => c.by('ben', 'member.key.added', { key: keyOf('spare') })
  c.refuses('member.exists', /in use already/, 'spare', posing())
  c.refuses('member.exists', /in use already/, 'ben', adding())
  c.append('ana', c.by('ana', 'member.key.revoked', { key: keyOf('spare') }))
  c.refuses('member.exists', /in use already/, 'spare', posing())
  c.refuses('member.exists', /in use already/, 'ben', adding())
  c.refuses(
    'member.exists',
    /in use already/,
    'ana',
    c.by('ana', 'member.key.added', { key: keyOf('spare') }),
  )
})

test('a revoked key does nothing more; the member’s other key does', () => {
  const c = new TestCommunity(['ana'])
  c.append('ana', c.by('ana', 'member.key.added', { key: keyOf('ana2') }))
  c.append('ana2', c.by('ana2', 'member.key.revoked', { key: keyOf('ana') }))
  c.refuses('key.invalid', /revoked at index/, 'ana', c.contribution('ana', 'x'))
  const pay = c.by('ana', 'member.payout.set', { address: address('a') })
  c.refuses('key.invalid', /revoked at index/, 'ana', pay)
  c.append('ana2', pay)
  assert.deepEqual([...(c.view.members.get(c.person('ana').id)?.keys ?? [])], [keyOf('ana2')])
})

test('a member keeps one key, and revokes only own ones, once', () => {
  const c = new TestCommunity(['ana', 'ben'])
  const revoke = (who: string, key: string) => c.by(who, 'member.key.revoked', { key: keyOf(key) })
  c.refuses('member.not_allowed', /last key/, 'ana', revoke('ana', 'ana'))
  c.refuses('key.unknown', /not one of the member's/, 'ana', revoke('ana', 'ben'))
  c.refuses('key.unknown', /not one of the member's/, 'ana', revoke('ana', 'nobody'))
  c.append('ana', c.by('ana', 'member.key.added', { key: keyOf('ana2') }))
  const both = [revoke('ana', 'ana'), revoke('ana', 'ana2')]
  c.refuses('event.invalid', /repeats/, 'ana', ...both)
  c.append('ana', revoke('ana', 'ana2'))
  c.refuses('key.invalid', /revoked already/, 'ana', revoke('ana', 'ana2'))
  c.refuses('member.not_allowed', /last key/, 'ana', revoke('ana', 'ana'))
})

test('organisers grant roles, each once, to members', () => {
  const c = new TestCommunity(['ana', 'ben'])
  const grant = (by: string, who: string, role: string) =>
    c.by(by, 'member.role.granted', { who: c.person(who).id, role })
  c.refuses('member.not_allowed', /only an organiser/, 'ana', grant('ana', 'ana', 'organiser'))
  c.refuses('member.unknown', /no member/, 'founder', grant('founder', 'nobody', 'reviewer'))
  c.grant('reviewer', 'ana')
  const index = c.view.size - 1
  assert.equal(c.view.members.get(c.person('ana').id)?.roles.get('reviewer'), index)
  c.refuses('member.exists', /reviewer already/, 'founder', grant('founder', 'ana', 'reviewer'))
  c.append('founder', grant('founder', 'ana', 'organiser'))
  c.append('ana', grant('ana', 'ben', 'reviewer'))
  assert.deepEqual(organisersOf(c.view), [c.person('founder').id, c.person('ana').id])
})

test('the first payout address holds at once, a change after the delay', () => {
  const c = new TestCommunity(['ana'], { payToDelayMs: 1_000 })
  const set = (digit: string) =>
    c.append('ana', c.by('ana', 'member.payout.set', { address: address(digit) }))
  const inForce = (at: number) => payToAt(c.view.members.get(c.person('ana').id) as never, unixMillis(at))
  assert.equal(inForce(c.at), undefined)
  set('a')
  assert.equal(inForce(c.at), address('a'))
  c.at = unixMillis(c.at + 10)
  set('b')
  assert.equal(inForce(c.at + 999), address('a'))
  assert.equal(inForce(c.at + 1_000), address('b'))
})

test('a change of the payout address that waits is called off by another', () => {
  const c = new TestCommunity(['ana'], { payToDelayMs: 1_000 })
  const start = c.at
  const set = (digit: string, after: number): void => {
    c.at = unixMillis(start + after)
    c.append('ana', c.by('ana', 'member.payout.set', { address: address(digit) }))
  }
  const inForce = (at: number) =>
    payToAt(c.view.members.get(c.person('ana').id) as never, unixMillis(start + at))
  set('a', 0)
  set('e', 100)
  set('a', 500)
  for (const at of [500, 1_100, 1_499, 1_500, 9_000]) assert.equal(inForce(at), address('a'))
  set('b', 1_600)
  set('c', 2_600)
  assert.deepEqual([2_599, 2_600, 3_599, 3_600].map(inForce), [
    address('a'),
    address('b'),
    address('b'),
    address('c'),
  ])
})

test('members are related along an invite tree, both ways, and not beside it', () => {
  const c = new TestCommunity(['ana', 'ana.ben', 'ben.carl', 'ana.emil', 'dora'])
  const related = (a: string, b: string) => areRelated(c.view.members, c.person(a).id, c.person(b).id)
  for (const other of ['ana', 'ben', 'carl']) {
    assert.ok(related('ana', other))
    assert.ok(related(other, 'ana'))
  }
  assert.ok(!related('dora', 'carl'))
  assert.ok(!related('ben', 'emil'))
})

test('nobody judges a related member, but whom an organiser invited may judge the organiser', () => {
  const c = new TestCommunity(['ana', 'ana.ben', 'founder.dora'])
  const may = (judge: string, author: string) =>
    mayReview(c.view.members, c.person(judge).id, c.person(author).id)
  assert.ok(!may('ana', 'ana'))
  assert.ok(!may('ana', 'ben'))
  assert.ok(!may('ben', 'ana'))
  assert.ok(may('dora', 'founder'))
  assert.ok(!may('founder', 'dora'))
})

test('an organiser grants the seat of an imported author to a member, once', () => {
  const c = new TestCommunity(['ana', 'ben'])
  c.startImport('rows.csv', 'contributions', ['nadia'])
  const author = c.unclaimed('rows.csv', 'nadia')
  const grant = (by: string, fields = {}) =>
    c.by(by, 'member.seat.granted', { file: hashOf('rows.csv'), author, who: c.person('ana').id, ...fields })
  c.refuses('member.not_allowed', /organiser/, 'ana', grant('ana'))
  c.refuses(
    'member.unknown',
    /no such author/,
    'founder',
    grant('founder', { author: c.unclaimed('rows.csv', 'olga') }),
  )
  c.refuses('member.unknown', /no member/, 'founder', grant('founder', { who: author }))
  c.append('founder', grant('founder'))
  assert.equal(seatOf(c.view, author), c.person('ana').id)
  c.refuses('member.exists', /taken/, 'founder', grant('founder', { who: c.person('ben').id }))
})
