/** Labelled texts from plain files, as the data scientist's tools read them. */
import type { Example } from '@commonhold/learning'
import { type Row, readColumns } from './columns.ts'
import { malformed, shown } from './problem.ts'

export type LabelledRow = Example & Pick<Row, 'line'>

/** Texts and labels come in Unicode's composed form (NFC), as clients apply it; no rule of the protocol depends on it. */
export const textCell = (file: string, line: number, column: string, cell: string): string =>
  filledCell(file, line, column, cell).normalize('NFC')

export function filledCell(file: string, line: number, column: string, cell: string): string {
  if (cell.trim() === '') throw malformed(file, line, `${shown(column)} is empty`)
  return cell
}

/** @throws {ProtocolError} `data.malformed`, `data.too_large`, `usage.invalid`, each naming file and line. */
export async function readExamples(file: string, text: string, label: string): Promise<LabelledRow[]> {
  const rows: LabelledRow[] = []
  for await (const { line, cells } of readColumns(file, [text, label])) {
    rows.push({
      line,
      text: textCell(file, line, text, cells[0] as string),
      label: textCell(file, line, label, cells[1] as string),
    })
  }
  return rows
}
