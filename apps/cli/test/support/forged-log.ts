// A log written anew by somebody who has its keys: other entries, fresh tiles, a checkpoint that both keys signed, and
// a manifest that fits. The chain stays as it was.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { encodeManifest, logPath, MANIFEST_PATH, type Manifest } from '@commonhold/audit'
import type { LogSigners } from '@commonhold/node'
import { apply, createView, decodeEntry, type Entry, encodeEntry, unixMillis } from '@commonhold/protocol'
import {
  addendaPath,
  appendEntries,
  decodeAddendaPack,
  decodeBundle,
  EMPTY_EDGE,
  edgeRoot,
  encodeAddendaPack,
  entriesPath,
  type PackedAddendum,
  signCheckpoint,
} from '@commonhold/tlog'

export type LoggedEntry = { readonly entry: Entry; readonly addenda: readonly PackedAddendum[] }

/** Logs of fewer than 256 entries only: one bundle, one pack. */
export function readEntries(folder: string): readonly LoggedEntry[] {
  const { size } = readManifest(folder).log
  if (size > 255) throw new Error('this reads small logs')
  const packs = decodeAddendaPack(readFileSync(join(folder, logPath(addendaPath(0, size)))), size)
  return decodeBundle(readFileSync(join(folder, logPath(entriesPath(0, size)))), size).map((bytes, i) => ({
    entry: decodeEntry(bytes),
    addenda: packs[i] as PackedAddendum[],
  }))
}

const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, MANIFEST_PATH), 'utf8')) as Manifest

export async function writeLog(
  folder: string,
  entries: readonly LoggedEntry[],
  keys: LogSigners,
): Promise<void> {
  const { edge, files } = appendEntries(
    EMPTY_EDGE,
    entries.map(({ entry }) => encodeEntry(entry)),
  )
  const pack = encodeAddendaPack(entries.map(({ addenda }) => addenda))
  for (const { path, bytes } of [...files, { path: addendaPath(0, entries.length), bytes: pack }])
    write(join(folder, logPath(path)), bytes)
  const manifest = readManifest(folder)
  const checkpoint = { origin: manifest.log.origin, size: edge.size, logRoot: edgeRoot(edge) }
  write(join(folder, logPath('checkpoint')), await signCheckpoint(checkpoint, keys.signers))
  const view = createView()
  for (const { entry } of entries) apply(view, entry)
  const log = { ...manifest.log, size: view.size, events: view.events, history: view.history }
  write(join(folder, MANIFEST_PATH), encodeManifest({ ...manifest, log }))
}

function write(path: string, content: Uint8Array | string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

/** Times are the sequencer's to set: the entries keep their content and trade their times. */
export function swapped(entries: readonly LoggedEntry[], index: number): readonly LoggedEntry[] {
  const [a, b] = [entries[index] as LoggedEntry, entries[index + 1] as LoggedEntry]
  return entries.with(index, timed(b, a.entry.at)).with(index + 1, timed(a, b.entry.at))
}

const timed = ({ entry, addenda }: LoggedEntry, at: number): LoggedEntry => ({
  entry: { ...entry, at: unixMillis(at) },
  addenda,
})
