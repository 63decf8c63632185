import { readColumns } from './columns.ts'
import { textCell } from './examples.ts'

/** The values of a column, each once, in order of first appearance: for instance a community's labels. */
export async function distinctValues(file: string, column: string): Promise<readonly string[]> {
  const values = new Set<string>()
  for await (const { line, cells } of readColumns(file, [column]))
    values.add(textCell(file, line, column, cells[0] as string))
  return Array.from(values)
}
