// An invented community in memory: every event passes `decide` and `apply`, as in the sequencer. Signatures are not real,
// because the view does not check them.
import { DEFAULT_RECIPE } from '@commonhold/learning'
import {
  apply,
  type Charter,
  type CommunityEvent,
  compareText,
  concatBytes,
  createView,
  currentRound,
  DEFAULT_CHARTER,
  type Digest,
  decide,
  type EventId,
  eventId,
  fromHex,
  goldCommitment,
  inviteDigest,
  type KeyId,
  keyId,
  type MemberId,
  type MutableView,
  memberIdOf,
  parseEvent,
  taggedHash,
  textAddendum,
  toBase64Url,
  unclaimedMemberId,
  unixMillis,
} from '@commonhold/protocol'
import { type Contents, NO_ROUND, type RoundResult, type RoundState, runRound } from '../../src/index.ts'

export const FOUNDER = 'founder'
const NODE = 'the node'

export const keyOf = (name: string): KeyId =>
  keyId(toBase64Url(concatBytes(Uint8Array.of(2), fromHex(taggedHash('test-key', name)))))
const addressOf = (name: string): string => `0x${taggedHash('test-address', name).slice(0, 40)}`

/** Few steps: what a model learns is not the matter of these tests. */
const RECIPE = { ...DEFAULT_RECIPE, epochs: 2, leastSteps: 100, mostEpochs: 4, calibrationItems: 6 }

export type Item = { readonly author: string; readonly text: string; readonly label: string }

export class TestCommunity {
  readonly view: MutableView = createView()
  readonly contents = new Map<Digest, string>()
  readonly founder: MemberId
  readonly names = new Map<MemberId, string>()
  #nonces = 0

