// `npm run build:contracts`: writes ABI, bytecode and storage slots as committed constants.
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { compileContracts } from './compile.ts'

const room = path.dirname(import.meta.dirname)
for (const [file, text] of compileContracts()) {
  writeFileSync(path.join(room, file), text)
  console.log(`wrote packages/contracts/${file}`)
}
