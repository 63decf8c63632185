import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  apply,
  areRelated,
  type CommunityEvent,
  createView,
  decide,
  decodeEntry,
  type Entry,
  type EventId,
  inviteDigest,
  ProtocolError,
  unixMillis,
} from '@commonhold/protocol'
import fc from 'fast-check'
import { hashOf, keyOf, nonceOf, TestCommunity } from './support/community.ts'
import { outcome } from './support/failures.ts'
import { beginLife, type Envelope, life, makeEvents } from './support/random-life.ts'

/** Plays a life; what the sequencer admits it applies as it came, not as it would be read again. */
function play(c: TestCommunity, envelopes: readonly Envelope[], seen: Map<string, number>): void {
  const sent: ReturnType<TestCommunity['envelope']>[] = []
  for (const step of envelopes) {
    const made = outcome(() => makeEvents(c, step))
    if (made instanceof ProtocolError) continue
    const repeated = step.again === null ? undefined : sent[step.again]
    const envelope = repeated ?? c.envelope(made[0], ...made[1])
    sent.push(envelope)
    const at = unixMillis(c.view.at + step.later)
    const decision = outcome(() => decide(c.view, envelope, at))
    const kind = decision instanceof ProtocolError ? decision.code : decision.kind
    seen.set(kind, (seen.get(kind) ?? 0) + 1)
    if (decision instanceof ProtocolError || decision.kind === 'repeat') continue
    for (const { type } of envelope.events) seen.set(`admitted ${type}`, 1)
    apply(c.view, { ...envelope, at })
    c.at = at
    c.log.push(decision.bytes)
  }
}

test('whoever replays the log decides the same at every entry and ends with an equal view', () => {
  const seen = new Map<string, number>()
  fc.assert(
    fc.property(life, (envelopes) => {
      const c = new TestCommunity(['ana', 'ben'], { join: 'open', payToDelayMs: 30 })
      beginLife(c)
      play(c, envelopes, seen)
      const fresh = createView()
      for (const bytes of c.log) {
        const entry = decodeEntry(bytes)
        assert.deepEqual(decide(fresh, entry, entry.at), { kind: 'append', bytes })
        apply(fresh, entry)
      }
      assert.deepEqual(fresh, c.view)
      checkInvariants(c)
    }),
    { numRuns: 100 },
  )
  // The lives are no proof unless much is admitted and much is refused in them.
  assert.ok((seen.get('append') ?? 0) > 1_000, 'enough is admitted')
  assert.ok((seen.get('repeat') ?? 0) > 50, 'enough comes again')
  const types = [...seen.keys()].filter((kind) => kind.startsWith('admitted'))
  assert.ok(types.length >= 16, types.join())
})

/** What must hold in every log that was admitted. */
function checkInvariants({ view, log }: TestCommunity): void {
  const ids = log.flatMap((bytes) => decodeEntry(bytes).ids)
  assert.equal(new Set(ids).size, ids.length, 'no payload twice')
  assert.equal(view.events, ids.length)
  assert.equal(view.contents.size, view.contributions.size, 'no content twice')
  let imported = 0
  for (const { taken, rows } of view.imports.values()) {
    imported += taken.size
    for (const row of taken) assert.ok(row < rows)
  }
  let reviews = 0
  for (const round of view.rounds) {
    reviews += round.reviews.length
    assert.ok(round.gold.size <= round.goldCommitments.size)
    for (const { item, reviewer } of round.reviews)
      assert.notEqual(view.contributions.get(item)?.author, reviewer, 'nobody reviews an own item')
  }
  assert.equal(view.reviewed.size, reviews, 'nobody reviews twice')
  const rows = [...view.contributions.values()].filter(({ importer }) => importer !== undefined).length
  const importedReviews = view.rounds.flatMap(({ reviews: some }) =>
    some.filter((one) => one.imported),
  ).length
  assert.equal(rows + importedReviews, imported, 'each row once')
  for (const { id, keys } of view.members.values()) {
    assert.ok(keys.size > 0, 'nobody is without a key')
    for (const key of keys)
      assert.deepEqual([view.keys.get(key)?.member, view.keys.get(key)?.revoked], [id, undefined])
  }
  for (const { left } of view.invites.values()) assert.ok(left >= 0)
}

