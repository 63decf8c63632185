/** `commonhold statement`: what a member earned, item by item, and why. */
import { artifactName, type Community } from '@commonhold/node'
import { type EventId, labelText, ProtocolError } from '@commonhold/protocol'
import type { MemberStatement, RoundStatement, StatementLine } from '@commonhold/rewards'
import { type Command, type Context, optional } from '../command.ts'
import { exactMoney, excerpt, table } from '../format.ts'
import { findMember } from '../names.ts'
import { openCommunity } from '../open.ts'

export const statement: Command = {
  name: 'statement',
  summary: 'Show what a member earned, item by item: why this amount',
  args: 'MEMBER',
  options: {
    round: { type: 'string', value: 'N', help: 'one round only (default: all)' },
    all: { type: 'boolean', help: 'every line (default: the 12 largest of a round)' },
  },
  run: async (context) => {
    await using opened = await openCommunity(context, 'statement')
    const { community } = opened
    const { id, name } = await findMember(community, context.args[0] as string)
    const rounds = await readStatements(community, optional(context, 'round'))
    const own = rounds.flatMap((round) => {
      const found = round.members.find(({ member }) => member === id)
      return found === undefined ? [] : [{ round: round.round, ...found }]
    })
    const paid = community.view.claims.get(id)?.money ?? 0n
    if (own.length === 0) context.output.say(`${name} has earned nothing yet.`)
    const contents = await community.contents()
    for (const one of own) tellRound(context, community, name, one, contents)
    if (own.length > 0) context.output.say(`Paid on chain so far: ${exactMoney(paid)}`)
    context.output.result({ member: id, name, paid, rounds: own })
    return 0
  },
}

async function readStatements(
  community: Community,
  only: string | undefined,
): Promise<readonly RoundStatement[]> {
  const closed = community.view.rounds.filter((round) => round.closed !== undefined).map(({ round }) => round)
  const wanted = only === undefined ? closed : closed.filter((round) => String(round) === only)
  if (only !== undefined && wanted.length === 0)
    throw new ProtocolError('round.unknown', `there is no closed round ${only}`)
  return Promise.all(
    wanted.map(async (round) => {
      const bytes = await community.store.artifacts.get(artifactName(round, 'statement'))
      if (bytes === undefined)
        throw new ProtocolError('round.unknown', `the statement of round ${round} is missing`)
      return JSON.parse(Buffer.from(bytes).toString('utf8')) as RoundStatement
    }),
  )
}

const WHY: Readonly<Record<string, string>> = {
  base: 'accepted for the first time',
  value: 'helped the model on the hold-out (nearest-neighbour stand-in)',
  holdout: 'served as a hold-out question',
  review: 'reviews that told something',
  improver: 'improved the recipe',
}

const SHOWN = 12

function tellRound(
  { output, options }: Context,
  community: Community,
  name: string,
  one: MemberStatement & { readonly round: number },
  contents: Awaited<ReturnType<Community['contents']>>,
): void {
  output.say(`${name}, round ${one.round}: earned ${exactMoney(BigInt(one.earned))}`)
  const lines = one.lines.toSorted((a, b) => Number(BigInt(b.amount) - BigInt(a.amount)))
  const shown = options['all'] === true ? lines : lines.slice(0, SHOWN)
  const rows = shown.map((line) => [
    exactMoney(BigInt(line.amount)),
    line.kind,
    describe(community, line, contents),
    WHY[line.kind] ?? '',
  ])
  output.say(
    table(
      [{ title: 'amount', right: true }, { title: 'for' }, { title: 'item' }, { title: 'because it' }],
      rows,
    ),
  )
  if (lines.length > shown.length)
    output.say(`… and ${lines.length - shown.length} smaller lines (--all shows them)`)
  for (const { round, amount } of one.vesting)
    output.say(`  vested now from round ${round}: ${exactMoney(BigInt(amount))}`)
  output.say(
    `  claimable in all: ${exactMoney(BigInt(one.claimable))}, not yet vested: ${exactMoney(BigInt(one.unvested))}`,
  )
  if (one.reserved) output.say('  reserved: there is no address to pay to yet')
  output.say()
}

function describe(
  community: Community,
  { kind, item }: StatementLine,
  contents: Awaited<ReturnType<Community['contents']>>,
): string {
  if (kind === 'review') return `reviews of round ${item}`
  const contribution = community.view.contributions.get(item as EventId)
  if (contribution === undefined) return item.slice(0, 8)
  return `${labelText(contribution.label)}: ${excerpt(contents(contribution.content) ?? '(erased)', 48)}`
}
