/** A file's bytes, chunk by chunk, checked to be UTF-8 text, with the places of its line ends. */
import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { ProtocolError } from '@commonhold/protocol'
import { malformed } from './problem.ts'

export type TextChunk = {
  readonly bytes: Buffer
  /** Offsets in `bytes` of every line feed: in UTF-8 no other character has that byte. */
  readonly lineFeeds: readonly number[]
}

const CHUNK_BYTES = 1 << 18
const LINE_FEED = 10
const NO_BYTES = Buffer.alloc(0)

/**
 * @param onBytes sees every byte of the file in order, for instance to hash it.
 * @throws {ProtocolError} `usage.invalid` for a file that cannot be read, `data.malformed` for one that is not UTF-8 text.
 */
export async function* textChunks(
  file: string,
  onBytes: (bytes: Uint8Array) => void = () => undefined,
): AsyncGenerator<TextChunk> {
  let line = 1
  let tail: Buffer = NO_BYTES
  for await (const bytes of readChunks(file)) {
    onBytes(bytes)
    const lineFeeds = placesOf(LINE_FEED, bytes)
    const whole = tail.length === 0 ? bytes : Buffer.concat([tail, bytes])
    const end = whole.length - unfinished(whole)
    checkText(file, line, whole.subarray(0, end))
    tail = Buffer.from(whole.subarray(end))
    line += lineFeeds.length
    yield { bytes, lineFeeds }
  }
  if (tail.length > 0) throw notText(file, line)
}

async function* readChunks(file: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(file, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    const what = REASONS[code] ?? message
    throw new ProtocolError('usage.invalid', `${file}: ${what}`, { file }, { cause: error })
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'this is a folder, not a file',
  EACCES: 'no permission to read this file',
}

function placesOf(value: number, bytes: Buffer): readonly number[] {
  const places: number[] = []
  for (let at = bytes.indexOf(value); at >= 0; at = bytes.indexOf(value, at + 1)) places.push(at)
  return places
}

/** Bytes at the end that begin a character which the next chunk finishes: at most three. */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] as number
    if (byte < 0x80) return 0
    if (byte < 0xc0) continue
    const size = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4
    return size > back ? back : 0
  }
  return 0
}

function checkText(file: string, firstLine: number, bytes: Buffer): void {
  const zero = bytes.indexOf(0)
  if (zero < 0 && isUtf8(bytes)) return
  // Only a file that will be refused is gone through line by line.
  let start = 0
  for (let line = firstLine; start <= bytes.length; line++) {
    const feed = bytes.indexOf(LINE_FEED, start)
    const end = feed < 0 ? bytes.length : feed
    const part = bytes.subarray(start, end)
    if (part.includes(0)) throw malformed(file, line, 'a NUL byte: this is a binary file, not a table')
    if (!isUtf8(part)) throw notText(file, line)
    start = end + 1
  }
}

const notText = (file: string, line: number): ProtocolError =>
  malformed(file, line, 'bytes that are not UTF-8: save the file as UTF-8')
