/**
 * CSV as RFC 4180 has it: quotes doubled inside quotes, CRLF or LF, an optional byte order mark, the same number of fields
 * in every record. Streams: memory holds one chunk of the file and its records.
 */
import { type CsvError, type Info, type Parser, parse } from 'csv-parse'
import { malformed, tooLarge } from './problem.ts'
import { textChunks } from './text-chunks.ts'

export type CsvRecord = {
  /** The line, from 1, in which the record begins. */
  readonly line: number
  readonly fields: readonly string[]
}

/** A record larger than this is a quote that was never closed, or an attack on memory. */
export const MAX_RECORD_BYTES = 1 << 20

type Ended = { readonly fields: readonly string[]; readonly bytes: number; readonly blank: number }

/**
 * The records in order, the header first.
 *
 * @throws {ProtocolError} `data.malformed`, `data.too_large`, `usage.invalid`, each naming file and line.
 */
export async function* readCsv(
  file: string,
  onBytes?: (bytes: Uint8Array) => void,
): AsyncGenerator<CsvRecord> {
  const ended: Ended[] = []
  const parser = openParser((fields, { bytes, empty_lines: blank }) => ended.push({ fields, bytes, blank }))
  const lines = new LineCounter()
  let width: number | undefined
  const finished = function* (): Generator<CsvRecord> {
    for (const { fields, bytes, blank } of ended.splice(0)) {
      const line = lines.startOf(blank)
      width ??= fields.length
      if (fields.length !== width) throw malformed(file, line, wrongWidth(fields.length, width))
      lines.pass(bytes, blank)
      yield { line, fields }
    }
  }
  try {
    for await (const { bytes, lineFeeds } of textChunks(file, onBytes)) {
      lines.add(bytes.length, lineFeeds)
      const failure = await settled((done) => parser.write(bytes, done))
      yield* finished()
      if (failure !== undefined) throw explain(file, lines, failure)
    }
    const failure = await settled((done) => parser.end(done))
    yield* finished()
    if (failure !== undefined) throw explain(file, lines, failure)
  } finally {
    parser.destroy()
  }
}

function openParser(onRecord: (fields: readonly string[], info: Info) => void): Parser {
  const parser = parse({
    bom: true,
    record_delimiter: ['\r\n', '\n'],
    skip_empty_lines: true,
    relax_column_count: true,
    max_record_size: MAX_RECORD_BYTES,
    // Called within `write`; answering nothing keeps the record out of the stream's own buffer.
    on_record: (record: string[], info) => {
      onRecord(record, info as unknown as Info)
      return undefined
    },
  })
  // The failure reaches us through the callback of `write` or `end`.
  parser.on('error', () => undefined)
  return parser
}

const settled = (send: (done: (error?: Error | null) => void) => unknown): Promise<CsvError | undefined> =>
  new Promise((resolve) => {
    send((error) => resolve((error ?? undefined) as CsvError | undefined))
  })

const wrongWidth = (found: number, wanted: number): string =>
  `${found} ${found === 1 ? 'field' : 'fields'}, but the header has ${wanted}`

function explain(file: string, lines: LineCounter, error: CsvError & Partial<Info>): Error {
  const line = lines.startOf(error.empty_lines ?? 0)
  switch (error.code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return malformed(file, line, 'a quote is opened in this record and never closed')
    case 'INVALID_OPENING_QUOTE':
      return malformed(
        file,
        line,
        'a quote inside a field that is not quoted: quote the whole field and double the quotes in it',
      )
    case 'CSV_INVALID_CLOSING_QUOTE':
      return malformed(file, line, 'text after a closing quote: double the quotes inside a quoted field')
    case 'CSV_MAX_RECORD_SIZE':
      return tooLarge(
        file,
        line,
        `the record that begins here has more than ${MAX_RECORD_BYTES} bytes; perhaps a quote is not closed`,
      )
    default:
      return error
  }
}

/** Finds lines by byte offsets: the parser's own count takes a CRLF inside quotes for two lines. */
class LineCounter {
  /** Absolute offsets of the line feeds after the last record passed. */
  readonly #feeds: number[] = []
  #next = 0
  #bytes = 0
  #line = 1
  #blank = 0

  add(bytes: number, lineFeeds: readonly number[]): void {
    this.#feeds.splice(0, this.#next)
    this.#next = 0
    for (const at of lineFeeds) this.#feeds.push(this.#bytes + at)
    this.#bytes += bytes
  }

  /** @param blank blank lines that the parser has skipped so far, those before this record among them. */
  startOf(blank: number): number {
    return this.#line + blank - this.#blank
  }

  /** @param end offset behind the record and its line end. */
  pass(end: number, blank: number): void {
    while ((this.#feeds[this.#next] ?? Number.POSITIVE_INFINITY) < end) {
      this.#next++
      this.#line++
    }
    this.#blank = blank
  }
}
