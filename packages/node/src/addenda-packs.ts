/** Packs of addenda (docs/spec/log.md, section 4) as the store's content makes them, and as they lie in a folder. */
import { readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { addendaOf, type Digest, decodeEntry, ProtocolError } from '@commonhold/protocol'
import type { Store } from '@commonhold/store'
import {
  addendaPath,
  encodeAddendaPack,
  type LogFile,
  type PackedAddendum,
  TILE_WIDTH,
} from '@commonhold/tlog'

/** Digests of an entry's addenda in the order in which its events name them. */
const addendaNamed = (entry: Uint8Array): readonly Digest[] => decodeEntry(entry).events.flatMap(addendaOf)

/**
 * The pack beside bundle `index` when that has `width` entries.
 *
 * @param known entries of the bundle's end that need not be read again.
 */
export async function packOf(
  store: Store,
  index: number,
  width: number,
  known: readonly Uint8Array[] = [],
): Promise<Uint8Array> {
  const start = index * TILE_WIDTH
  const named: (readonly Digest[])[] = []
  if (known.length < width) {
    for await (const { bytes } of store.log.read(start, start + width - known.length))
      named.push(addendaNamed(bytes))
  }
  for (const bytes of known) named.push(addendaNamed(bytes))
  const contents = await store.addenda.get(named.flat())
  return encodeAddendaPack(
    named.map((digests) =>
      digests.map((digest): PackedAddendum => ({ digest, bytes: contents.get(digest) ?? null })),
    ),
  )
}

/** The packs in which entries [first, first + entries.length) stand, whole from the beginning of their bundle. */
export async function packFiles(
  store: Store,
  first: number,
  entries: readonly Uint8Array[],
): Promise<LogFile[]> {
  const files: LogFile[] = []
  const to = first + entries.length
  for (let start = first - (first % TILE_WIDTH); start < to; start += TILE_WIDTH) {
    const index = start / TILE_WIDTH
    const end = Math.min(start + TILE_WIDTH, to)
    const known = entries.slice(Math.max(start, first) - first, end - first)
    files.push({
      path: addendaPath(index, end - start),
      bytes: await packOf(store, index, end - start, known),
    })
  }
  return files
}

/** @throws {ProtocolError} `log.bad_tile` unless the pack holds the addenda that the entries name. */
export function checkPack(
  pack: readonly (readonly PackedAddendum[])[],
  entries: readonly Uint8Array[],
): void {
  for (const [i, bytes] of entries.entries()) {
    const held = (pack[i] ?? []).map(({ digest }) => digest)
    if (held.join() !== addendaNamed(bytes).join())
      throw new ProtocolError('log.bad_tile', 'the pack holds other addenda than the entries name')
  }
}

/**
 * Deletes the partial packs that a log of `size` entries does not need, from bundle `first` on: what is erased must not
 * live on in an older copy. Only after a checkpoint of that size is published: the one before needs them.
 */
export async function dropNarrowerPacks(log: string, first: number, size: number): Promise<void> {
  for (let index = first; index * TILE_WIDTH < size; index++) {
    const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH)
    const folder = dirname(join(log, addendaPath(index, 1)))
    const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw error
    })
    for (const name of names) if (Number.parseInt(name, 10) < width) await rm(join(folder, name))
  }
}
