/**
 * Publishes the log as files (docs/spec/log.md). Order: entries durable in the store, then tiles, then compare-and-swap
 * of the last signed checkpoint in the store, then the checkpoint file. A crash anywhere is mended by doing it again.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { addendaOf, type Digest, decodeEntry, equalBytes, ProtocolError } from '@commonhold/protocol'
import type { Store } from '@commonhold/store'
import {
  addendaPath,
  appendEntries,
  decodeAddendaPack,
  EMPTY_EDGE,
  edgeRoot,
  encodeAddendaPack,
  entriesPath,
  type LogEdge,
  type LogFile,
  type LogReader,
  type PackedAddendum,
  readEdge,
  readLog,
  signCheckpoint,
  TILE_WIDTH,
  type Tree,
  tilePath,
} from '@commonhold/tlog'
import { type Home, writeDurably } from './home.ts'
import type { LogSigners } from './log-keys.ts'

/** Entries per batch of files: bounds memory, whole bundles at a time. */
const BATCH = 16 * TILE_WIDTH

export type Published = { readonly size: number; readonly logRoot: Uint8Array }

export interface Publisher {
  /** Brings the files up to the store's size and signs a checkpoint for it. */
  publish(): Promise<Published>
}

/** @param tree of the log as the store holds it: no other root is ever signed. */
export async function openPublisher(
  home: Home,
  store: Store,
  keys: LogSigners,
  tree: Tree,
): Promise<Publisher> {
  mkdirSync(home.log, { recursive: true })
  writeDurably(join(home.log, 'log.vkey'), `${keys.vkeys.ed25519Vkey}\n`)
  writeDurably(join(home.log, 'log-p256.vkey'), `${keys.vkeys.p256Vkey}\n`)
  let edge = await recoverEdge(home, store, tree)
  return {
    publish: async () => {
      edge = await writeEntries(home, store, edge)
      const logRoot = edgeRoot(edge)
      if (!equalBytes(logRoot, tree.root(edge.size)))
        throw new ProtocolError(
          'store.corrupt',
          `the files of the log at ${edge.size} have another root than its entries`,
        )
      const last = await store.log.checkpoint()
      let note = last?.note ?? ''
      if (last === undefined || last.size < edge.size) {
        note = await signCheckpoint({ origin: home.origin, size: edge.size, logRoot }, keys.signers)
        await store.log.swapCheckpoint(last?.size ?? 0, { size: edge.size, note })
      }
      if (readIfThere(join(home.log, 'checkpoint')) !== note) writeDurably(join(home.log, 'checkpoint'), note)
      return { size: edge.size, logRoot }
    },
  }
}

/**
 * Files are complete up to the last checkpoint that was signed; what lies beyond may be torn and is written again. If any
 * file before it is missing or has another byte, all are written anew from the store, which is the truth. Reading them
 * costs a fraction of the replay that opened the community.
 */
async function recoverEdge(home: Home, store: Store, tree: Tree): Promise<LogEdge> {
  const size = (await store.log.checkpoint())?.size ?? 0
  if (size === 0) return EMPTY_EDGE
  const read = (path: string): Uint8Array => {
    try {
      return readFileSync(join(home.log, path))
    } catch {
      throw new ProtocolError('log.missing', `${path} is missing`)
    }
  }
  const reader: LogReader = {
    readTile: (level, index, width) => read(tilePath(level, index, width)),
    readEntries: (index, width) => read(entriesPath(index, width)),
  }
  try {
    for await (const { index, entries } of readLog(reader, { size, logRoot: tree.root(size) })) {
      const pack = read(addendaPath(index / TILE_WIDTH, entries.length))
      checkPack(decodeAddendaPack(pack, entries.length), entries)
    }
    return await readEdge(reader, size)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return EMPTY_EDGE
  }
}

/** @throws {ProtocolError} `log.bad_tile` unless the pack holds the addenda that the entries name. */
function checkPack(pack: readonly (readonly PackedAddendum[])[], entries: readonly Uint8Array[]): void {
  for (const [i, bytes] of entries.entries()) {
    const held = (pack[i] ?? []).map(({ digest }) => digest)
    if (held.join() !== addendaNamed(bytes).join())
      throw new ProtocolError('log.bad_tile', 'the pack holds other addenda than the entries name')
  }
}

async function writeEntries(home: Home, store: Store, from: LogEdge): Promise<LogEdge> {
  let edge = from
  const end = await store.log.size()
  while (edge.size < end) {
    // Up to the next whole bundle first, then batches of whole ones: partial files only at the end.
    const to = Math.min(end, edge.size - (edge.size % TILE_WIDTH) + BATCH)
    const entries: Uint8Array[] = []
    for await (const { bytes } of store.log.read(edge.size, to)) entries.push(bytes)
    const first = edge.size
    const appended = appendEntries(edge, entries)
    for (const file of [...appended.files, ...(await addendaFiles(store, first, to, entries))])
      writeFile(home, file)
    edge = appended.edge
  }
  return edge
}

function writeFile(home: Home, { path, bytes }: LogFile): void {
  const file = join(home.log, path)
  mkdirSync(dirname(file), { recursive: true })
  writeDurably(file, bytes)
}

/** Packs that cover entries [first, to), whole from the beginning of their bundle. */
async function addendaFiles(
  store: Store,
  first: number,
  to: number,
  entries: readonly Uint8Array[],
): Promise<LogFile[]> {
  const files: LogFile[] = []
  for (let start = first - (first % TILE_WIDTH); start < to; start += TILE_WIDTH) {
    const end = Math.min(start + TILE_WIDTH, to)
    const named: (readonly Digest[])[] = []
    if (start < first) {
      for await (const { bytes } of store.log.read(start, Math.min(first, end)))
        named.push(addendaNamed(bytes))
    }
    for (let i = Math.max(start, first); i < end; i++)
      named.push(addendaNamed(entries[i - first] as Uint8Array))
    const contents = await store.addenda.get(named.flat())
    const pack = named.map((digests) =>
      digests.map((digest): PackedAddendum => ({ digest, bytes: contents.get(digest) ?? null })),
    )
    files.push({ path: addendaPath(start / TILE_WIDTH, end - start), bytes: encodeAddendaPack(pack) })
  }
  return files
}

/** Digests of an entry's addenda in the order in which its events name them. */
const addendaNamed = (bytes: Uint8Array): readonly Digest[] => decodeEntry(bytes).events.flatMap(addendaOf)

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
