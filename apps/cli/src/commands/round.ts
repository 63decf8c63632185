/** `commonhold round`: bring the current round to its close, or open its reviews. */
import {
  type Community,
  closeReviews,
  closeRound,
  openRound,
  openWave,
  postPayouts,
  readReport,
  repostRound,
} from '@commonhold/node'
import { currentRound, type MemberId, ProtocolError } from '@commonhold/protocol'
import { type Command, type Context, optional } from '../command.ts'
import { worstConfusions } from '../evaluation.ts'
import { labelName, money, percent, percentWithInterval, short } from '../format.ts'
import { allNames } from '../names.ts'
import { type Opened, openCommunity } from '../open.ts'
import { parseMoney } from '../parse.ts'

/** Items of a label; above it the label's budget is shared. */
const QUOTA = 10

export const round: Command = {
  name: 'round',
  summary: 'Close the round: curate, train, gate, attribute, allocate, publish',
  args: '',
  options: {
    open: { type: 'boolean', help: 'only open the next round for submissions' },
    reviews: { type: 'boolean', help: 'only open the next wave of reviews and say who reviews how much' },
    repost: { type: 'boolean', help: 'only post again the payout root that the guardian vetoed' },
    budget: { type: 'string', value: 'AMOUNT', help: 'dollars that a sponsor pays in before' },
    quota: {
      type: 'string',
      value: 'N',
      help: `new items of each label that base pay is for, when the round opens (default: ${QUOTA})`,
    },
  },
  run: async (context) => {
    await using opened = await openCommunity(context, 'round')
    const { community, chain } = opened
    if (chain.addresses === undefined) {
      throw new ProtocolError('chain.not_bound', "the founding is not finished: run 'commonhold init' again")
    }
    if (context.options['repost'] === true) return await repost(context, opened)
    await payBudget(context, opened)
    context.signal.throwIfAborted()
    const { open, reviews } = context.options
    if (open === true || reviews === true) {
      await postPayouts(community, chain)
      await openNext(context, community)
      return open === true ? tellOpen(context, opened) : await openReviews(context, opened)
    }
    const last = currentRound(community.view)
    if (last?.closed === undefined || last.posted !== undefined) {
      await openNext(context, community)
      await closeReviews(community)
      await closeRound(community, chain, (step) => context.output.progress(`${step} …`))
      context.signal.throwIfAborted()
    }
    context.output.progress('the payout root goes on chain …')
    const refused = await postPayouts(community, chain)
    await chain.anchor()
    await tellClosed(context, opened, refused)
    return 0
  },
}

async function repost({ output }: Context, { community, chain }: Opened): Promise<0> {
  const again = await repostRound(community, chain)
  output.say(`The payout root of round ${again} is on chain again; it becomes active after the same delay.`)
  output.result({ round: again, reposted: true })
  return 0
}

async function payBudget(context: Context, { chain }: Opened): Promise<void> {
  const budget = optional(context, 'budget')
  if (budget === undefined) return
  const amount = parseMoney(budget, '--budget')
  context.output.progress('paying into the pool')
  // Named by what was there before: continued after a crash it is the same payment, given again another.
  const { deposited } = await chain.pool()
  await chain.sponsorPractice(`budget:${deposited[0]}`, amount)
}

/** Base pay needs quotas, published when a round opens. */
async function openNext(context: Context, community: Community): Promise<void> {
  const given = optional(context, 'quota')
  const last = currentRound(community.view)
  if (given !== undefined && last !== undefined && last.phase !== 'closed') {
    throw new ProtocolError('usage.invalid', `round ${last.round} is open already: its quotas are published`)
  }
  if (given !== undefined && !/^\d{1,6}$/.test(given))
    throw new ProtocolError('usage.invalid', '--quota takes a whole number')
  const quota = given === undefined ? QUOTA : Number(given)
  const labels = community.view.founding?.charter.labels ?? []
  await openRound(community, new Map(labels.map((label) => [label, quota])))
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
  const perReviewer = new Map<MemberId, number>()
  for (const [item, reviewers] of waves.drawn) {
    for (const reviewer of reviewers) {
      if (!community.view.reviewed.has(`${item}:${reviewer}`))
        perReviewer.set(reviewer, (perReviewer.get(reviewer) ?? 0) + 1)
    }
  }
  output.say(`${waves.waiting.length} items wait for a label. Drawn by lot:`)
  const names = await allNames(community)
  for (const [reviewer, count] of perReviewer)
    output.say(`  ${names.get(reviewer) ?? short(reviewer)}  ${count} items`)
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
  const report = await readReport(community, closed.round)
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
  for (const { count, truth, answer } of worstConfusions(report, 5))
    output.say(`  ${count} × ${labelName(truth)} taken for ${labelName(answer)}`)
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
