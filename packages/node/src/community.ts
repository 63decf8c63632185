/**
 * A community, open: its home locked, its database running, its log folded into the view, its lease held. Everything
 * that changes it goes through `submit`; nothing here decides anything that `decide` or the pipeline does not.
 */

import { hashLeavesJoined } from '@commonhold/kernels'
import { createNodeVerifier, type KeyRing, openKeyRing, type P256Signer, p256Signer } from '@commonhold/keys'
import {
  type Addendum,
  addendaOf,
  addendumText,
  apply,
  createView,
  type Digest,
  decide,
  decodeEntry,
  type Entry,
  type Envelope,
  fromBase64Url,
  fromHex,
  MAX_ADDENDUM_BYTES,
  type MutableView,
  type NodeEvent,
  nextLink,
  ProtocolError,
  parseEnvelope,
  sha256Hex,
  signedMessage,
  taggedHash,
  toBase64Url,
  type UnixMillis,
  unixMillis,
  type View,
} from '@commonhold/protocol'
import {
  type AppendAlso,
  createSequencer,
  openPostgres,
  openStore,
  type Sequencer,
  type Store,
} from '@commonhold/store'
import { Tree } from '@commonhold/tlog'
import { type Submission, sealEnvelope } from './envelope.ts'
import { type Home, readHome } from './home.ts'
import { type LogSigners, openLogKeys } from './log-keys.ts'
import { openPublisher, type Published, type Publisher } from './publisher.ts'

export type CommunityOptions = {
  readonly folder: string
  readonly command: string
  readonly databaseUrl?: string | undefined
  /** The sequencer's time; a demonstration's follows from the view alone. */
  readonly clock: (view: View) => UnixMillis
  /** How long to wait for another command that holds the home. */
  readonly waitMs?: number
  readonly signal?: AbortSignal
}

export type Receipt = {
  readonly index: number
  /** The same payloads were in the log before. */
  readonly repeated: boolean
}

type Queued = { readonly submission: Submission; readonly also: AppendAlso | undefined; repeatedAt?: number }

/** Fields of a node's event that the node fills in itself. */
type Framing = 'v' | 'community' | 'index'
type NodeDraft = NodeEvent extends infer E ? (E extends NodeEvent ? Omit<E, Framing> : never) : never

/** Envelopes whose signatures are checked at a time. */
const VERIFY_BATCH = 256

export class Community implements AsyncDisposable {
  readonly home: Home
  readonly store: Store
  readonly keys: KeyRing
  readonly log: LogSigners
  readonly tree: Tree
  readonly #view: MutableView
  readonly #clock: (view: View) => UnixMillis
  readonly #sequencer: Sequencer<Queued>
  readonly #verifier = createNodeVerifier()
  readonly #node: P256Signer
  readonly #close: () => Promise<void>
  #publisher: Publisher | undefined
  #published: Promise<unknown> = Promise.resolve()

