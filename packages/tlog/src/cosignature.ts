/** Witnesses: cosignature/v1 (c2sp.org/tlog-cosignature), from an Ed25519 key of type 04. */
import { ProtocolError, type Verifier } from '@commonhold/protocol'
import { cosignedMessage, joinCosignature } from './cosigned-message.ts'
import { type NoteSignature, type NoteSigner, openNote, parseNote } from './note.ts'
import { parseVkey } from './vkey.ts'

/**
 * States that at `time` this was the largest consistent tree that the witness had seen of the log. The witness checks
 * the log's signature and the consistency proof before, and stores the checkpoint durably (c2sp.org/tlog-witness).
 *
 * @param time - Unix seconds.
 * @returns the line to add to the note: `formatNote({ text, signatures: [...signatures, cosignature] })`.
 */
export async function cosign(
  note: string | Uint8Array,
  witness: NoteSigner,
  time: number,
): Promise<NoteSignature> {
  const { text } = parseNote(note)
  const ed25519 = await witness.sign(cosignedMessage(text, time))
  return { name: witness.name, keyId: witness.keyId, signature: joinCosignature(time, ed25519) }
}

/**
 * @returns the latest time (Unix seconds) at which the witness cosigned this note.
 * @throws {ProtocolError} `log.bad_checkpoint` if it did not, or if its signature does not hold; `key.invalid` unless
 *   `vkey` is a witness's.
 */
export async function verifyCosignature(
  note: string | Uint8Array,
  vkey: string,
  verifier: Verifier,
): Promise<number> {
  const { name, type } = parseVkey(vkey)
  if (type !== 'cosignature/v1') throw new ProtocolError('key.invalid', `${name} is not a witness's key`)
  const { signed } = await openNote(note, [vkey], verifier)
  let latest = -1
  for (const { time = -1 } of signed) if (time > latest) latest = time
  if (latest < 0) throw new ProtocolError('log.bad_checkpoint', `${name} has not cosigned the checkpoint`)
  return latest
}
