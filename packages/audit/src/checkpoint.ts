/** Who the log is: its founding event, the keys that it names, and the checkpoint that they signed. */
import { decodeEntry, type EventOf, fromUtf8, type Verifier } from '@commonhold/protocol'
import {
  type Checkpoint,
  decodeBundle,
  entriesPath,
  openCheckpoint,
  parseCheckpoint,
  parseNote,
  TILE_WIDTH,
} from '@commonhold/tlog'
import { logPath, MANIFEST_PATH } from './export-format.ts'
import { type AuditSource, parseJson, readNeeded } from './source.ts'
import { Mismatch } from './steps.ts'

type Founding = EventOf<'community.founded'>

/** Read once: a source that answers twice could answer twice differently. */
export type ManifestFile = { readonly bytes: Uint8Array; readonly fields: Readonly<Record<string, unknown>> }

export async function readManifest(source: AuditSource): Promise<ManifestFile> {
  const bytes = new Uint8Array(await readNeeded(source, MANIFEST_PATH))
  const manifest = parseJson(bytes, MANIFEST_PATH)
  if (typeof manifest !== 'object' || manifest === null || Array.isArray(manifest)) {
    throw new Mismatch(MANIFEST_PATH, 'an object', manifest)
  }
  const fields = manifest as Readonly<Record<string, unknown>>
  if (fields['format'] !== 1) throw new Mismatch(`${MANIFEST_PATH}.format`, 1, fields['format'])
  return { bytes, fields }
}

/**
 * The checkpoint, signed with both keys that the founding event names. That event is read before its bundle is proved;
 * with the bundle wrong, the log's step fails.
 */
export async function readCheckpoint(
  source: AuditSource,
  verifier: Verifier,
): Promise<{ readonly checkpoint: Checkpoint; readonly founding: Founding }> {
  const note = await readNeeded(source, logPath('checkpoint'))
  const { size } = parseCheckpoint(parseNote(note).text)
  if (size === 0) throw new Mismatch(logPath('checkpoint'), 'a log with entries', 'a log of size 0')
  const founding = await readFounding(source, size)
  const { origin, ed25519, p256 } = founding.log
  await compareKeyFile(source, 'log.vkey', ed25519)
  await compareKeyFile(source, 'log-p256.vkey', p256)
  const checkpoint = await openCheckpoint(note, { ed25519Vkey: ed25519, p256Vkey: p256 }, verifier)
  if (checkpoint.origin !== origin) throw new Mismatch(logPath('checkpoint'), origin, checkpoint.origin)
  return { checkpoint, founding }
}

/** The log that the manifest announces is the one that is there. */
export function compareLog(
  { fields: manifest }: ManifestFile,
  { size }: Checkpoint,
  { log }: Founding,
): void {
  const stated = manifest['log']
  const fields = typeof stated === 'object' && stated !== null ? stated : {}
  for (const [name, value] of Object.entries({ ...log, size })) {
    const found = (fields as Readonly<Record<string, unknown>>)[name]
    if (found !== value) throw new Mismatch(`${MANIFEST_PATH}.log.${name}`, value, found)
  }
}

async function readFounding(source: AuditSource, size: number): Promise<Founding> {
  const width = size < TILE_WIDTH ? size : TILE_WIDTH
  const path = logPath(entriesPath(0, width))
  const [first] = decodeBundle(await readNeeded(source, path), width)
  const event = decodeEntry(first as Uint8Array).events[0]
  if (event?.type !== 'community.founded')
    throw new Mismatch(`entry 0 (${path})`, 'community.founded', event?.type)
  return event
}

async function compareKeyFile(source: AuditSource, name: string, vkey: string): Promise<void> {
  const text = fromUtf8(await readNeeded(source, logPath(name)))
  if (text !== `${vkey}\n`) throw new Mismatch(logPath(name), vkey, text.trimEnd())
}