  constructor(charter: Partial<Charter> & Pick<Charter, 'labels'>) {
    this.#append(FOUNDER, {
      v: 1,
      type: 'community.founded',
      nonce: this.#nonce(),
      founder: keyOf(FOUNDER),
      node: keyOf(NODE),
      log: { origin: 'test', ed25519: 'a', p256: 'b' },
      rules: { version: '1', digest: taggedHash('rules') },
      charter: { ...DEFAULT_CHARTER, recipe: RECIPE, ...charter },
      addenda: [],
    })
    this.founder = memberIdOf(this.community, keyOf(FOUNDER))
    this.names.set(this.founder, FOUNDER)
    const contract = addressOf('contract')
    this.byNode('chain.bound', {
      chainId: 1,
      token: contract,
      pool: contract,
      shares: contract,
      anchor: contract,
      practice: true,
    })
  }

  get community(): EventId {
    return this.view.community as EventId
  }

  idOf(name: string): MemberId {
    return name === FOUNDER ? this.founder : memberIdOf(this.community, keyOf(name))
  }

  /** Each may come by an invite of somebody, be a reviewer, or have no address to be paid at. */
  join(
    name: string,
    how: { readonly by?: string; readonly reviewer?: boolean; readonly poor?: boolean } = {},
  ): MemberId {
    const secret = this.#nonce()
    if (how.by !== undefined) {
      const expires = unixMillis(this.view.at + 1_000_000)
      this.byMember(how.by, 'member.invited', { invite: inviteDigest(secret), count: 1, expires })
    }
    const invite = how.by === undefined ? {} : { invite: secret }
    this.byMember(name, 'member.joined', { key: keyOf(name), ...invite })
    if (how.poor !== true) this.byMember(name, 'member.payout.set', { address: addressOf(name) })
    if (how.reviewer === true) this.grantReviewer(name)
    this.names.set(this.idOf(name), name)
    return this.idOf(name)
  }

  grantReviewer(name: string): void {
    this.byMember(FOUNDER, 'member.role.granted', { who: this.idOf(name), role: 'reviewer' })
  }

  openRound(quotas: Readonly<Record<string, number>> = {}): void {
    this.byNode('round.opened', {
      round: this.view.rounds.length + 1,
      quotas: Object.entries(quotas).map(([label, quota]) => ({ label, quota })),
    })
  }

  submit({ author, text, label }: Item, lang?: string): EventId {
    const content = this.#content(text)
    return this.byMember(author, 'contribution.submitted', {
      label,
      content,
      addenda: [content],
      ...(lang === undefined ? {} : { lang }),
    })
  }

  import(items: readonly Item[]): readonly EventId[] {
    const file = taggedHash('file', this.#nonce())
    this.byMember(FOUNDER, 'import.started', { file, rows: items.length, holds: 'contributions' })
    const authors = new Map<string, MemberId>()
    for (const { author } of items) {
      if (!authors.has(author)) authors.set(author, this.#importAuthor(file, author))
    }
    return items.map(({ author, text, label }, row) => {
      const content = this.#content(text)
      const fields = { file, row, label, content, addenda: [content], author: authors.get(author) }
      return this.byMember(FOUNDER, 'contribution.imported', fields)
    })
  }

  importReviews(
    rows: readonly { readonly item: EventId; readonly worker: string; readonly label: string }[],
  ): void {
    const file = taggedHash('file', this.#nonce())
    this.byMember(FOUNDER, 'import.started', { file, rows: rows.length, holds: 'reviews' })
    const workers = new Map<string, MemberId>()
    for (const [row, { item, worker, label }] of rows.entries()) {
      const id = workers.get(worker) ?? this.#importAuthor(file, worker)
      workers.set(worker, id)
      this.byMember(FOUNDER, 'review.imported', { file, row, item, worker: id, label })
    }
  }

  /** Without a label: not sure. */
  review(reviewer: string, item: EventId, label?: string): EventId {
    const round = currentRound(this.view)?.round
    return this.byMember(reviewer, 'review.submitted', {
      round,
      item,
      ...(label === undefined ? {} : { label }),
    })
  }

  openWave(): void {
    const round = currentRound(this.view)
    this.byNode('round.wave.opened', { round: round?.round, wave: (round?.waves.length ?? 0) + 1 })
  }

  closeReviews(): void {
    this.byNode('round.reviews.closed', { round: currentRound(this.view)?.round })
  }

  /** Commits the answers to texts that the founder then submits. */
  commitGold(items: readonly { readonly text: string; readonly label: string }[]): void {
    const round = currentRound(this.view)?.round as number
    const commitments = items.map(({ text, label }) =>
      goldCommitment(this.community, round, this.#content(text), label, saltOf(text)),
    )
    this.byMember(FOUNDER, 'gold.committed', { round, commitments: commitments.sort(compareText) })
  }

  revealGold(item: EventId, text: string, label: string): void {
    const round = currentRound(this.view)?.round
    this.byMember(FOUNDER, 'gold.revealed', { round, item, label, salt: saltOf(text) })
  }

  run(previous: RoundState = NO_ROUND, sponsors = 1_000_000n, contents: Contents = this.read): RoundResult {
    return runRound({ view: this.view, contents, previous, deposits: { sponsors, customers: 0n } })
  }

  readonly read: Contents = (digest) => this.contents.get(digest)

  /** Writes what the round came to, as the node does. */
  close({ claims }: RoundResult): void {
    this.byNode('round.closed', {
      ...claims,
      rules: taggedHash('rules'),
      block: { number: 1, hash: `0x${'0'.repeat(64)}` },
    })
  }

  byMember(name: string, type: string, fields: Readonly<Record<string, unknown>>): EventId {
    const member = this.idOf(name)
    return this.#append(name, {
      v: 1,
      community: this.community,
      member,
      nonce: this.#nonce(),
      type,
      ...fields,
    })
  }

  byNode(type: string, fields: Readonly<Record<string, unknown>>): EventId {
    return this.#append(NODE, { v: 1, community: this.community, index: this.view.size, type, ...fields })
  }

  #importAuthor(file: Digest, name: string): MemberId {
    const addendum = taggedHash('name', file, name)
    const author = unclaimedMemberId(this.community, file, addendum)
    this.byMember(FOUNDER, 'import.author', { file, author, addenda: [addendum] })
    return author
  }

  #content(text: string): Digest {
    const { digest } = textAddendum(fromHex(saltOf(text)), text)
    this.contents.set(digest, text)
    return digest
  }

  #nonce(): string {
    return taggedHash('nonce', String(this.#nonces++)).slice(0, 32)
  }

  #append(signer: string, value: Readonly<Record<string, unknown>>): EventId {
    const event: CommunityEvent = parseEvent(value)
    const id = eventId(event)
    const envelope = { events: [event], ids: [id], key: keyOf(signer), signature: new Uint8Array(64) }
    const at = unixMillis(this.view.at + 1_000)
    const decision = decide(this.view, envelope, at)
    if (decision.kind === 'repeat') throw new Error('a test repeats an event')
    apply(this.view, { ...envelope, at })
    return id
  }
}

const saltOf = (text: string): string => taggedHash('salt', text).slice(0, 32)
