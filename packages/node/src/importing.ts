/**
 * Imports (docs/spec/events.md): the rows of a file become events that the importer signs. Every nonce follows from the
 * file's digest and the row, every salt from a secret of the home beside them, so an import that was stopped anywhere
 * makes the same events again: what the log has is passed over, what it lacks is added, nothing is doubled.
 */
import type { P256Signer } from '@commonhold/keys'
import {
  type Addendum,
  type Digest,
  type EventId,
  fromHex,
  type MemberId,
  ProtocolError,
  taggedHash,
  textAddendum,
  unclaimedMemberId,
  utf8,
  type View,
} from '@commonhold/protocol'
import type { Community } from './community.ts'
import { type Draft, sealAll } from './envelope.ts'
import { memberOf } from './members.ts'

export type Import = {
  readonly community: Community
  /** An organiser's key. */
  readonly signer: P256Signer
  /** SHA-256 of the file's bytes: the import's name. */
  readonly file: Digest
  /** Rows in the file; no event has a higher row number. */
  readonly rows: number
  /** How the file was read, for instance which columns: continuing demands the same. */
  readonly reading: string
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number, total: number) => void
}

export type ImportedRow = {
  /** From 0. */
  readonly row: number
  readonly text: string
  /** As the charter writes it. */
  readonly label: string
  /** Name of a person without a key; without one the importer is the author. */
  readonly author?: string | undefined
  readonly lang?: string | undefined
}

export type ImportedReview = {
  readonly row: number
  readonly item: EventId
  readonly worker: string
  readonly label: string
}

export type ImportResult = {
  readonly imported: number
  /** Rows that were in the log before. */
  readonly repeated: number
  /** Different people named by the rows. */
  readonly authors: number
}

type Holds = 'contributions' | 'reviews'

/** Rows that are signed, checked and stored together; between two batches an import can be stopped. */
const BATCH = 1_024

/**
 * Adds the rows that the log lacks. The caller has checked all of them: what the rules refuse here leaves the rows before it
 * in the log.
 *
 * @param ids external id -> row, for those who name items by the ids of the file; durable before the first row.
 * @throws {ProtocolError} `import.conflict` for a file that was imported in another way or by somebody else, and what
 * `submit` throws; AbortError when `signal` is aborted.
 */
export async function importContributions(
  of: Import,
  rows: readonly ImportedRow[],
  ids?: ReadonlyMap<string, number>,
): Promise<ImportResult> {
  const { community, file } = of
  if (ids !== undefined && !community.view.imports.has(file))
    await community.store.artifacts.put(artifact(file, 'ids'), utf8(JSON.stringify(Object.fromEntries(ids))))
  const people = await begin(
    of,
    'contributions',
    distinct(rows, ({ author }) => author),
  )
  return addRows(of, people, rows, (base, { row, text, label, author, lang }) => {
    const content = salted(of, 'row', String(row), text)
    return {
      event: {
        ...base,
        type: 'contribution.imported',
        file,
        row,
        label,
        content: content.digest,
        addenda: [content.digest],
        ...(author === undefined ? {} : { author: people.get(author) as MemberId }),
        ...(lang === undefined ? {} : { lang }),
      },
      addenda: [content],
    }
  })
}

/** Adds the reviews that the log lacks; a round must take reviews. Otherwise as importContributions. */
export async function importReviews(of: Import, rows: readonly ImportedReview[]): Promise<ImportResult> {
  const { file } = of
  const people = await begin(
    of,
    'reviews',
    distinct(rows, ({ worker }) => worker),
  )
  return addRows(of, people, rows, (base, { row, item, worker, label }) => ({
    event: {
      ...base,
      type: 'review.imported',
      file,
      row,
      item,
      worker: people.get(worker) as MemberId,
      label,
    },
  }))
}

/** Tells which item a row of an import became, if it is in the log. */
export function importedItems(view: View, file: Digest): (row: number) => EventId | undefined {
  const state = view.imports.get(file)
  if (state?.holds !== 'contributions') return () => undefined
  return (row) => view.nonces.get(`${state.importer}:${importNonce(file, 'row', String(row))}`)?.id
}

/** The import of contributions that began last. */
export function lastImport(view: View): Digest | undefined {
  let last: Digest | undefined
  for (const [file, { holds }] of view.imports) if (holds === 'contributions') last = file
  return last
}

/** External id -> row of an import that has such ids. */
export async function importIds(
  { store }: Community,
  file: Digest,
): Promise<ReadonlyMap<string, number> | undefined> {
  const bytes = await store.artifacts.get(artifact(file, 'ids'))
  if (bytes === undefined) return undefined
  const ids = JSON.parse(Buffer.from(bytes).toString('utf8')) as Readonly<Record<string, number>>
  return new Map(Object.entries(ids))
}