test('a log that nobody should have admitted is folded all the same, and its invites stay a forest', () => {
  fc.assert(
    fc.property(life, (envelopes) => {
      const c = new TestCommunity([], { join: 'open' })
      for (const step of envelopes) {
        const made = outcome(() => makeEvents(c, step))
        if (made instanceof ProtocolError) continue
        apply(c.view, {
          ...c.envelope(made[0], ...made[1]),
          at: unixMillis(c.view.at + Math.max(step.later, 0)),
        })
      }
      const ids = [...c.view.members.keys()]
      for (const a of ids)
        for (const b of ids) assert.equal(areRelated(c.view.members, a, b), areRelated(c.view.members, b, a))
    }),
    { numRuns: 80 },
  )
})

test('members who would have invited each other are not folded into a circle', () => {
  const c = new TestCommunity()
  const force = (signer: string, event: CommunityEvent): void =>
    apply(c.view, { ...c.envelope(signer, event), at: c.at })
  for (const name of ['ana', 'ben']) {
    const invite = inviteDigest(nonceOf(`by ${name}`))
    force(name, c.by(name, 'member.invited', { invite, count: 9, expires: 9e12 }))
  }
  force('ben', c.joining('ben', 'by ana'))
  force('ana', c.joining('ana', 'by ben'))
  force('ben', c.joining('ben', 'by ana'))
  const inviterOf = (name: string) => c.view.members.get(c.person(name).id)?.inviter
  assert.deepEqual([inviterOf('ana'), inviterOf('ben')], [c.person('ben').id, undefined])
  assert.ok(areRelated(c.view.members, c.person('ana').id, c.person('ben').id))
})

test('20,000 events change the view in place: no collection is copied', () => {
  const c = new TestCommunity(['rita'])
  c.grant('reviewer', 'rita')
  c.startImport('items', 'contributions', ['u'], 20_000)
  c.startImport('labels', 'reviews', ['w'], 20_000)
  c.openRound()
  const collections = () => {
    const { members, keys, nonces, imports, contributions, contents, reviewed, rounds } = c.view
    const round = rounds[0]
    const rita = members.get(c.person('rita').id)
    const states = [...imports.values()].flatMap((state) => [state, state.taken, state.authors])
    const own = [rita, rita?.roles, rita?.keys, rita?.payTo]
    return [
      c.view,
      members,
      keys,
      nonces,
      imports,
      contributions,
      contents,
      reviewed,
      rounds,
      round,
      round?.reviews,
      ...own,
      ...states,
    ]
  }
  const before = collections()
  const item = c.row('items', 0, 'first')
  const review = c.reviewRow('labels', 0, hashOf('any item'), 'w')
  const { at } = c
  for (let entry = 0; entry < 100; entry++) {
    const numbers = Array.from({ length: 200 }, (_, i) => 100 * entry + (i >> 1))
    const events = numbers.map((row, i): CommunityEvent => {
      const id = hashOf(`${row} ${i & 1}`)
      const nonce = id.slice(0, 32)
      if ((i & 1) === 0) return { ...item, row, content: id, nonce } as CommunityEvent
      return { ...review, row, item: id, nonce } as CommunityEvent
    })
    const ids = events.map(
      (event) => ('content' in event ? event.content : nonceOf('x').repeat(2)) as EventId,
    )
    const given: Entry = { at, events, ids, key: keyOf('founder'), signature: new Uint8Array(64) }
    apply(c.view, given)
  }
  for (const [i, collection] of collections().entries())
    assert.ok(collection === before[i], `collection ${i} is the same object`)
  assert.equal(c.view.contributions.size, 10_000)
  assert.equal(c.view.rounds[0]?.reviews.length, 10_000)
  assert.deepEqual(
    [...c.view.imports.values()].map(({ taken }) => taken.size),
    [10_000, 10_000],
  )
})