  private constructor(parts: {
    readonly home: Home
    readonly store: Store
    readonly keys: KeyRing
    readonly view: MutableView
    readonly tree: Tree
    readonly clock: (view: View) => UnixMillis
    readonly lease: Awaited<ReturnType<Store['log']['lease']>>
    readonly close: () => Promise<void>
  }) {
    this.home = parts.home
    this.store = parts.store
    this.keys = parts.keys
    this.tree = parts.tree
    this.#view = parts.view
    this.#clock = parts.clock
    this.#close = parts.close
    const deterministic = parts.home.demonstration !== undefined
    this.log = openLogKeys(parts.keys, parts.home.origin, deterministic)
    this.#node = p256Signer(parts.keys.ensure('node'), deterministic)
    this.#sequencer = createSequencer<Queued>({
      lease: parts.lease,
      nextIndex: parts.view.size,
      decide: (queued) => this.#decide(queued),
      // Everybody who waits is told; a command ends with that error and the next one reads the log again.
      onFailure: () => undefined,
    })
  }

  /** @throws {ProtocolError} `home.missing`, `home.busy`, `home.unusable`, `store.unavailable`. */
  static async open(options: CommunityOptions): Promise<Community> {
    const home = readHome(options.folder)
    const server = await openPostgres({
      home: home.folder,
      databaseUrl: options.databaseUrl,
      command: options.command,
      waitMs: options.waitMs ?? 0,
      signal: options.signal,
    })
    let store: Store | undefined
    const close = async (): Promise<void> => {
      await store?.close()
      await server.close()
    }
    try {
      store = await openStore(server.connectionConfig)
      const lease = await store.log.lease()
      const { view, tree } = await replay(store)
      const keys = openKeyRing(home.keys, secretMaker(home))
      return new Community({ home, store, keys, view, tree, clock: options.clock, lease, close })
    } catch (error) {
      await close()
      throw error
    }
  }

  get view(): View {
    return this.#view
  }

  get deterministic(): boolean {
    return this.home.demonstration !== undefined
  }

  now(): UnixMillis {
    const now = this.#clock(this.#view)
    return unixMillis(now < this.#view.at ? this.#view.at : now)
  }

  /** The node's own key, as the founding event names it. */
  get nodeKey(): P256Signer {
    return this.#node
  }

  /**
   * Checks the signatures and the addenda, has the sequencer decide, and resolves when everything is durable. Order of
   * receipts is the order of submissions. The first refusal is thrown; those before it stand.
   */
  async submit(submissions: readonly Submission[], also?: AppendAlso): Promise<readonly Receipt[]> {
    const receipts: Receipt[] = []
    for (let from = 0; from < submissions.length; from += VERIFY_BATCH) {
      const batch = submissions.slice(from, from + VERIFY_BATCH)
      await this.#check(batch)
      const queued: Queued[] = batch.map((submission) => ({ submission, also }))
      const answers = await Promise.allSettled(queued.map((one) => this.#submitOne(one)))
      for (const answer of answers) {
        if (answer.status === 'rejected') throw answer.reason
        receipts.push(answer.value)
      }
    }
    return receipts
  }

  async #submitOne(queued: Queued): Promise<Receipt> {
    try {
      const { index } = await this.#sequencer.submit(queued)
      return { index, repeated: false }
    } catch (error) {
      if (queued.repeatedAt !== undefined) return { index: queued.repeatedAt, repeated: true }
      throw error
    }
  }

  /** Signs and submits an event of the node itself at the log's end. */
  async submitOwn(draft: NodeDraft, also?: AppendAlso): Promise<Receipt> {
    const event = { v: 1, community: this.#view.community, index: this.#view.size, ...draft } as NodeEvent
    const [receipt] = await this.submit([sealEnvelope(this.#node, [{ event }])], also)
    return receipt as Receipt
  }

  /** Publishes what is in the log and signs a checkpoint; one after another, so that none puts back an older one. */
  publish(): Promise<Published> {
    const work = async (): Promise<Published> => {
      this.#publisher ??= await openPublisher(this.home, this.store, this.log, this.tree)
      return this.#publisher.publish()
    }
    const turn = this.#published.then(work, work)
    this.#published = turn
    return turn
  }

  /** Link `n` of the hash chain behind a round's draws; it follows from the node's secret, so nothing need be kept. */
  lotLink(round: number, n: number): Digest {
    let link = taggedHash('lot-secret', this.keys.get('node'), String(this.#view.community), String(round))
    for (let i = 0; i < n; i++) link = nextLink(link)
    return link
  }

  /** The text of every addendum that is not erased. */
  async contents(): Promise<(digest: Digest) => string | undefined> {
    const texts = new Map<Digest, string>()
    for await (const { digest, bytes } of this.store.addenda.ofEntries(0, this.#view.size)) {
      if (bytes !== undefined) texts.set(digest, addendumText(bytes))
    }
    return (digest) => texts.get(digest)
  }

  async close(): Promise<void> {
    await this.#sequencer.close()
    await this.#close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #check(submissions: readonly Submission[]): Promise<void> {
    for (const { envelope, addenda } of submissions) {
      checkShape(envelope)
      checkAddenda(envelope.events.flatMap(addendaOf), addenda)
    }
    const holds = await this.#verifier.verify(
      submissions.map(({ envelope: { key, ids, signature } }) => ({
        algorithm: 'p256',
        publicKey: fromBase64Url(key),
        message: signedMessage(ids),
        signature,
      })),
    )
    const forged = holds.indexOf(false)
    if (forged >= 0) {
      const first = (submissions[forged] as Submission).envelope
      throw new ProtocolError(
        'signature.invalid',
        `the signature of ${first.events[0]?.type} by key ${first.key} does not hold`,
      )
    }
  }

  #decide(queued: Queued) {
    const { submission, also } = queued
    const at = this.now()
    const decision = decide(this.#view, submission.envelope, at)
    if (decision.kind === 'repeat') {
      queued.repeatedAt = decision.index
      throw new ProtocolError('nonce.reused', `the same events stand at index ${decision.index}`)
    }
    const entry: Entry = { ...submission.envelope, at }
    apply(this.#view, entry)
    this.tree.append(hashLeavesJoined([decision.bytes]))
    return { bytes: decision.bytes, addenda: submission.addenda, ...(also === undefined ? {} : { also }) }
  }
}

/** A demonstration's secrets follow from its published seed, so that everybody makes the same; others are random. */
function secretMaker({ demonstration }: Home): ((name: string) => Uint8Array) | undefined {
  if (demonstration === undefined) return undefined
  return (name) => fromHex(taggedHash('demonstration-key', demonstration, name))
}

async function replay(store: Store): Promise<{ view: MutableView; tree: Tree }> {
  const view = createView()
  const tree = new Tree()
  let batch: Uint8Array[] = []
  for await (const { bytes } of store.log.read(0)) {
    apply(view, decodeEntry(bytes))
    batch.push(bytes)
    if (batch.length === VERIFY_BATCH) {
      tree.append(hashLeavesJoined(batch))
      batch = []
    }
  }
  tree.append(hashLeavesJoined(batch))
  return { view, tree }
}

/** Whoever made it: what nobody could read again, or under other ids than it was signed by, must not reach the log. */
function checkShape({ events, ids, key, signature }: Envelope): void {
  const parsed = parseEnvelope(events, key, toBase64Url(signature))
  if (parsed.ids.length !== ids.length || parsed.ids.some((id, i) => id !== ids[i]))
    throw new ProtocolError('event.invalid', 'envelope: the ids are not those of the payloads')
}

function checkAddenda(named: readonly Digest[], given: readonly Addendum[]): void {
  if (named.length !== given.length || named.some((digest, i) => given[i]?.digest !== digest)) {
    throw new ProtocolError('event.invalid', 'the addenda sent are not the ones that the events name')
  }
  for (const { digest, bytes } of given) {
    if (sha256Hex(bytes) !== digest)
      throw new ProtocolError('event.invalid', `the addendum ${digest} has another digest`)
    if (bytes.length > MAX_ADDENDUM_BYTES)
      throw new ProtocolError(
        'data.too_large',
        `the addendum ${digest} has ${bytes.length} bytes; at most ${MAX_ADDENDUM_BYTES} are allowed`,
      )
    // What is not text could never be read by a round, and the log cannot drop it again.
    if (addendumText(bytes) === '')
      throw new ProtocolError('event.invalid', `the addendum ${digest} is empty`)
  }
}
