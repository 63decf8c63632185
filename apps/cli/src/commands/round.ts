/** `commonhold round`: bring the current round to its close, or open its reviews. */
import {
  artifactName,
  closeReviews,
  closeRound,
  openRound,
  openWave,
  postPayouts,
  type RoundReport,
} from '@commonhold/node'
import { currentRound, labelText, ProtocolError } from '@commonhold/protocol'
import { type Command, type Context, optional } from '../command.ts'
import { money, percent, percentWithInterval, short } from '../format.ts'
import { type Opened, openCommunity } from '../open.ts'
import { parseMoney } from '../parse.ts'

export const round: Command = {
  name: 'round',
  summary: 'Close the round: curate, train, gate, attribute, allocate, publish',
  args: '',
  options: {
    open: { type: 'boolean', help: 'only open the next round for submissions' },
    reviews: { type: 'boolean', help: 'only open the next wave of reviews and say who reviews how much' },
    budget: { type: 'string', value: 'AMOUNT', help: 'practice dollars that a sponsor pays in before' },
  },
  run: async (context) => {
    await using opened = await openCommunity(context, 'round')
    const { community, chain } = opened
    if (chain.addresses === undefined) {
      throw new ProtocolError('chain.not_bound', "the founding is not finished: run 'commonhold init' again")
    }
    const budget = optional(context, 'budget')
    if (budget !== undefined) {
      context.output.progress('paying into the pool')
      await chain.sponsorPractice(`budget:${community.view.size}`, parseMoney(budget, '--budget'))
    }
    const unfinished = community.view.rounds.find(
      ({ closed, posted }) => closed !== undefined && posted === undefined,
    )
    if (unfinished === undefined) {
      await openRound(community)
      if (context.options['open'] === true) return tellOpen(context, opened)
      if (context.options['reviews'] === true) return await openReviews(context, opened)
      await closeReviews(community)
      context.signal.throwIfAborted()
      await closeRound(community, chain, (step) => context.output.progress(`${step} …`))
    }
    context.output.progress('the payout root goes on chain …')
    const refused = await postPayouts(community, chain)
    await chain.anchor()
    await tellClosed(context, opened, refused)
    return 0
  },
}

function tellOpen({ output }: Context, { community }: Opened): 0 {
  const state = currentRound(community.view)
  output.say(`Round ${state?.round} is open.`)
  output.result({ round: state?.round, phase: state?.phase })
  return 0
}

async function openReviews({ output }: Context, { community }: Opened): Promise<0> {
  const waves = await openWave(community)
  await community.publish()
  if (waves === undefined) {
    output.say('Nothing waits for a review by anybody who could give one.')
    output.result({ waiting: 0, drawn: 0 })
    return 0
  }
  const perReviewer = new Map<string, number>()
  for (const [item, reviewers] of waves.drawn) {
    for (const reviewer of reviewers) {
      if (!community.view.reviewed.has(`${item}:${reviewer}`))
        perReviewer.set(reviewer, (perReviewer.get(reviewer) ?? 0) + 1)
    }
  }
  output.say(`${waves.waiting.length} items wait for a label. Drawn by lot:`)
  for (const [reviewer, count] of perReviewer) output.say(`  ${short(reviewer)}  ${count} items`)
  output.result({ waiting: waves.waiting.length, reviewers: Object.fromEntries(perReviewer) })
  return 0
}

async function tellClosed(
  { output }: Context,
  { community }: Opened,
  refused: readonly ProtocolError[],
): Promise<void> {
  const state = community.view.rounds.findLast(({ phase }) => phase === 'closed')
  const closed = state?.closed
  if (closed === undefined) throw new Error('a round was closed')
  const bytes = await community.store.artifacts.get(artifactName(closed.round, 'report'))
  const report = JSON.parse(Buffer.from(bytes ?? []).toString('utf8')) as RoundReport
  const { metrics, totals } = closed
  output.say(
    `Round ${closed.round} is closed: ${metrics.trained} examples in the data set ${short(closed.datasetRoot)}.`,
  )
  output.say(
    `Model ${short(closed.modelHash)}: ${percentWithInterval(metrics.correct, metrics.total)} of ${metrics.total} hold-out items right, ` +
      `the commonest label alone ${percent(metrics.majorityCorrect, metrics.total)}.`,
  )
  output.say(
    closed.promoted
      ? 'The gate promoted it: it is the live release.'
      : `The gate did not promote it (${report.gate.reason}).`,
  )
  for (const { group, correct, total } of report.groups)
    output.say(`  group ${group}: ${percentWithInterval(correct, total)} of ${total}`)
  for (const [from, to, count] of worstConfusions(report))
    output.say(`  ${count} × ${labelText(from)} taken for ${labelText(to)}`)
  output.say(
    `Money: ${money(BigInt(totals.pool))} in the pool; ${money(BigInt(totals.promisedMoney))} claimable in all, ` +
      `${money(BigInt(totals.unvested))} not vested, ${money(BigInt(totals.reserved))} reserved for people without an address.`,
  )
  if (state?.posted === undefined) {
    output.say(
      `The payout root is not on chain yet: ${refused[0]?.message ?? 'it waits for the one before it'}. The next command tries again.`,
    )
  } else {
    output.say(`Payout root ${short(closed.payoutRoot)} is on chain (transaction ${short(state.posted.tx)}).`)
  }
  output.result({ ...closed, posted: state?.posted, report })
}

/** The five commonest errors: true label, answer, how often. */
function worstConfusions({ labels, confusion }: RoundReport): readonly (readonly [string, string, number])[] {
  const errors: (readonly [string, string, number])[] = []
  for (const [truth, row] of confusion.entries()) {
    for (const [answer, count] of row.entries()) {
      if (truth !== answer && count > 0) errors.push([labels[truth] ?? '', labels[answer] ?? '', count])
    }
  }
  return errors.sort((a, b) => b[2] - a[2]).slice(0, 5)
}
