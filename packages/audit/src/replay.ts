/** One pass over the log: every byte proved by the checkpoint, every entry decoded, checked, decided again and folded. */
import { hashLeavesJoined } from '@commonhold/kernels'
import type { Contents } from '@commonhold/pipeline'
import {
  addendaOf,
  addendumText,
  apply,
  createView,
  type Digest,
  decide,
  decodeEntry,
  type Entry,
  type EventOf,
  equalBytes,
  floor,
  type MutableView,
  ProtocolError,
  toHex,
  type Verifier,
  type View,
} from '@commonhold/protocol'
import {
  addendaPath,
  type Checkpoint,
  decodeAddendaPack,
  decodeBundle,
  entriesPath,
  HASH_BYTES,
  type PackedAddendum,
  rootFromTiles,
  TILE_WIDTH,
  type TileReader,
  Tree,
  tilePath,
  verifiedTiles,
} from '@commonhold/tlog'
import { logPath } from './export-format.ts'
import { SignatureQueue } from './signatures.ts'
import { type AuditSource, readNeeded } from './source.ts'
import { Mismatch, type StepBook, Stopped } from './steps.ts'

export type ReplayInput = {
  readonly source: AuditSource
  readonly checkpoint: Checkpoint
  readonly verifier: Verifier
  readonly book: StepBook
  /** Called with the view before the entry is folded. */
  readonly onClosed: (closed: EventOf<'round.closed'>, view: View, contents: Contents) => Promise<void>
  readonly onProgress: (done: number, total: number) => void
}

export type Replayed = {
  readonly view: View
  readonly tree: Tree
  readonly signatures: number
  readonly addenda: number
}

/** @throws {Stopped} when a step failed. */
export async function replayLog(input: ReplayInput): Promise<Replayed> {
  const queue = new SignatureQueue(input.verifier)
  const finish = (): Promise<void> =>
    input.book.demand(
      'signatures',
      () => 'the last entries',
      () => queue.finish(),
    )
  try {
    const { view, tree, texts } = await foldLog(input, queue)
    await finish()
    return { view, tree, signatures: queue.checked, addenda: texts.size }
  } catch (error) {
    // A signature before the entry that stopped the fold may be the first thing that is wrong.
    if (error instanceof Stopped) await finish()
    throw error
  }
}

type Fold = { readonly view: MutableView; readonly tree: Tree; readonly texts: Map<Digest, string> }

async function foldLog(input: ReplayInput, queue: SignatureQueue): Promise<Fold> {
  const { source, checkpoint, book } = input
  const fold: Fold = { view: createView(), tree: new Tree(), texts: new Map() }
  const { size } = checkpoint
  const tiles = await book.demand(
    'log',
    () => logPath('checkpoint'),
    () => openTiles(source, checkpoint),
  )
  for (let n = 0; n * TILE_WIDTH < size; n++) {
    const width = size - n * TILE_WIDTH < TILE_WIDTH ? size - n * TILE_WIDTH : TILE_WIDTH
    const bundle = await book.demand(
      'log',
      () => logPath(entriesPath(n, width)),
      () => readBundle(source, tiles, n, width, fold.tree),
    )
    const entries = decodeAll(book, bundle, n)
    await book.demand(
      'addenda',
      () => logPath(addendaPath(n, width)),
      () => readAddenda(source, n, width, entries, fold.texts),
    )
    for (const [i, entry] of entries.entries()) {
      await book.demand(
        'signatures',
        () => `entry ${n * TILE_WIDTH + i}`,
        () => queue.add(n * TILE_WIDTH + i, entry),
      )
      await foldEntry(input, fold, entry, bundle[i] as Uint8Array)
    }
    input.onProgress(fold.view.size, size)
  }
  return fold
}

/** Proves the right edge at once, and every other tile when it is read. */
async function openTiles(source: AuditSource, checkpoint: Checkpoint): Promise<TileReader> {
  const reader: TileReader = {
    readTile: (level, index, width) => readNeeded(source, logPath(tilePath(level, index, width))),
  }
  const edge: string[] = []
  const recording: TileReader = {
    readTile: (level, index, width) => {
      edge.push(logPath(tilePath(level, index, width)))
      return reader.readTile(level, index, width)
    },
  }
  const found = await rootFromTiles(recording, checkpoint.size)
  if (!equalBytes(found, checkpoint.logRoot)) {
    throw new Mismatch(`the root over ${edge.join(', ')}`, toHex(checkpoint.logRoot), toHex(found))
  }
  return verifiedTiles(reader, checkpoint)
}

