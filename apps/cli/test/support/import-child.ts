// An import that says how far it is, so that a test can kill it there: import-child.ts HOME FILE READING
import { createReadStream } from 'node:fs'
import { importContributions, memberSigner } from '@commonhold/node'
import { fileDigest } from '../../src/importer.ts'
import { readColumns } from '../../src/table/index.ts'
import { FOUNDER, openHome } from './home.ts'

const [home = '', file = '', reading = ''] = process.argv.slice(2)
const hash = fileDigest()
for await (const bytes of createReadStream(file)) hash.onBytes(bytes as Uint8Array)
const rows = []
for await (const { row, cells } of readColumns(file, ['text', 'label', 'author'])) {
  const [text = '', label = '', author = ''] = cells
  rows.push({ row, text, label, author })
}
const community = await openHome(home)
await importContributions(
  {
    community,
    signer: memberSigner(community, FOUNDER),
    file: hash.end(),
    rows: rows.length,
    reading,
    onProgress: (done) => process.stdout.write(`${done}\n`),
  },
  rows,
)
throw new Error('nobody killed this import')
