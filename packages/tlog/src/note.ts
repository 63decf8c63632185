/** Signed notes (c2sp.org/signed-note): a text, a blank line, and a line for each signature. */
import {
  type Bytes,
  concatBytes,
  fromHex,
  ProtocolError,
  type SignatureCheck,
  toBase64,
  toHex,
  utf8,
  type Verifier,
} from '@commonhold/protocol'
import { cosignedMessage, splitCosignature } from './cosigned-message.ts'
import { decodeBase64, decodeText, isNoteText } from './text.ts'
import { isKeyName, parseVkey, type Vkey } from './vkey.ts'

export type NoteSignature = {
  readonly name: string
  /** 8 hex digits. */
  readonly keyId: string
  readonly signature: Bytes
}

export type Note = {
  /** Ends with a newline; this is what is signed. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

/** Bytes to sign in, 64 bytes of signature out: Ed25519 (RFC 8032), or P-256 as r || s with low s over SHA-256. */
export type SignNote = (message: Uint8Array) => Promise<Uint8Array> | Uint8Array

export type NoteSigner = { readonly name: string; readonly keyId: string; readonly sign: SignNote }

/** The signer whose signatures the verifier key `vkey` checks. */
export function noteSigner(vkey: string, sign: SignNote): NoteSigner {
  const { name, keyId } = parseVkey(vkey)
  return { name, keyId, sign }
}

// Sixteen post-quantum signatures must fit (signed-note); more is an attack.
const MAX_NOTE_LENGTH = 1_000_000
const MAX_SIGNATURES = 64
const LINE = /^\u2014 (\S+) ([A-Za-z0-9+/]+=*)$/

/** @throws {ProtocolError} `log.bad_checkpoint` unless `note` is a signed note, written in the one way there is. */
export function parseNote(note: string | Uint8Array): Note {
  if (note.length > MAX_NOTE_LENGTH) throw badNote('it is too long')
  const whole = decodeText(note, badNote)
  if (!isNoteText(whole)) throw badNote('it has control characters or is not Unicode')
  const end = whole.lastIndexOf('\n\n')
  if (end < 0 || !whole.endsWith('\n')) throw badNote('it has no blank line, or no newline at its end')
  const lines = whole.slice(end + 2, -1).split('\n')
  if (lines.length > MAX_SIGNATURES) throw badNote(`it has more than ${MAX_SIGNATURES} signatures`)
  return { text: whole.slice(0, end + 1), signatures: lines.map(parseSignature) }
}

function parseSignature(line: string): NoteSignature {
  const [, name = '', text = ''] = LINE.exec(line) ?? []
  const bytes = decodeBase64(text, badNote)
  if (!isKeyName(name) || bytes.length < 5) throw badNote('a signature line is malformed')
  return { name, keyId: toHex(bytes.subarray(0, 4)), signature: bytes.slice(4) }
}

export const formatNote = ({ text, signatures }: Note): string =>
  `${text}\n${signatures.map(formatSignature).join('')}`

/** One signature line, as a witness answers it. */
export const formatSignature = ({ name, keyId, signature }: NoteSignature): string =>
  `\u2014 ${name} ${toBase64(concatBytes(fromHex(keyId), signature))}\n`

/** Signs `text`, which ends with a newline, with every signer in turn. */
export async function signNote(text: string, signers: readonly NoteSigner[]): Promise<string> {
  const message = utf8(text)
  const signatures: NoteSignature[] = []
  for (const { name, keyId, sign } of signers) {
    signatures.push({ name, keyId, signature: new Uint8Array(await sign(message)) })
  }
  return formatNote({ text, signatures })
}

/** A key whose signature on a note holds. `time` (Unix seconds) only for cosignatures. */
export type Signed = { readonly vkey: string; readonly time?: number }

/**
 * Checks the signatures of known keys; those of unknown keys are ignored (signed-note, "Signatures").
 *
 * @returns the text, and each of `vkeys` that signed it.
 * @throws {ProtocolError} `log.bad_checkpoint` for a malformed note, or when a known key's signature does not hold.
 */
export async function openNote(
  note: string | Uint8Array,
  vkeys: readonly string[],
  verifier: Verifier,
): Promise<{ readonly text: string; readonly signed: readonly Signed[] }> {
  const { text, signatures } = parseNote(note)
  const checks: SignatureCheck[] = []
  const signed: Signed[] = []
  for (const vkey of vkeys) {
    const key = parseVkey(vkey)
    for (const { name, keyId, signature } of signatures) {
      if (name !== key.name || keyId !== key.keyId) continue
      const time = key.type === 'cosignature/v1' ? splitCosignature(signature).time : undefined
      checks.push(signatureCheck(key, text, signature))
      signed.push(time === undefined ? { vkey } : { vkey, time })
    }
  }
  const holds = await verifier.verify(checks)
  const bad = holds.findIndex((held) => !held)
  if (bad >= 0 || holds.length !== checks.length) throw badNote('a signature of a known key does not hold')
  return { text, signed }
}

function signatureCheck({ type, publicKey }: Vkey, text: string, signature: Bytes): SignatureCheck {
  if (type !== 'cosignature/v1') return { algorithm: type, publicKey, message: utf8(text), signature }
  const { time, ed25519 } = splitCosignature(signature)
  return { algorithm: 'ed25519', publicKey, message: cosignedMessage(text, time), signature: ed25519 }
}

const badNote = (reason: string): ProtocolError =>
  new ProtocolError('log.bad_checkpoint', `not a valid signed note: ${reason}`)
