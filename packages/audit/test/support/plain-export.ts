// An export in memory, made with nothing but the protocol and the log: a community without a chain, as many members and
// contributions as asked for. Every file of it can be changed.
import { ed25519Signer, type P256Signer, p256Signer } from '@commonhold/keys'
import {
  type Addendum,
  addendaOf,
  apply,
  type CommunityEvent,
  createView,
  DEFAULT_CHARTER,
  type Entry,
  encodeEntry,
  eventId,
  type MemberId,
  memberIdOf,
  sha256,
  sha256Hex,
  signedMessage,
  textAddendum,
  unixMillis,
  utf8,
} from '@commonhold/protocol'
import {
  addendaPath,
  appendEntries,
  EMPTY_EDGE,
  edgeRoot,
  encodeAddendaPack,
  formatVkey,
  noteSigner,
  signCheckpoint,
  TILE_WIDTH,
} from '@commonhold/tlog'
import { type AuditSource, encodeManifest, logPath, MANIFEST_PATH, manifestOf } from '../../src/index.ts'

export type Files = Map<string, Uint8Array>
export type Written = { readonly entry: Entry; readonly addenda: readonly Addendum[] }

const secret = (name: string): Uint8Array => sha256(utf8(`secret of ${name}`))
export const signerOf = (name: string): P256Signer => p256Signer(secret(name))
const ORIGIN = 'plain.example/log'

const logKeys = () => {
  const ed25519 = ed25519Signer(secret('log'))
  const p256 = p256Signer(secret('log'))
  return {
    ed25519: formatVkey({ name: ORIGIN, type: 'ed25519', publicKey: ed25519.publicKey }),
    p256: formatVkey({ name: ORIGIN, type: 'p256', publicKey: p256.publicKey }),
    sign: { ed25519: ed25519.sign, p256: p256.sign },
  }
}

export const nonceOf = (name: string): string => sha256Hex(utf8(name)).slice(0, 32)

export function seal(
  name: string,
  events: readonly unknown[],
  at: number,
  addenda: readonly Addendum[] = [],
): Written {
  const signer = signerOf(name)
  const payloads = events as readonly CommunityEvent[]
  const ids = payloads.map(eventId)
  const signature = signer.sign(signedMessage(ids))
  return { entry: { at: unixMillis(at), events: payloads, ids, key: signer.key, signature }, addenda }
}

function founding(): Written {
  const keys = logKeys()
  const text = textAddendum(sha256(utf8('salt')).slice(0, 16), 'The plain community')
  const event = {
    v: 1,
    type: 'community.founded',
    nonce: nonceOf('founding'),
    founder: signerOf('founder').key,
    node: signerOf('node').key,
    log: { origin: ORIGIN, ed25519: keys.ed25519, p256: keys.p256 },
    rules: { version: '0.1.0', digest: sha256Hex(utf8('rules')) },
    charter: { ...DEFAULT_CHARTER, labels: ['a', 'b'], recipe: {} },
    addenda: [text.digest],
  }
  return seal('founder', [event], 1_000, [text])
}

/** The founding, then members who join and contribute one text each. */
export function plainEntries(members: number): readonly Written[] {
  const first = founding()
  const community = first.entry.ids[0] as NonNullable<(typeof first.entry.ids)[0]>
  const entries = [first]
  for (let i = 0; i < members; i++) {
    const name = `member ${i}`
    const { key } = signerOf(name)
    const member: MemberId = memberIdOf(community, key)
    const base = { v: 1, community, member }
    const content = textAddendum(sha256(utf8(name)).slice(0, 16), `the text of ${name}`)
    entries.push(
      seal(name, [{ ...base, type: 'member.joined', nonce: nonceOf(`join ${i}`), key }], 2_000 + 2 * i),
      seal(
        name,
        [
          {
            ...base,
            type: 'contribution.submitted',
            nonce: nonceOf(`item ${i}`),
            label: 'a',
            content: content.digest,
            addenda: [content.digest],
          },
        ],
        2_001 + 2 * i,
        [content],
      ),
    )
  }
  return entries
}

/** Every file of an export of these entries, signed by the log's keys whatever the entries are. */
export async function plainExport(entries: readonly Written[]): Promise<Files> {
  const keys = logKeys()
  const bytes = entries.map(({ entry }) => encodeEntry(entry))
  const { edge, files } = appendEntries(EMPTY_EDGE, bytes)
  const exported: Files = new Map(files.map((file) => [logPath(file.path), new Uint8Array(file.bytes)]))
  for (let from = 0; from < entries.length; from += TILE_WIDTH) {
    const some = entries.slice(from, from + TILE_WIDTH)
    const pack = some.map(({ entry, addenda }) =>
      entry.events.flatMap(addendaOf).map((digest, i) => ({ digest, bytes: addenda[i]?.bytes ?? null })),
    )
    exported.set(logPath(addendaPath(from / TILE_WIDTH, some.length)), encodeAddendaPack(pack))
  }
  const view = createView()
  for (const { entry } of entries) apply(view, entry)
  const signers = [noteSigner(keys.ed25519, keys.sign.ed25519), noteSigner(keys.p256, keys.sign.p256)]
  const checkpoint = { origin: ORIGIN, size: edge.size, logRoot: edgeRoot(edge) }
  exported.set(logPath('checkpoint'), utf8(await signCheckpoint(checkpoint, signers)))
  exported.set(logPath('log.vkey'), utf8(`${keys.ed25519}\n`))
  exported.set(logPath('log-p256.vkey'), utf8(`${keys.p256}\n`))
  exported.set(MANIFEST_PATH, encodeManifest(manifestOf(view, undefined)))
  return exported
}

export const sourceOf = (files: Files): AuditSource => ({ read: (path) => Promise.resolve(files.get(path)) })
