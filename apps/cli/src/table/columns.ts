/** The columns of a table that a command asks for, from CSV or JSON Lines, by the file's name. */
import { extname } from 'node:path'
import { MAX_ADDENDUM_BYTES } from '@commonhold/protocol'
import { readCsv } from './csv.ts'
import { type JsonRecord, readJsonLines, writtenKeys } from './jsonl.ts'
import { malformed, shown, tooLarge } from './problem.ts'

export type Row = {
  /** The line, from 1, in which the row begins. */
  readonly line: number
  /** Number of the row from 0, the header not counted. */
  readonly row: number
  /** In the order of the columns asked for. */
  readonly cells: readonly string[]
}

/** What fits beside its salt into an addendum; no cell that we use may be larger. */
export const MAX_CELL_BYTES = MAX_ADDENDUM_BYTES - 16

const JSON_LINES: ReadonlySet<string> = new Set(['.jsonl', '.ndjson'])

/**
 * Streams the rows of `file`: JSON Lines where it is named .jsonl or .ndjson, else CSV with a header. Only the columns asked
 * for are looked at.
 *
 * @param onBytes sees every byte of the file in order, for instance to hash it.
 * @throws {ProtocolError} `data.malformed`, `data.too_large`, `usage.invalid`, each naming file and line.
 */
export async function* readColumns(
  file: string,
  columns: readonly string[],
  onBytes?: (bytes: Uint8Array) => void,
): AsyncGenerator<Row> {
  const rows = JSON_LINES.has(extname(file).toLowerCase())
    ? jsonRows(file, columns, onBytes)
    : csvRows(file, columns, onBytes)
  let row = 0
  for await (const { line, cells } of rows) {
    for (const [i, cell] of cells.entries()) checkSize(file, line, columns[i] as string, cell)
    yield { line, row: row++, cells }
  }
  if (row === 0) throw malformed(file, 1, 'there are no rows')
}

type Cells = Omit<Row, 'row'>

async function* csvRows(
  file: string,
  columns: readonly string[],
  onBytes?: (bytes: Uint8Array) => void,
): AsyncGenerator<Cells> {
  let places: readonly number[] | undefined
  for await (const { line, fields } of readCsv(file, onBytes)) {
    if (places === undefined) places = columns.map((column) => placeOf(file, line, fields, column))
    else yield { line, cells: places.map((place) => fields[place] as string) }
  }
}

function placeOf(file: string, line: number, header: readonly string[], column: string): number {
  const place = header.indexOf(column)
  if (place < 0) {
    throw malformed(file, line, `there is no column ${shown(column)}; there are ${shown(header.join(', '))}`)
  }
  if (header.indexOf(column, place + 1) >= 0)
    throw malformed(file, line, `two columns are called ${shown(column)}`)
  return place
}

async function* jsonRows(
  file: string,
  columns: readonly string[],
  onBytes?: (bytes: Uint8Array) => void,
): AsyncGenerator<Cells> {
  for await (const record of readJsonLines(file, onBytes)) {
    const keys = writtenKeys(record.text)
    for (const column of columns) {
      if (keys.indexOf(column) !== keys.lastIndexOf(column))
        throw malformed(file, record.line, `the key ${shown(column)} stands twice in one object`)
    }
    yield { line: record.line, cells: columns.map((column) => jsonCell(file, record, column)) }
  }
}

function jsonCell(file: string, { line, value }: JsonRecord, column: string): string {
  const cell = Object.hasOwn(value, column) ? value[column] : undefined
  if (cell === undefined || cell === null) throw malformed(file, line, `there is no ${shown(column)}`)
  if (typeof cell === 'string') {
    if (cell.isWellFormed()) return cell
    throw malformed(file, line, `${shown(column)} holds half a character (a lone surrogate)`)
  }
  // Larger numbers may have lost digits, and fractions may be written in several ways.
  if (Number.isSafeInteger(cell)) return String(cell)
  throw malformed(file, line, `${shown(column)} is neither text nor a whole number`)
}

function checkSize(file: string, line: number, column: string, cell: string): void {
  if (cell.length <= MAX_CELL_BYTES / 3) return
  const size = Buffer.byteLength(cell)
  if (size > MAX_CELL_BYTES)
    throw tooLarge(file, line, `${shown(column)} has ${size} bytes; at most ${MAX_CELL_BYTES} fit`)
}
