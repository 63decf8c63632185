/** `commonhold export DIR`: everything that a stranger needs to recompute what this community claims. */
import { resolve } from 'node:path'
import { exportHome } from '@commonhold/node'
import type { Command } from '../command.ts'
import { openCommunity } from '../open.ts'

export const exportCommand: Command = {
  name: 'export',
  summary: 'Write the log, the statements and the chain proofs for others to audit',
  args: 'DIR',
  options: {},
  run: async (context) => {
    const { output, args } = context
    const folder = resolve(args[0] as string)
    await using opened = await openCommunity(context, 'export')
    const { community, chain } = opened
    let files = 0
    const manifest = await exportHome(community, chain, folder, (done, total) => {
      files = total
      output.progress(`exporting file ${done} of ${total}`)
    })
    const { log, rounds } = manifest
    output.say(`Exported ${log.size} entries and ${rounds.length} rounds of community ${manifest.community}`)
    output.say(`to ${folder}. Anybody can check it: commonhold audit ${folder}`)
    output.result({ folder, files, ...manifest })
    return 0
  },
}
