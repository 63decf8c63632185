/** JSON Lines: one object per line. Streams; blank lines are skipped. */
import { MAX_RECORD_BYTES } from './csv.ts'
import { malformed, shown, tooLarge } from './problem.ts'
import { textChunks } from './text-chunks.ts'

export type JsonRecord = {
  readonly line: number
  readonly value: Readonly<Record<string, unknown>>
  /** As written: duplicate keys are seen only here. */
  readonly text: string
}

const BYTE_ORDER_MARK = '\ufeff'

/** @throws {ProtocolError} `data.malformed`, `data.too_large`, `usage.invalid`, each naming file and line. */
export async function* readJsonLines(
  file: string,
  onBytes?: (bytes: Uint8Array) => void,
): AsyncGenerator<JsonRecord> {
  for await (const { line, text } of readLines(file, onBytes)) {
    if (text.trim() !== '') yield { line, text, value: parseObject(file, line, text) }
  }
}

async function* readLines(
  file: string,
  onBytes?: (bytes: Uint8Array) => void,
): AsyncGenerator<{ readonly line: number; readonly text: string }> {
  let line = 1
  let parts: Buffer[] = []
  let held = 0
  const hold = (part: Buffer): void => {
    held += part.length
    if (held > MAX_RECORD_BYTES)
      throw tooLarge(file, line, `the line has more than ${MAX_RECORD_BYTES} bytes`)
    parts.push(part)
  }
  const take = () => {
    const text = Buffer.concat(parts).toString('utf8')
    parts = []
    held = 0
    return { line, text: line === 1 && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text }
  }
  for await (const { bytes, lineFeeds } of textChunks(file, onBytes)) {
    let start = 0
    for (const feed of lineFeeds) {
      hold(bytes.subarray(start, feed))
      yield take()
      line++
      start = feed + 1
    }
    hold(bytes.subarray(start))
  }
  yield take()
}

function parseObject(file: string, line: number, text: string): JsonRecord['value'] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw malformed(file, line, `not JSON: ${shown(text)}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw malformed(file, line, `not a JSON object: ${shown(text)}`)
  }
  return value as JsonRecord['value']
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:]/g

/** Keys of the outermost object as they stand, doubled ones twice: JSON.parse takes the last without a word. */
export function writtenKeys(json: string): readonly string[] {
  const keys: string[] = []
  let depth = 0
  let last = ''
  for (const [token] of json.matchAll(TOKEN)) {
    if (token === '{' || token === '[') depth++
    else if (token === '}' || token === ']') depth--
    else if (token === ':' && depth === 1) keys.push(JSON.parse(last) as string)
    last = token
  }
  return keys
}
