/**
 * Publishes the log as files (docs/spec/log.md). Order: entries durable in the store, then tiles, then compare-and-swap
 * of the last signed checkpoint in the store, then the checkpoint file, then away with what it made superfluous. A crash
 * anywhere is mended by doing it again.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { equalBytes, ProtocolError } from '@commonhold/protocol'
import type { Store } from '@commonhold/store'
import {
  addendaPath,
  appendEntries,
  decodeAddendaPack,
  EMPTY_EDGE,
  edgeRoot,
  entriesPath,
  type LogEdge,
  type LogFile,
  type LogReader,
  parseCheckpoint,
  parseNote,
  readEdge,
  readLog,
  signCheckpoint,
  TILE_WIDTH,
  type Tree,
  tilePath,
} from '@commonhold/tlog'
import { checkPack, dropNarrowerPacks, packFiles } from './addenda-packs.ts'
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
  await demandSigned(store, tree)
  let edge = await recoverEdge(home, store, tree)
  /** Bundles before it have their full pack alone. At first none: a crash may have left narrower ones anywhere. */
  let settled = 0
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
      await dropNarrowerPacks(home.log, settled, edge.size)
      settled = Math.floor(edge.size / TILE_WIDTH)
      return { size: edge.size, logRoot }
    },
  }
}

/**
 * What was signed is what the world has: a database that says otherwise was changed behind our back, and must neither
 * overwrite the files nor be signed.
 */
async function demandSigned(store: Store, tree: Tree): Promise<void> {
  const last = await store.log.checkpoint()
  if (last === undefined) return
  const { size, logRoot } = parseCheckpoint(parseNote(last.note).text)
  if (size > tree.size || !equalBytes(logRoot, tree.root(size)))
    throw new ProtocolError(
      'store.corrupt',
      `the entries in the database are not those of the checkpoint that was signed at ${size}; nothing is published`,
      { size },
    )
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
    for (const file of [...appended.files, ...(await packFiles(store, first, entries))]) writeFile(home, file)
    edge = appended.edge
  }
  return edge
}

function writeFile(home: Home, { path, bytes }: LogFile): void {
  const file = join(home.log, path)
  mkdirSync(dirname(file), { recursive: true })
  writeDurably(file, bytes)
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
