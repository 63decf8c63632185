/** `commonhold init`: found a community in a folder. */
import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline/promises'
import { DEFAULT_RECIPE } from '@commonhold/learning'
import {
  type Community,
  foundCommunity,
  homeExists,
  memberKeyName,
  memberSigner,
  readHome,
  writeHome,
} from '@commonhold/node'
import {
  type Charter,
  charterProblem,
  charterSchema,
  compareText,
  DEFAULT_CHARTER,
  isLabelId,
  labelId,
  ProtocolError,
  textAddendum,
  toHex,
} from '@commonhold/protocol'
import { type Command, type Context, optional } from '../command.ts'
import { enrol } from '../enrol.ts'
import { money, short } from '../format.ts'
import { checkHandle } from '../names.ts'
import { openCommunity } from '../open.ts'
import { parseMoney } from '../parse.ts'
import { distinctValues } from '../table/distinct.ts'

const CHAIN_ID = 31_337

export const init: Command = {
  name: 'init',
  summary: 'Found a community in a folder',
  args: '',
  options: {
    name: { type: 'string', value: 'NAME', help: 'what the community is called' },
    purpose: { type: 'string', value: 'TEXT', help: 'what its model is for, in a sentence' },
    labels: { type: 'string', value: 'A,B,C', help: 'the labels that texts get' },
    'labels-from': { type: 'string', value: 'CSV:COL', help: 'take the labels from a column of a file' },
    as: { type: 'string', value: 'HANDLE', help: "the founder's handle (default: founder)" },
    join: { type: 'string', value: 'open|invite', help: 'who may join (default: invite)' },
    imported: {
      type: 'string',
      value: 'accepted|review',
      help: 'imported items count at once, or after review (default: accepted)',
    },
    'activation-delay': {
      type: 'string',
      value: 'SECONDS',
      help: 'between posting a payout root and paying (default: 86400)',
    },
    budget: { type: 'string', value: 'AMOUNT', help: 'practice dollars that a sponsor pays in' },
  },
  run: async (context) => {
    const { output, home } = context
    const answers = await readAnswers(context)
    if (!homeExists(home)) {
      writeHome(home, {
        format: 1,
        origin: `commonhold.local/${slug(answers.name)}-${toHex(randomBytes(4))}`,
        chainId: CHAIN_ID,
      })
    }
    output.progress('starting the database')
    await using opened = await openCommunity(context, 'init')
    const { community, chain } = opened
    if (community.view.chain !== undefined) {
      throw new ProtocolError('home.exists', `there is a community in ${home} already; choose another --home`)
    }
    output.progress('founding')
    await found(community, answers)
    await enrol(community, answers.founder)
    output.progress('deploying the contracts')
    await chain.bind({
      shares: `${answers.name.replace(/[^\x20-\x7e]/g, '').slice(0, 24)} Shares`,
      symbol: 'SHARE',
    })
    if (answers.budget > 0n) await chain.sponsorPractice('budget:init', answers.budget)
    await community.publish()
    tell(context, community, answers)
    return 0
  },
}

type Answers = {
  readonly name: string
  readonly purpose: string
  readonly founder: string
  readonly charter: Charter
  readonly budget: bigint
}

/** Flags alone where they say everything; what is missing is asked for on a terminal. */
async function readAnswers(context: Context): Promise<Answers> {
  const ask = createAsker()
  try {
    const name = optional(context, 'name') ?? (await ask('Name of the community', '--name'))
    const labels = await readLabels(context, ask)
    const budget = optional(context, 'budget')
    const charter: Charter = {
      ...DEFAULT_CHARTER,
      labels,
      recipe: DEFAULT_RECIPE,
      join: oneOf(context, 'join', ['invite', 'open']),
      imported: oneOf(context, 'imported', ['accepted', 'review']),
      activationDelaySeconds: wholeNumber(
        context,
        'activation-delay',
        DEFAULT_CHARTER.activationDelaySeconds,
      ),
    }
    checkCharter(charter)
    const founder = optional(context, 'as') ?? 'founder'
    checkHandle(founder)
    return {
      name,
      purpose: optional(context, 'purpose') ?? '',
      founder,
      charter,
      budget: budget === undefined ? 0n : parseMoney(budget, '--budget'),
    }
  } finally {
    ask.close()
  }
}

