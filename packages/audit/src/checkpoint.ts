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
import { type AuditSource, readJson, readNeeded } from './source.ts'
import { Mismatch } from './steps.ts'

/** What the manifest must say before the log can be read; the rest is compared when the log is folded. */
export async function readManifest(source: AuditSource): Promise<Readonly<Record<string, unknown>>> {
  const manifest = await readJson(source, MANIFEST_PATH)
  if (typeof manifest !== 'object' || manifest === null || Array.isArray(manifest)) {
    throw new Mismatch(MANIFEST_PATH, 'an object', manifest)
  }
  const fields = manifest as Readonly<Record<string, unknown>>
  if (fields['format'] !== 1) throw new Mismatch(`${MANIFEST_PATH}.format`, 1, fields['format'])
  return fields
}

/**
 * The checkpoint, signed with both keys that the founding event names. That event is read before its bundle is proved;
 * with the bundle wrong, the log's step fails.
 */
export async function readCheckpoint(
  source: AuditSource,
  manifest: Readonly<Record<string, unknown>>,
  verifier: Verifier,
): Promise<Checkpoint> {
  const note = await readNeeded(source, logPath('checkpoint'))
  const { size } = parseCheckpoint(parseNote(note).text)
  if (size === 0) throw new Mismatch(logPath('checkpoint'), 'a log with entries', 'a log of size 0')
  const { log } = await readFounding(source, size)
  const stated = manifest['log'] as Readonly<Record<string, unknown>> | undefined
  for (const name of ['origin', 'ed25519', 'p256'] as const) {
    if (stated?.[name] !== log[name])
      throw new Mismatch(`${MANIFEST_PATH}.log.${name}`, log[name], stated?.[name])
  }
  await compareKeyFile(source, 'log.vkey', log.ed25519)
  await compareKeyFile(source, 'log-p256.vkey', log.p256)
  const checkpoint = await openCheckpoint(note, { ed25519Vkey: log.ed25519, p256Vkey: log.p256 }, verifier)
  if (checkpoint.origin !== log.origin)
    throw new Mismatch(logPath('checkpoint'), log.origin, checkpoint.origin)
  if (stated?.['size'] !== size) throw new Mismatch(`${MANIFEST_PATH}.log.size`, size, stated?.['size'])
  return checkpoint
}

async function readFounding(source: AuditSource, size: number): Promise<EventOf<'community.founded'>> {
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
