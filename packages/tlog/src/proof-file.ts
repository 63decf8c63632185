/** Proofs as text: receipts (c2sp.org/tlog-proof) and requests to witnesses (c2sp.org/tlog-witness). */
import { type Bytes, ProtocolError, toBase64, type Verifier } from '@commonhold/protocol'
import { type Checkpoint, type LogKeys, openCheckpoint } from './checkpoint.ts'
import { HASH_BYTES } from './layout.ts'
import { leafHash } from './merkle.ts'
import { parseNote } from './note.ts'
import { verifyInclusion } from './proof.ts'
import { decodeBase64, decodeText } from './text.ts'

/** A receipt: anyone who knows the log's keys can check it offline, for ever. */
export type LogProof = {
  readonly index: number
  readonly proof: readonly Bytes[]
  /** The signed checkpoint, as it is. */
  readonly note: string
  /** Not authenticated. */
  readonly extra?: Bytes
}

export type AddCheckpoint = {
  readonly oldSize: number
  readonly proof: readonly Bytes[]
  /** The signed checkpoint, as it is. */
  readonly note: string
}

const MAGIC = 'c2sp.org/tlog-proof@v1'
/** A tree of 2^63 leaves needs no more (c2sp.org/tlog-witness). */
const MAX_HASHES = 63

export function formatLogProof({ index, proof, note, extra }: LogProof): string {
  const extraLine = extra === undefined ? '' : `extra ${toBase64(extra)}\n`
  return `${MAGIC}\n${extraLine}index ${index}\n${formatHashes(proof)}\n${note}`
}

/**
 * @throws {ProtocolError} `log.bad_proof` unless `text` is a proof written in the one way there is;
 *   `log.bad_checkpoint` unless it ends with a signed note. Neither signature nor proof is checked yet.
 */
export function parseLogProof(text: string | Uint8Array): LogProof {
  const { lines, note } = splitNote(text)
  const extraLine = lines[1]?.startsWith('extra ') ? lines[1] : undefined
  const [indexLine = '', ...hashes] = lines.slice(extraLine === undefined ? 1 : 2)
  const proof: LogProof = {
    index: parseCount(indexLine, 'index '),
    proof: hashes.map(parseHash),
    note,
    ...(extraLine === undefined ? {} : { extra: decodeBase64(extraLine.slice('extra '.length), badProof) }),
  }
  if (lines[0] !== MAGIC || hashes.length > MAX_HASHES) throw badProof(`it is not a ${MAGIC}`)
  return proof
}

/**
 * Checks a receipt for `entry` completely: both signatures of the log, then the path from the entry to the root.
 *
 * @throws {ProtocolError} `log.bad_checkpoint` or `log.bad_proof`, by what is wrong.
 */
export async function verifyLogProof(
  { index, proof, note }: LogProof,
  entry: Uint8Array,
  keys: LogKeys,
  verifier: Verifier,
): Promise<Checkpoint> {
  const checkpoint = await openCheckpoint(note, keys, verifier)
  verifyInclusion(leafHash(entry), index, checkpoint, proof)
  return checkpoint
}

/** The body of a POST to a witness's `add-checkpoint`. */
export const formatAddCheckpoint = ({ oldSize, proof, note }: AddCheckpoint): string =>
  `old ${oldSize}\n${formatHashes(proof)}\n${note}`

/**
 * @throws {ProtocolError} `log.bad_proof` unless `text` is a request written in the one way there is;
 *   `log.bad_checkpoint` unless it ends with a signed note. Neither signature nor proof is checked yet.
 */
export function parseAddCheckpoint(text: string | Uint8Array): AddCheckpoint {
  const { lines, note } = splitNote(text)
  const [sizeLine = '', ...hashes] = lines
  if (hashes.length > MAX_HASHES) throw badProof(`it has more than ${MAX_HASHES} hashes`)
  return { oldSize: parseCount(sizeLine, 'old '), proof: hashes.map(parseHash), note }
}

/** The lines up to the first blank one, and the signed note after it. */
function splitNote(input: string | Uint8Array): { readonly lines: readonly string[]; readonly note: string } {
  const text = decodeText(input, badProof)
  const end = text.indexOf('\n\n')
  if (end < 0) throw badProof('it has no checkpoint')
  const note = text.slice(end + 2)
  parseNote(note)
  return { lines: text.slice(0, end).split('\n'), note }
}

const formatHashes = (hashes: readonly Uint8Array[]): string =>
  hashes.map((hash) => `${toBase64(hash)}\n`).join('')

function parseCount(line: string, label: string): number {
  const count = Number(line.slice(label.length))
  // Writing it again refuses leading zeros, signs, exponents and spaces.
  if (!Number.isSafeInteger(count) || count < 0 || line !== `${label}${count}`) {
    throw badProof(`it has no line "${label}" with a number`)
  }
  return count
}

function parseHash(line: string): Bytes {
  const hash = decodeBase64(line, badProof)
  if (hash.length !== HASH_BYTES) throw badProof('a hash has 32 bytes')
  return hash
}

const badProof = (reason: string): ProtocolError =>
  new ProtocolError('log.bad_proof', `not a valid proof file: ${reason}`)
