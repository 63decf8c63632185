/** A small community to test the rules on. Signatures are zeros: `decide` never looks at them. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  apply,
  type Bytes,
  type Charter,
  type CommunityEvent,
  createView,
  DEFAULT_CHARTER,
  type Decision,
  type Digest,
  decide,
  decodeEntry,
  digest,
  type Envelope,
  type ErrorCode,
  type EventId,
  type EventType,
  eventId,
  inviteDigest,
  type KeyId,
  keyId,
  type MemberId,
  memberIdOf,
  parseEvent,
  toBase64Url,
  unclaimedMemberId,
  unixMillis,
} from '@commonhold/protocol'
import { p256 } from '@noble/curves/nist.js'
import { refuses } from './failures.ts'

export type Fields = Readonly<Record<string, unknown>>
export type Person = { readonly key: KeyId; readonly id: MemberId }

export const hashOf = (text: string): Digest => digest(createHash('sha256').update(text).digest('hex'))
export const nonceOf = (text: string): string => hashOf(`nonce ${text}`).slice(0, 32)

const keys = new Map<string, KeyId>()
export function keyOf(name: string): KeyId {
  const known = keys.get(name)
  if (known !== undefined) return known
  const secret = createHash('sha256').update(`test key ${name}`).digest()
  const key = keyId(toBase64Url(p256.getPublicKey(secret, true)))
  keys.set(name, key)
  return key
}

export const CHARTER: Charter = {
  ...DEFAULT_CHARTER,
  labels: ['billing', 'heating', 'plumbing'],
  recipe: { epochs: 2 },
  join: 'invite',
}

export const address = (digit: string): string => `0x${digit.repeat(40)}`
export const hash32 = (digit: string): string => `0x${digit.repeat(64)}`
export const RULES = hashOf('rules')

export const foundingEvent = (charter: Partial<Charter> = {}, change: Fields = {}): CommunityEvent =>
  parseEvent({
    v: 1,
    type: 'community.founded',
    nonce: nonceOf('founding'),
    founder: keyOf('founder'),
    node: keyOf('node'),
    log: { origin: 'log.example', ed25519: 'x', p256: 'y' },
    rules: { version: '1', digest: RULES },
    charter: { ...CHARTER, ...charter },
    addenda: [],
    ...change,
  })

export class TestCommunity {
  readonly view = createView()
  readonly log: Bytes[] = []
  at = unixMillis(1_000_000)
  #nonces = 0

  /** Founded, with the members that `names` lists, each by an invite of the one before the dot. */
  constructor(names: readonly string[] = [], charter: Partial<Charter> = {}) {
    this.append('founder', foundingEvent(charter))
    for (const name of names) {
      const [inviter, joiner] = name.includes('.') ? name.split('.') : ['founder', name]
      this.join(joiner as string, inviter)
    }
  }

  person(name: string): Person {
    const key = keyOf(name)
    const seat = this.view.keys.get(key)
    return { key, id: seat?.member ?? memberIdOf(this.view.community as EventId, key) }
  }

  /** A member's event; `name` is whose it is, whoever signs it. */
  by(name: string, type: EventType, fields: Fields = {}): CommunityEvent {
    const common = { v: 1, community: this.view.community, type, member: this.person(name).id }
    return parseEvent({ ...common, nonce: nonceOf(String(this.#nonces++)), ...fields })
  }

  byNode(type: EventType, fields: Fields = {}): CommunityEvent {
    return parseEvent({ v: 1, community: this.view.community, type, index: this.view.size, ...fields })
  }

  envelope(signer: string, ...events: readonly CommunityEvent[]): Envelope {
    return { events, ids: events.map(eventId), key: keyOf(signer), signature: new Uint8Array(64) }
  }

  decide(signer: string, ...events: readonly CommunityEvent[]): Decision {
    return decide(this.view, this.envelope(signer, ...events), this.at)
  }

  /** Admits and applies; returns the ids of the events. */
  append(signer: string, ...events: readonly CommunityEvent[]): readonly EventId[] {
    const decision = this.decide(signer, ...events)
    assert.ok(decision.kind === 'append', 'the same events were admitted before')
    const entry = decodeEntry(decision.bytes)
    apply(this.view, entry)
    this.log.push(decision.bytes)
    return entry.ids
  }

  refuses(code: ErrorCode, wording: RegExp, signer: string, ...events: readonly CommunityEvent[]): void {
    const before = structuredClone(this.view)
    refuses(() => this.decide(signer, ...events), code, wording)
    assert.deepEqual(this.view, before, 'deciding changes nothing')
  }

  invite(inviter: string, secret: string, fields: Fields = {}): void {
    const expires = this.at + 1_000
    const event = { invite: inviteDigest(nonceOf(secret)), count: 1, expires, ...fields }
    this.append(inviter, this.by(inviter, 'member.invited', event))
  }

  joining(name: string, secret?: string): CommunityEvent {
    const shown = secret === undefined ? {} : { invite: nonceOf(secret) }
    return this.by(name, 'member.joined', { key: keyOf(name), ...shown })
  }

  join(name: string, inviter = 'founder'): void {
    this.invite(inviter, `for ${name}`)
    this.append(name, this.joining(name, `for ${name}`))
  }

  grant(role: string, name: string): void {
    this.append('founder', this.by('founder', 'member.role.granted', { who: this.person(name).id, role }))
  }

  contribution(name: string, text: string, fields: Fields = {}): CommunityEvent {
    const content = hashOf(text)
    return this.by(name, 'contribution.submitted', {
      label: 'heating',
      content,
      addenda: [content],
      ...fields,
    })
  }

  contribute(name: string, text: string): EventId {
    return this.append(name, this.contribution(name, text))[0] as EventId
  }

  /** Rows of a file imported by the founder, and its authors by name. */
  startImport(file: string, holds: string, authors: readonly string[] = [], rows = 10): void {
    this.append('founder', this.by('founder', 'import.started', { file: hashOf(file), rows, holds }))
    for (const author of authors) this.append('founder', this.authorOf(file, author))
  }

  unclaimed(file: string, name: string): MemberId {
    return unclaimedMemberId(this.view.community as EventId, hashOf(file), hashOf(`salted ${name}`))
  }

  authorOf(file: string, name: string): CommunityEvent {
    const author = this.unclaimed(file, name)
    return this.by('founder', 'import.author', {
      file: hashOf(file),
      author,
      addenda: [hashOf(`salted ${name}`)],
    })
  }

  row(file: string, row: number, text: string, fields: Fields = {}): CommunityEvent {
    const content = hashOf(text)
    const common = { file: hashOf(file), row, label: 'heating', content, addenda: [content] }
    return this.by('founder', 'contribution.imported', { ...common, ...fields })
  }

  reviewRow(file: string, row: number, item: EventId, worker: string, fields: Fields = {}): CommunityEvent {
    const common = { file: hashOf(file), row, item, worker: this.unclaimed(file, worker), label: 'heating' }
    return this.by('founder', 'review.imported', { ...common, ...fields })
  }

  review(name: string, item: EventId, fields: Fields = {}): CommunityEvent {
    return this.by(name, 'review.submitted', {
      round: this.view.rounds.length,
      item,
      label: 'heating',
      ...fields,
    })
  }

  node(type: EventType, fields: Fields = {}): void {
    this.append('node', this.byNode(type, fields))
  }

  openRound(): void {
    this.node('round.opened', { round: this.view.rounds.length + 1, quotas: [] })
  }

  openWave(): void {
    const round = this.view.rounds.length
    this.node('round.wave.opened', { round, wave: (this.view.rounds[round - 1]?.waves.length ?? 0) + 1 })
  }

  closeReviews(): void {
    this.node('round.reviews.closed', { round: this.view.rounds.length })
  }

  closing(fields: Fields = {}): CommunityEvent {
    const [some, other] = [hashOf('some'), hashOf('other')]
    return this.byNode('round.closed', {
      round: this.view.rounds.length,
      logSize: this.view.size,
      rules: RULES,
      seed: some,
      datasetRoot: other,
      modelHash: some,
      promoted: true,
      metrics: { correct: 1, total: 2, majorityCorrect: 1, trained: 8, clusters: 10 },
      attributionRoot: other,
      statementsRoot: some,
      payoutRoot: hash32('a'),
      totals: {
        sponsors: '100',
        customers: '0',
        pool: '100',
        allocated: '90',
        promisedMoney: '45',
        promisedShares: '45',
        reserved: '0',
        unvested: '45',
      },
      block: { number: 5, hash: hash32('b') },
      ...fields,
    })
  }

  bindChain(): void {
    const contracts = { token: address('1'), pool: address('2'), shares: address('3'), anchor: address('4') }
    this.node('chain.bound', { chainId: 31_337, ...contracts, practice: true })
  }
}