/** Limits first, then what they cannot say. */
function checkCharter(charter: Charter): void {
  let problem: string | undefined
  try {
    problem = charterProblem(charterSchema(charter, 'charter'))
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    problem = error.message
  }
  if (problem !== undefined) throw new ProtocolError('usage.invalid', problem)
}

type Asker = ((question: string, flag: string) => Promise<string>) & { readonly close: () => void }

function createAsker(): Asker {
  const terminal = process.stdin.isTTY === true
  let lines: ReturnType<typeof createInterface> | undefined
  const ask = async (question: string, flag: string): Promise<string> => {
    if (!terminal) throw new ProtocolError('usage.invalid', `${flag} is missing`)
    lines ??= createInterface({ input: process.stdin, output: process.stderr })
    const answer = (await lines.question(`${question}: `)).trim()
    if (answer === '') throw new ProtocolError('usage.invalid', `${question} is needed; or give ${flag}`)
    return answer
  }
  return Object.assign(ask, { close: () => lines?.close() })
}

async function readLabels(context: Context, ask: Asker): Promise<string[]> {
  const from = optional(context, 'labels-from')
  let texts: readonly string[]
  if (from !== undefined) {
    const at = from.lastIndexOf(':')
    if (at < 1) throw new ProtocolError('usage.invalid', '--labels-from takes FILE:COLUMN')
    texts = await distinctValues(from.slice(0, at), from.slice(at + 1))
  } else {
    const given = optional(context, 'labels') ?? (await ask('Labels, separated by commas', '--labels'))
    texts = given.split(',').map((label) => label.trim())
  }
  const labels = texts.map(labelId)
  const bad = labels.findIndex((label) => !isLabelId(label))
  if (bad >= 0)
    throw new ProtocolError('usage.invalid', `"${texts[bad]}" cannot be a label: 1 to 100 characters`)
  return Array.from(new Set(labels)).sort(compareText)
}

function oneOf<T extends string>(context: Context, name: string, allowed: readonly [T, ...T[]]): T {
  const value = optional(context, name)
  if (value === undefined) return allowed[0]
  if (!allowed.includes(value as T))
    throw new ProtocolError('usage.invalid', `--${name} takes ${allowed.join(' or ')}`)
  return value as T
}

function wholeNumber(context: Context, name: string, otherwise: number): number {
  const value = optional(context, name)
  if (value === undefined) return otherwise
  if (!/^\d{1,9}$/.test(value)) throw new ProtocolError('usage.invalid', `--${name} takes a whole number`)
  return Number(value)
}

async function found(community: Community, { name, purpose, founder, charter }: Answers): Promise<void> {
  await foundCommunity(community, {
    charter,
    founder: memberSigner(community, founder),
    nonce: toHex(randomBytes(16)),
    text: textAddendum(randomBytes(16), JSON.stringify({ name, purpose })),
  })
}

const slug = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 40) || 'community'

function tell(
  { output, home }: Context,
  community: Community,
  { name, founder, charter, budget }: Answers,
): void {
  const { view } = community
  output.say(`${name} is founded: ${charter.labels.length} labels, community ${short(view.community ?? '')}`)
  output.say(`You are ${founder}, its organiser. Budget in the pool: ${money(budget)} practice dollars.`)
  output.say()
  output.say(
    `Back up ${readHome(home).keys}: whoever has these files is the node and its members; nobody can make them again.`,
  )
  output.say(
    `The guardian's key (guardian.key) can veto a payout: give it to somebody else, and delete it here.`,
  )
  output.say(`Back up the rest of ${home} while no command runs.`)
  output.say()
  output.say(`Next: commonhold import FILE --text COL --label COL --home ${home}, then commonhold round`)
  output.result({
    community: view.community,
    home,
    founder,
    founderKey: memberKeyName(founder),
    labels: charter.labels,
    chain: view.chain,
    budget,
  })
}
