/** The demonstration in words and tables. */
import type { AuditOutcome } from '../audit-run.ts'
import { tellVerdict } from '../audit-text.ts'
import {
  exactMoney,
  megabytes,
  money,
  percent,
  percentWithInterval,
  seconds,
  short,
  table,
} from '../format.ts'
import type { Output } from '../output.ts'
import type { Cast } from './people.ts'
import type { MemberSummary, RoundSummary, Summary } from './summary.ts'

export type Told = {
  readonly cast: Cast
  readonly summary: Summary
  readonly audit: AuditOutcome
  readonly seconds: number
  /** As the next commands are to name it. */
  readonly home: string
}

const BAD: Readonly<Record<string, string>> = {
  careless: 'clicks the first category in 55 of 100 cases',
  copier: 'hands in what others wrote',
  flipper: 'labels everything wrongly on purpose',
  junk: 'sends invented words',
}

export function tellDemonstration(output: Output, told: Told): void {
  const { say } = output
  const { summary, cast } = told
  say('Elm Row Housing Co-operative: a help desk that sorts residents’ requests.')
  say(
    'The people are invented; their requests were written for this demonstration, and their keys are public.',
  )
  say('Everything else is real: signatures, log, training, attribution, contracts, payments, audit.')
  say()
  say(
    `${cast.people.length} members, ${cast.categories.length} categories, ${summary.rounds.length} rounds. Practice money: it is worth nothing.`,
  )
  say()
  for (const [i, round] of summary.rounds.entries()) tellRound(say, round, summary.rounds[i - 1])
  say('Who earned what, in practice dollars: half vests at once, the rest in the two rounds after')
  say(earnings(summary.members.filter(({ person }) => BAD[person.kind] === undefined)))
  say()
  say('What the bad actors earned (how they behave: docs/demonstration.md)')
  say(badEarnings(summary.members))
  say()
  tellMoney(say, summary)
  tellVerdict(output, told.audit)
  say()
  say(
    `Done in ${seconds(told.seconds)}. The audit took ${seconds(told.audit.seconds)} and ${megabytes(told.audit.peakBytes)} of memory, and read ${megabytes(told.audit.bytesRead)}.`,
  )
  say()
  say('Next:')
  say(`  bin/commonhold statement blue-kettle --home ${told.home}`)
  say('      why this amount, item by item')
  say(`  bin/commonhold classify "My radiator is cold" --home ${told.home}`)
  say('      ask the model')
  say(`  bin/commonhold audit --home ${told.home}`)
  say('      check every step again, from the log on')
}

type Say = (line?: string) => void

function tellRound(say: Say, { closed, statement }: RoundSummary, before: RoundSummary | undefined): void {
  const { metrics, totals } = closed
  say(`Round ${closed.round}`)
  say(
    `  log        ${closed.logSize} entries; data set of ${metrics.trained} examples, root ${short(closed.datasetRoot)}`,
  )
  say(
    `  model      ${short(closed.modelHash)}, right on ${metrics.correct} of ${metrics.total} hold-out requests`,
  )
  say(`             ${percentWithInterval(metrics.correct, metrics.total)} this model`)
  if (metrics.liveCorrect !== undefined && before !== undefined)
    say(
      `             ${percentWithInterval(metrics.liveCorrect, metrics.total)} the release that was live before`,
    )
  say(`             ${percent(metrics.majorityCorrect, metrics.total)} always the commonest category`)
  say(
    `             ${closed.promoted ? 'promoted: it is live' : 'not promoted by the gate: the release before it stays live'}`,
  )
  say(`  money      ${exactMoney(BigInt(totals.pool))} in the pool`)
  say(
    `             = ${exactMoney(BigInt(statement.totals.earned))} earned + ${exactMoney(carriedOf(statement.carried))} carried to the next round`,
  )
  say(`  payout     root ${short(closed.payoutRoot)} on chain`)
  say()
}

const carriedOf = (carried: RoundSummary['statement']['carried']): bigint =>
  Object.values(carried).reduce((sum, amount) => sum + BigInt(amount), 0n)

function earnings(members: readonly MemberSummary[]): string {
  const rows = members
    .filter(({ person }) => person.role !== 'organiser')
    .toSorted((a, b) => (a.earned < b.earned ? 1 : a.earned > b.earned ? -1 : 0))
  return table(
    [
      { title: 'member' },
      { title: 'role' },
      { title: 'items', right: true },
      { title: 'base', right: true },
      { title: 'value', right: true },
      { title: 'reviews', right: true },
      { title: 'earned', right: true },
      { title: 'paid so far', right: true },
    ],
    rows.map((member) => [
      member.person.handle,
      member.person.role,
      member.items === 0 ? '-' : String(member.items),
      cell(member.byKind['base']),
      cell((member.byKind['value'] ?? 0n) + (member.byKind['holdout'] ?? 0n)),
      cell(member.byKind['review']),
      money(member.earned),
      money(member.paid),
    ]),
  )
}

const cell = (amount: bigint | undefined): string =>
  amount === undefined || amount === 0n ? '-' : money(amount)

function badEarnings(members: readonly MemberSummary[]): string {
  const typical = { contributor: median(members, 'contributor'), reviewer: median(members, 'reviewer') }
  const rows = members.filter(({ person }) => BAD[person.kind] !== undefined)
  return table(
    [
      { title: 'member' },
      { title: 'what they do' },
      { title: 'items', right: true },
      { title: 'earned', right: true },
      { title: 'of an honest median', right: true },
    ],
    rows.map(({ person, earned, items }) => {
      const usual = person.role === 'reviewer' ? typical.reviewer : typical.contributor
      return [
        person.handle,
        BAD[person.kind] as string,
        items === 0 ? '-' : String(items),
        money(earned),
        percent(Number(earned), Number(usual)),
      ]
    }),
  )
}

function median(members: readonly MemberSummary[], role: string): bigint {
  const amounts = members
    .filter(({ person }) => person.kind === 'honest' && person.role === role)
    .map(({ earned }) => earned)
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  return amounts[Math.floor(amounts.length / 2)] ?? 0n
}

function tellMoney(say: Say, { rounds, members }: Summary): void {
  const last = rounds.at(-1)
  if (last === undefined) return
  const claimed = members.reduce((sum, { paid }) => sum + paid, 0n)
  const { totals, carried } = last.statement
  const parts: readonly (readonly [bigint, string])[] = [
    [BigInt(totals.deposits), 'paid in by sponsors'],
    [claimed, '= claimed on chain'],
    [BigInt(totals.promised) - claimed, '+ claimable'],
    [BigInt(totals.unvested), '+ earned, not yet vested'],
    [BigInt(totals.reserved), '+ reserved for people without an address'],
    [carriedOf(carried), '+ carried to the next round'],
  ]
  say('Where the money is')
  for (const [amount, what] of parts) say(`  ${exactMoney(amount).padStart(13)}  ${what}`)
  say()
}