/** The entries of a bundle that hashes to its tile, which the checkpoint proves. */
async function readBundle(
  source: AuditSource,
  tiles: TileReader,
  n: number,
  width: number,
  tree: Tree,
): Promise<readonly Uint8Array[]> {
  const path = logPath(entriesPath(n, width))
  // A copy: whoever supplied the bytes cannot change them after the check.
  const entries = decodeBundle(new Uint8Array(await readNeeded(source, path)), width)
  const found = hashLeavesJoined(entries)
  const expected = await tileOf(tiles, n, width)
  for (let at = 0; at < found.length; at += HASH_BYTES) {
    const [mine, theirs] = [found.subarray(at, at + HASH_BYTES), expected.subarray(at, at + HASH_BYTES)]
    if (!equalBytes(mine, theirs)) {
      const index = n * TILE_WIDTH + at / HASH_BYTES
      throw new Mismatch(`entry ${index} (${path})`, `leaf hash ${toHex(theirs)}`, `leaf hash ${toHex(mine)}`)
    }
  }
  tree.append(found)
  return entries
}

async function tileOf(tiles: TileReader, n: number, width: number): Promise<Uint8Array> {
  try {
    return await tiles.readTile(0, n, width)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    const { level, index } = error.details
    if (typeof level !== 'number' || typeof index !== 'number') throw error
    throw new Mismatch(logPath(tilePath(level, index)), 'hashes under the checkpoint', error.message)
  }
}

function decodeAll(book: StepBook, bundle: readonly Uint8Array[], n: number): readonly Entry[] {
  let index = n * TILE_WIDTH - 1
  return book.demandNow(
    'entries',
    () => `entry ${index}`,
    () =>
      bundle.map((bytes) => {
        index++
        return decodeEntry(bytes)
      }),
  )
}

/** The pack holds, entry by entry, the addenda that the entries name, in their order. */
async function readAddenda(
  source: AuditSource,
  n: number,
  width: number,
  entries: readonly Entry[],
  texts: Map<Digest, string>,
): Promise<void> {
  const path = logPath(addendaPath(n, width))
  const pack = decodeAddendaPack(new Uint8Array(await readNeeded(source, path)), width)
  for (const [i, entry] of entries.entries()) {
    const where = `entry ${n * TILE_WIDTH + i} (${path})`
    const named = entry.events.flatMap(addendaOf)
    const packed = pack[i] as readonly PackedAddendum[]
    if (named.length !== packed.length) throw new Mismatch(where, `${named.length} addenda`, packed.length)
    for (const [j, { digest, bytes }] of packed.entries()) {
      if (digest !== named[j]) throw new Mismatch(`${where}, addendum ${j}`, named[j], digest)
      // Erasing is an event of its own; until the log has one, an erased content is a missing one.
      if (bytes === null)
        throw new Mismatch(`${where}, addendum ${j}`, `the content of ${digest}`, 'an erased one')
      texts.set(digest, addendumText(bytes))
    }
  }
}

async function foldEntry(input: ReplayInput, fold: Fold, entry: Entry, bytes: Uint8Array): Promise<void> {
  const { view, texts } = fold
  const where = (): string => placeOf(view.size, input.checkpoint.size)
  input.book.demandNow('rules', where, () => admit(view, entry, bytes))
  const [event] = entry.events
  if (event?.type === 'round.closed') await input.onClosed(event, view, (content) => texts.get(content))
  apply(view, entry)
}

/** An entry and the file that holds it. */
function placeOf(index: number, size: number): string {
  const n = floor(index / TILE_WIDTH)
  const left = size - n * TILE_WIDTH
  return `entry ${index} (${logPath(entriesPath(n, left < TILE_WIDTH ? left : TILE_WIDTH))})`
}

function admit(view: View, entry: Entry, bytes: Uint8Array): void {
  const decision = decide(view, entry, entry.at)
  const where = `entry ${view.size}`
  if (decision.kind === 'repeat')
    throw new Mismatch(where, 'a new envelope', `that of entry ${decision.index}`)
  if (!equalBytes(decision.bytes, bytes)) throw new Mismatch(where, toHex(decision.bytes), toHex(bytes))
}
