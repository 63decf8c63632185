import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createView,
  type Digest,
  decodeEntry,
  drawSeed,
  type ErrorCode,
  type EventId,
  encodeEntry,
  eventId,
  fromBase64Url,
  fromHex,
  goldCommitment,
  inviteDigest,
  isLabelId,
  type KeyId,
  labelId,
  labelText,
  type MemberId,
  memberIdOf,
  nobleVerifier,
  parseEvent,
  signedMessage,
  taggedHash,
  toHex,
  unclaimedMemberId,
  utf8,
} from '@commonhold/protocol'
import { entries, hashes, ids } from './independent/vectors.ts'
import { refuses, vectors } from './support/failures.ts'

type Hashes = {
  readonly hashes: readonly { purpose: string; parts: { text?: string; hex?: string }[]; digest: string }[]
}
type Ids = {
  readonly events: readonly { type: string; payload: string; id: EventId }[]
  readonly members: readonly { community: EventId; firstKey: KeyId; member: MemberId }[]
  readonly unclaimed: readonly { community: EventId; file: Digest; name: Digest; member: MemberId }[]
  readonly invites: readonly { secret: string; digest: Digest }[]
  readonly gold: readonly {
    community: EventId
    round: number
    content: Digest
    label: string
    salt: string
    commitment: Digest
  }[]
  readonly histories: readonly { ids: EventId[]; history: Digest }[]
  readonly seeds: readonly {
    purpose: string
    community: EventId
    round: number
    history: Digest
    seed: Digest
  }[]
  readonly labels: readonly { text: string; id: string }[]
}
type Broken = { name: string; hex: string; tail?: { hex: string; times: number }; code: ErrorCode }
type Entries = {
  readonly valid: readonly { name: string; ids: EventId[]; message: string; entry: string }[]
  readonly invalid: readonly Broken[]
}

const given = vectors<Ids>('ids')
const { valid, invalid } = vectors<Entries>('entries')

test('the vectors are what an independent implementation makes', () => {
  const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
  assert.deepEqual(vectors('hashes'), plain(hashes))
  assert.deepEqual(given, plain(ids))
  // ECDSA signatures are random, and so is what is made of one.
  const unsigned = (text: string): string => text.replace(/"sig":"[^"]*"/, '')
  const bare = ({ valid, invalid }: Entries) => [
    valid.map(({ entry, ...rest }) => ({ ...rest, entry: unsigned(entry) })),
    invalid.map(({ name, code, tail }) => [name, code, tail]),
  ]
  assert.deepEqual(bare(vectors<Entries>('entries')), bare(plain(entries) as Entries))
})

test('tagged hashes come out', () => {
  for (const { purpose, parts, digest } of vectors<Hashes>('hashes').hashes) {
    const some = parts.map(({ text, hex }) => (text === undefined ? fromHex(hex as string) : text))
    assert.equal(taggedHash(purpose, ...some), digest)
  }
})

test('every event type has the digest of its vector', () => {
  const types = new Set<string>()
  for (const { type, payload, id } of given.events) {
    const event = parseEvent(JSON.parse(payload))
    assert.equal(event.type, type)
    assert.equal(eventId(event), id)
    types.add(type)
  }
  assert.equal(types.size, 23)
})

test('ids, commitments, invites and seeds come out', () => {
  for (const one of given.members) assert.equal(memberIdOf(one.community, one.firstKey), one.member)
  for (const one of given.unclaimed)
    assert.equal(unclaimedMemberId(one.community, one.file, one.name), one.member)
  for (const one of given.invites) assert.equal(inviteDigest(one.secret), one.digest)
  for (const one of given.gold)
    assert.equal(goldCommitment(one.community, one.round, one.content, one.label, one.salt), one.commitment)
  for (const one of given.seeds)
    assert.equal(drawSeed(one.purpose, one.community, one.round, one.history), one.seed)
})

test('the history of a log is folded from its payloads', () => {
  for (const { ids: some, history } of given.histories) {
    let folded: Digest = createView().history
    for (const id of some) folded = taggedHash('history', fromHex(folded), fromHex(id))
    assert.equal(folded, history)
  }
})

test('labels become ids and ids labels', () => {
  for (const { text, id } of given.labels) {
    assert.equal(labelId(text), id)
    assert.equal(labelText(id), text)
    assert.ok(isLabelId(id))
  }
})

test('valid entries decode, encode to the same bytes, and are signed', async () => {
  for (const { name, entry, ids: some, message } of valid) {
    const decoded = decodeEntry(utf8(entry))
    assert.deepEqual(encodeEntry(decoded), utf8(entry), name)
    assert.deepEqual(decoded.ids, some, name)
    assert.equal(toHex(signedMessage(decoded.ids)), message, name)
    const check = {
      algorithm: 'p256',
      publicKey: fromBase64Url(decoded.key),
      message: signedMessage(decoded.ids),
      signature: decoded.signature,
    } as const
    assert.deepEqual(await nobleVerifier.verify([check]), [true], name)
  }
})

test('broken entries are refused with their codes', async (t) => {
  for (const { name, hex, tail, code } of invalid) {
    await t.test(name, () =>
      refuses(
        () => decodeEntry(fromHex(hex + (tail === undefined ? '' : tail.hex.repeat(tail.times)))),
        code,
      ),
    )
  }
})
