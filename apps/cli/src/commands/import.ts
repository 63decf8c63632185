/** `commonhold import`: labelled texts from a file become contributions, signed by an organiser. */
import { type ImportedRow, importContributions } from '@commonhold/node'
import { type Digest, isLanguage } from '@commonhold/protocol'
import { type Command, type Context, need, optional } from '../command.ts'
import { charterLabels, fileDigest, importSigner, progressOf, readingOf } from '../importer.ts'
import { openCommunity } from '../open.ts'
import { filledCell, malformed, readColumns, shown, textCell } from '../table/index.ts'

const COLUMNS = ['text', 'label', 'author', 'id', 'lang'] as const
type Column = (typeof COLUMNS)[number]

export const importCommand: Command = {
  name: 'import',
  summary: 'Add the rows of a CSV or JSONL file as contributions; a second run adds only what is missing',
  args: 'FILE',
  options: {
    text: { type: 'string', value: 'COL', help: 'the column with the text' },
    label: { type: 'string', value: 'COL', help: 'the column with the label' },
    author: { type: 'string', value: 'COL', help: 'the column that names who wrote it' },
    id: { type: 'string', value: 'COL', help: 'the column with an id, for reviews (default: 1, 2, 3 ...)' },
    lang: { type: 'string', value: 'COL', help: 'the column with the language (en, es, ...)' },
    as: { type: 'string', value: 'HANDLE', help: 'the organiser who signs (default: the only one here)' },
  },
  run: async (context) => {
    const { args, output, signal } = context
    const path = args[0] as string
    const file = await readFile(context, path)
    await using opened = await openCommunity(context, 'import')
    const { community } = opened
    // Everything is checked before the first write: half an import would be worse than none.
    const signer = importSigner(context, community)
    const labelOf = charterLabels(community, path)
    const rows = file.rows.map((row) => ({ ...row, label: labelOf(row.line, row.label) }))
    const { imported, repeated, authors } = await importContributions(
      {
        community,
        signer,
        file: file.digest,
        rows: rows.length,
        reading: readingOf(context, COLUMNS),
        signal,
        onProgress: (done, total) => output.progress(progressOf('importing', done, total)),
      },
      rows,
      file.ids,
    )
    const { size } = await community.publish()
    output.say(
      repeated === 0
        ? `${imported} rows imported.`
        : `${imported} rows imported; ${repeated} were in the log before.`,
    )
    if (authors > 0)
      output.say(
        `${authors} authors are named. What they earn is reserved until they take their seat: join HANDLE --seat NAME.`,
      )
    output.say(`The log has ${size} entries. The import is ${file.digest}.`)
    output.result({ file: file.digest, rows: rows.length, imported, repeated, authors, logSize: size })
    return 0
  },
}

type FileRow = ImportedRow & { readonly line: number }
type ImportFile = {
  readonly digest: Digest
  readonly rows: readonly FileRow[]
  readonly ids: ReadonlyMap<string, number> | undefined
}

/** The rows are held whole, because all are checked before one is written. */
async function readFile(context: Context, path: string): Promise<ImportFile> {
  need(context, 'text')
  need(context, 'label')
  const given = COLUMNS.flatMap((name) => {
    const column = optional(context, name)
    return column === undefined ? [] : [{ name, column }]
  })
  const hash = fileDigest()
  const rows: FileRow[] = []
  const ids = new Map<string, number>()
  const columns = given.map(({ column }) => column)
  for await (const { line, row, cells } of readColumns(path, columns, hash.onBytes)) {
    const cell: Partial<Record<Column, string | undefined>> = {}
    for (const [i, { name, column }] of given.entries())
      cell[name] = readCell(path, line, name, column, cells[i] as string)
    const { text = '', label = '', id, ...rest } = cell
    if (id !== undefined) addId(path, line, ids, rows, id)
    rows.push({ line, row, text, label, ...rest })
  }
  return { digest: hash.end(), rows, ids: ids.size === 0 ? undefined : ids }
}

function readCell(
  path: string,
  line: number,
  name: Column,
  column: string,
  cell: string,
): string | undefined {
  if (name === 'text' || name === 'label') return textCell(path, line, column, cell)
  if (name !== 'lang') return filledCell(path, line, column, cell)
  if (cell === '') return undefined
  if (!isLanguage(cell)) throw malformed(path, line, `${shown(cell)} is no language tag such as en or pt-BR`)
  return cell
}

function addId(
  path: string,
  line: number,
  ids: Map<string, number>,
  rows: readonly FileRow[],
  id: string,
): void {
  const before = ids.get(id)
  if (before !== undefined)
    throw malformed(path, line, `the id ${shown(id)} stands in line ${rows[before]?.line} already`)
  ids.set(id, rows.length)
}
