/** `commonhold veto`: the guardian takes back the payout root that waits for its activation. */
import { readFileSync } from 'node:fs'
import { vetoPending } from '@commonhold/node'
import { ProtocolError, toHex } from '@commonhold/protocol'
import { type Command, type Context, optional } from '../command.ts'
import { type Opened, openCommunity } from '../open.ts'

const SECRET = /^[0-9a-f]{64}\n?$/
const GUARDIAN = 'guardian'

export const veto: Command = {
  name: 'veto',
  summary: 'Take the waiting payout root off the chain, as the guardian',
  args: '',
  options: {
    key: {
      type: 'string',
      value: 'FILE',
      help: "the guardian's key (default: guardian.key among the keys of this home)",
    },
  },
  run: async (context) => {
    const given = optional(context, 'key')
    const file = given === undefined ? undefined : readSecret(given)
    await using opened = await openCommunity(context, 'veto')
    const { community, chain } = opened
    const round = await vetoPending(community, chain, file ?? ownSecret(opened))
    tell(context, round)
    return 0
  },
}

type Secret = `0x${string}`

/** @throws {ProtocolError} `key.unknown` where the guardian's key was given away, as it should be. */
function ownSecret({ community: { keys } }: Opened): Secret {
  if (!keys.has(GUARDIAN))
    throw new ProtocolError('key.unknown', "the guardian's key is not in this home: give its file with --key")
  return `0x${toHex(keys.get(GUARDIAN))}`
}

function readSecret(file: string): Secret {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new ProtocolError('key.unknown', `${file} cannot be read: ${(error as Error).message}`)
  }
  if (!SECRET.test(text)) throw new ProtocolError('key.invalid', `${file} does not hold a key: 64 hex digits`)
  return `0x${text.trimEnd()}`
}

function tell({ output }: Context, round: number): void {
  output.say(`The payout root of round ${round} is vetoed: nobody can be paid by it.`)
  output.say('The organisers can post it again: commonhold round --repost. Two vetoes in a row are the most.')
  output.result({ round })
}
