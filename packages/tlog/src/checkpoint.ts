/** Checkpoints (c2sp.org/tlog-checkpoint): origin, size and root of a log, signed with two algorithms. */
import { type Bytes, ProtocolError, toBase64, type Verifier } from '@commonhold/protocol'
import { HASH_BYTES } from './layout.ts'
import { type NoteSigner, openNote, signNote } from './note.ts'
import { decodeBase64, isNoteText } from './text.ts'
import { parseVkey } from './vkey.ts'

export type Checkpoint = { readonly origin: string; readonly size: number; readonly logRoot: Bytes }

/** Verifier keys of one log: Ed25519 for the world's tools, P-256 for the contract that anchors it. */
export type LogKeys = { readonly ed25519Vkey: string; readonly p256Vkey: string }

/** The text to sign: three lines, each with its newline. No extension lines: nobody could audit them. */
export const formatCheckpoint = ({ origin, size, logRoot }: Checkpoint): string =>
  `${origin}\n${size}\n${toBase64(logRoot)}\n`

/** @throws {ProtocolError} `log.bad_checkpoint` unless `text` is exactly what `formatCheckpoint` gives. */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = '', size = '', logRoot = ''] = text.split('\n')
  const checkpoint: Checkpoint = { origin, size: Number(size), logRoot: decodeBase64(logRoot, badCheckpoint) }
  const valid =
    origin !== '' &&
    isNoteText(text) &&
    /^\d{1,16}$/.test(size) &&
    Number.isSafeInteger(checkpoint.size) &&
    checkpoint.logRoot.length === HASH_BYTES
  if (!valid || formatCheckpoint(checkpoint) !== text) {
    throw badCheckpoint('it is not origin, size and root on three lines')
  }
  return checkpoint
}

/** Signs with each signer; a log of ours needs two, Ed25519 and P-256. */
export const signCheckpoint = (checkpoint: Checkpoint, signers: readonly NoteSigner[]): Promise<string> =>
  signNote(formatCheckpoint(checkpoint), signers)

/**
 * The checkpoint in a note signed by both keys of the log. One alone is not enough: a thief of one key, or a break of
 * one algorithm, must not be able to show the contract and the readers different logs.
 *
 * @throws {ProtocolError} `log.bad_checkpoint` if the note, the text, the origin or one of the signatures is wrong;
 *   `key.invalid` if `keys` are not an Ed25519 and a P-256 verifier key of one name.
 */
export async function openCheckpoint(
  note: string | Uint8Array,
  keys: LogKeys,
  verifier: Verifier,
): Promise<Checkpoint> {
  const ed25519 = parseVkey(keys.ed25519Vkey)
  const p256 = parseVkey(keys.p256Vkey)
  if (ed25519.type !== 'ed25519' || p256.type !== 'p256' || ed25519.name !== p256.name) {
    throw new ProtocolError('key.invalid', 'a log has an Ed25519 and a P-256 verifier key of one name')
  }
  const { text, signed } = await openNote(note, [keys.ed25519Vkey, keys.p256Vkey], verifier)
  const checkpoint = parseCheckpoint(text)
  if (checkpoint.origin !== ed25519.name) throw badCheckpoint(`it is of another log, ${checkpoint.origin}`)
  for (const vkey of [keys.ed25519Vkey, keys.p256Vkey]) {
    if (!signed.some((by) => by.vkey === vkey))
      throw badCheckpoint('the log has not signed it with both keys')
  }
  return checkpoint
}

const badCheckpoint = (reason: string): ProtocolError =>
  new ProtocolError('log.bad_checkpoint', `not a valid checkpoint: ${reason}`)