const artifact = (file: Digest, what: 'ids' | 'reading'): string => `import/${file}/${what}`

const importNonce = (file: Digest, ...purpose: readonly string[]): string =>
  taggedHash('import-nonce', fromHex(file), ...purpose).slice(0, 32)

/** A text under a salt that is the same in every run and that nobody else can guess. */
function salted({ community, file }: Import, kind: 'row' | 'author', which: string, text: string): Addendum {
  const secret = community.keys.ensure('import-salt')
  const salt = taggedHash('import-salt', secret, fromHex(file), kind, which).slice(0, 32)
  return textAddendum(fromHex(salt), text)
}

function distinct<T>(rows: readonly T[], nameOf: (row: T) => string | undefined): readonly string[] {
  const names = new Set<string>()
  for (const row of rows) {
    const name = nameOf(row)
    if (name !== undefined) names.add(name)
  }
  return Array.from(names)
}

/**
 * Announces the import and names its people. Events of one envelope cannot build on each other, so the beginning comes
 * first, then the people, then the rows.
 *
 * @returns the member id of each name.
 */
async function begin(
  of: Import,
  holds: Holds,
  names: readonly string[],
): Promise<ReadonlyMap<string, MemberId>> {
  await agree(of, holds)
  const { community, file, rows } = of
  await addMissing(
    of,
    ['started'],
    () => ['started'],
    (base) => ({ event: { ...base, type: 'import.started', file, rows, holds } }),
  )
  const people = new Map<string, MemberId>()
  const addenda = new Map<string, Addendum>()
  for (const name of names) {
    const addendum = salted(of, 'author', name, name)
    addenda.set(name, addendum)
    people.set(name, unclaimedMemberId(community.view.community as EventId, file, addendum.digest))
  }
  await addMissing(
    of,
    names,
    (name) => ['author', name],
    (base, name) => {
      const addendum = addenda.get(name) as Addendum
      const author = people.get(name) as MemberId
      return {
        event: { ...base, type: 'import.author', file, author, addenda: [addendum.digest] },
        addenda: [addendum],
      }
    },
  )
  return people
}

/** Other columns would give the same rows other texts and labels, half of them perhaps in the log already. */
async function agree({ community, signer, file, reading }: Import, holds: Holds): Promise<void> {
  const { view, store } = community
  const before = view.imports.get(file)
  const name = artifact(file, 'reading')
  if (before === undefined) {
    await store.artifacts.put(name, utf8(reading))
    return
  }
  if (before.importer !== memberOf(view, signer)) throw conflict(file, 'by another member')
  if (before.holds !== holds) throw conflict(file, `as ${before.holds}`)
  const bytes = await store.artifacts.get(name)
  const known = bytes === undefined ? reading : Buffer.from(bytes).toString('utf8')
  if (known !== reading) throw conflict(file, `with other options (${known})`)
}

const conflict = (file: Digest, how: string): ProtocolError =>
  new ProtocolError('import.conflict', `this file was imported before ${how}`, { file })

async function addRows<T extends { readonly row: number }>(
  of: Import,
  people: ReadonlyMap<string, MemberId>,
  rows: readonly T[],
  draft: (base: Base, row: T) => Draft,
): Promise<ImportResult> {
  const imported = await addMissing(of, rows, ({ row }) => ['row', String(row)], draft, of.onProgress)
  return { imported, repeated: rows.length - imported, authors: people.size }
}

type Base = {
  readonly v: 1
  readonly community: EventId
  readonly member: MemberId
  readonly nonce: string
}

/**
 * Signs and submits, batch by batch, what the log lacks; a nonce that it has stands for the same event.
 *
 * @param purpose what the nonce of an event is made from, beside the file.
 * @returns how many events were added.
 */
async function addMissing<T>(
  { community, signer, file, signal }: Import,
  all: readonly T[],
  purpose: (one: T) => readonly string[],
  draft: (base: Base, one: T) => Draft,
  onProgress?: (done: number, total: number) => void,
): Promise<number> {
  const { view } = community
  const common = { v: 1, community: view.community as EventId, member: memberOf(view, signer) } as const
  let added = 0
  for (let from = 0; from < all.length; from += BATCH) {
    signal?.throwIfAborted()
    onProgress?.(from, all.length)
    const drafts: Draft[] = []
    for (const one of all.slice(from, from + BATCH)) {
      const nonce = importNonce(file, ...purpose(one))
      if (!view.nonces.has(`${common.member}:${nonce}`)) drafts.push(draft({ ...common, nonce }, one))
    }
    await community.submit(sealAll(signer, drafts))
    added += drafts.length
  }
  return added
}
