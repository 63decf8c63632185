/** `commonhold statement`: what a member earned, item by item, and why. */
import { type Community, explainItem, readStatement } from '@commonhold/node'
import type { Contents } from '@commonhold/pipeline'
import { type Contribution, type EventId, ProtocolError } from '@commonhold/protocol'
import type { MemberStatement, RoundStatement, StatementLine } from '@commonhold/rewards'
import { type Command, type Context, optional } from '../command.ts'
import { exactMoney, excerpt, labelName, table } from '../format.ts'
import { findMember, idsOf, paidTo } from '../names.ts'
import { openCommunity } from '../open.ts'
import { oneLine } from '../printable.ts'

export const statement: Command = {
  name: 'statement',
  summary: 'Show what a member earned, item by item: why this amount',
  args: 'MEMBER',
  options: {
    round: { type: 'string', value: 'N', help: 'one round only (default: all)' },
    why: { type: 'string', value: 'ITEM', help: 'the hold-out questions behind the value of one item' },
    all: { type: 'boolean', help: 'every line (default: the 12 largest of a round)' },
  },
  run: async (context) => {
    await using opened = await openCommunity(context, 'statement')
    const { community } = opened
    const { id, name } = await findMember(community, context.args[0] as string)
    const ids = idsOf(community, id)
    const rounds = await readStatements(community, optional(context, 'round'))
    const own = rounds.flatMap((round) => {
      const found = round.members.filter(({ member }) => ids.has(member))
      return found.map((one) => ({ round: round.round, ...one }))
    })
    const contents = await community.contents()
    const why = optional(context, 'why')
    if (why !== undefined) return await tellWhy(context, community, findItem(own, why), contents)
    const paid = paidTo(community, ids)
    if (own.length === 0) context.output.say(`${name} has earned nothing yet.`)
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
  return Promise.all(wanted.map((round) => readStatement(community, round)))
}

const WHY: Readonly<Record<string, string>> = {
  base: 'accepted for the first time',
  value: 'helped on the hold-out, measured on a nearest-neighbour stand-in for the model (--why ITEM)',
  holdout: 'served as a hold-out question',
  review: 'answers that told something, against gold and the other reviewers',
  improver: 'improved the recipe',
}

const SHOWN = 12

function tellRound(
  { output, options }: Context,
  community: Community,
  name: string,
  one: MemberStatement & { readonly round: number },
  contents: Contents,
): void {
  output.say(`${name}, round ${one.round}: earned ${exactMoney(BigInt(one.earned))}`)
  const lines = one.lines.toSorted((a, b) => Number(BigInt(b.amount) - BigInt(a.amount)))
  const shown = options['all'] === true ? lines : lines.slice(0, SHOWN)
  const rows = shown.map((line) => [
    exactMoney(BigInt(line.amount)),
    line.kind,
    line.kind === 'review' ? '' : line.item.slice(0, 8),
    describe(community, line, contents),
  ])
  output.say(
    table(
      [{ title: 'amount', right: true }, { title: 'for' }, { title: 'item' }, { title: 'what it says' }],
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
  for (const kind of new Set(lines.map((line) => line.kind))) output.say(`  ${kind}: ${WHY[kind] ?? ''}`)
  if (one.reserved) output.say('  reserved: there is no address to pay to yet')
  output.say()
}

function describe(community: Community, { kind, item }: StatementLine, contents: Contents): string {
  if (kind === 'review') return `reviews of round ${item}`
  const contribution = community.view.contributions.get(item as EventId)
  if (contribution === undefined) return item.slice(0, 8)
  return `${labelName(contribution.label)}: ${excerpt(contents(contribution.content) ?? '(erased)', 48)}`
}

type Owned = readonly (MemberStatement & { readonly round: number })[]

/** @throws {ProtocolError} `contribution.unknown` unless one item of the statements begins with `text`. */
function findItem(own: Owned, text: string): { readonly item: EventId; readonly round: number } {
  for (const { lines, round } of own.toReversed()) {
    const found = new Set(
      lines.filter(({ kind, item }) => kind === 'value' && item.startsWith(text)).map(({ item }) => item),
    )
    const [item] = found
    if (found.size === 1 && item !== undefined) return { item: item as EventId, round }
  }
  throw new ProtocolError('contribution.unknown', `no one item with a value begins with "${text}"`)
}

async function tellWhy(
  { output }: Context,
  community: Community,
  { item, round }: { readonly item: EventId; readonly round: number },
  contents: Contents,
): Promise<0> {
  output.progress('asking the hold-out again')
  const explanation = await explainItem(community, round, item)
  const { content, label } = community.view.contributions.get(item) as Contribution
  output.say(`${labelName(label)}: ${oneLine(contents(content) ?? '(erased)')}`)
  if (explanation === undefined) {
    output.say(`It was not trained on in round ${round}.`)
    output.result({ item, round })
    return 0
  }
  const { value, questions, earned, lost } = explanation
  output.say(
    `Round ${round}: ${points(value, questions)} points of accuracy over ${questions} hold-out questions. It helped most with`,
  )
  for (const source of earned)
    output.say(
      `  ${points(source.credit, questions)}  ${labelName(source.label)}: ${excerpt(source.text, 64)}`,
    )
  if (lost.length > 0) output.say('and misled most at')
  for (const source of lost)
    output.say(
      ` ${points(source.credit, questions)}  ${labelName(source.label)}: ${excerpt(source.text, 64)}`,
    )
  output.result({ item, round, ...explanation })
  return 0
}

/** A credit at scale 2^40, as a share of the hold-out's accuracy in percent. */
const points = (credit: bigint, questions: number): string =>
  ((100 * Number(credit)) / 2 ** 40 / questions).toFixed(3)
