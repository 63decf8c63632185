/** `commonhold review`: labels that people gave elsewhere become reviews of imported items, signed by an organiser. */
import {
  type Community,
  type ImportedReview,
  importedItems,
  importIds,
  importReviews,
  lastImport,
  openRound,
} from '@commonhold/node'
import {
  currentRound,
  type Digest,
  digest,
  type EventId,
  isDigest,
  ProtocolError,
} from '@commonhold/protocol'
import { type Command, type Context, optional } from '../command.ts'
import { charterLabels, fileDigest, importSigner, progressOf } from '../importer.ts'
import { openCommunity } from '../open.ts'
import { filledCell, problemAt, readColumns, shown } from '../table/index.ts'

const COLUMNS = ['item', 'worker', 'label'] as const

export const review: Command = {
  name: 'review',
  summary:
    'Add the rows (item,worker,label) of a CSV or JSONL file as reviews; a second run adds only what is missing',
  args: 'FILE',
  options: {
    import: {
      type: 'string',
      value: 'DIGEST',
      help: 'the import whose ids or row numbers the items are (default: the last)',
    },
    as: { type: 'string', value: 'HANDLE', help: 'the organiser who signs (default: the only one here)' },
  },
  run: async (context) => {
    const { args, output, signal } = context
    const path = args[0] as string
    const file = await readFile(path)
    await using opened = await openCommunity(context, 'review')
    const { community } = opened
    const signer = importSigner(context, community)
    const from = chosenImport(context, community)
    const { reviews, replaced } = await resolve(community, from, path, file.rows)
    if (replaced > 0) {
      const rows = replaced === 1 ? 'row is' : 'rows are'
      output.warn(
        `${path}: ${replaced} ${rows} replaced by a later row of the same worker about the same item`,
      )
    }
    const complete = community.view.imports.get(file.digest)?.taken.size === reviews.length
    const round = complete ? currentRound(community.view)?.round : await roundForReviews(community)
    const { imported, repeated, authors } = await importReviews(
      {
        community,
        signer,
        file: file.digest,
        rows: file.rows.length,
        // Without it a row number would mean another item after another import.
        reading: from === undefined ? '' : `--import ${from}`,
        signal,
        onProgress: (done, total) => output.progress(progressOf('adding reviews', done, total)),
      },
      reviews,
    )
    const { size } = await community.publish()
    const before = repeated === 0 ? '' : `; ${repeated} were in the log before`
    output.say(`${imported} reviews by ${authors} people added${before}. Round ${round} is under way.`)
    output.say(`The log has ${size} entries.`)
    output.result({
      file: file.digest,
      rows: file.rows.length,
      imported,
      repeated,
      replaced,
      workers: authors,
      round,
      logSize: size,
    })
    return 0
  },
}

type FileRow = {
  readonly line: number
  readonly row: number
  readonly item: string
  readonly worker: string
  readonly label: string
}

async function readFile(
  path: string,
): Promise<{ readonly digest: Digest; readonly rows: readonly FileRow[] }> {
  const hash = fileDigest()
  const rows: FileRow[] = []
  for await (const { line, row, cells } of readColumns(path, COLUMNS, hash.onBytes)) {
    const [item, worker, label] = COLUMNS.map((name, i) => filledCell(path, line, name, cells[i] as string))
    rows.push({
      line,
      row,
      item: item as string,
      worker: worker as string,
      label: (label as string).normalize('NFC'),
    })
  }
  return { digest: hash.end(), rows }
}

/** Every row's item and label, checked; the last of several rows of one worker about one item counts. */
async function resolve(
  community: Community,
  from: Digest | undefined,
  path: string,
  rows: readonly FileRow[],
): Promise<{ readonly reviews: readonly ImportedReview[]; readonly replaced: number }> {
  const itemOf = await itemFinder(community, from)
  const labelOf = charterLabels(community, path)
  const last = new Map<string, ImportedReview>()
  for (const { line, row, item: named, worker, label } of rows) {
    const item = itemOf(named)
    if (item === undefined) throw problemAt('contribution.unknown', path, line, unknownItem(named, from))
    last.set(JSON.stringify([item, worker]), { row, item, worker, label: labelOf(line, label) })
  }
  return { reviews: Array.from(last.values()), replaced: rows.length - last.size }
}

const unknownItem = (named: string, from: Digest | undefined): string =>
  from === undefined
    ? `there is no item ${shown(named)}, and nothing was imported whose rows it could name`
    : `there is no item ${shown(named)} in the import ${from} (choose another with --import)`

/** An item is named by its event id, else by its id in the import's file, else by its row from 1. */
async function itemFinder(
  community: Community,
  from: Digest | undefined,
): Promise<(named: string) => EventId | undefined> {
  const { view } = community
  const ids = from === undefined ? undefined : await importIds(community, from)
  const itemAt = from === undefined ? () => undefined : importedItems(view, from)
  return (named) => {
    if (isDigest(named) && view.contributions.has(named)) return named
    if (ids === undefined) return /^[1-9]\d{0,8}$/.test(named) ? itemAt(Number(named) - 1) : undefined
    const row = ids.get(named)
    return row === undefined ? undefined : itemAt(row)
  }
}

/** The import whose rows the items are. */
function chosenImport(context: Context, { view }: Community): Digest | undefined {
  const given = optional(context, 'import')
  if (given === undefined) return lastImport(view)
  if (view.imports.get(digest(given))?.holds !== 'contributions')
    throw new ProtocolError(
      'usage.invalid',
      `--import: no file of contributions ${shown(given)} was imported`,
    )
  return digest(given)
}

/** Reviews belong to a round; where none is open, the next one begins. */
async function roundForReviews(community: Community): Promise<number> {
  if (currentRound(community.view)?.phase === 'closing') {
    throw new ProtocolError(
      'round.bad_state',
      'the reviews of this round have closed: finish it with commonhold round, then review',
    )
  }
  return (await openRound(community)).round
}
