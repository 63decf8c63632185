/** Rounds, their results and what each member earned in them. */
import { labelText, type MemberId, ProtocolError, type Round } from '@commonhold/protocol'
import { createRoute, z } from '@hono/zod-openapi'
import type { Api } from '../http.ts'
import { Amount, EXAMPLE_ID, FAILURES, Id, Index, json, pathId, pathNumber, RoundNumber } from '../schemas.ts'
import type { Service } from '../service.ts'

const RoundSummary = z
  .object({
    round: RoundNumber,
    phase: z.string(),
    opened: Index,
    waves: z.int(),
    reviews: z.int(),
    quotas: z.array(z.object({ label: z.string(), quota: z.int() })),
    closed: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe('The event round.closed (docs/spec/events.md)'),
    posted: z.object({ tx: z.string(), payoutRoot: z.string() }).nullable(),
  })
  .openapi('Round')

const RoundDetail = RoundSummary.extend({
  report: z
    .object({
      labels: z.array(z.string()),
      confusion: z
        .array(z.array(z.int()))
        .describe('Row: true label; column: answered label; on the hold-out'),
      promoted: z.boolean(),
      reason: z.string(),
      standings: z.record(z.string(), z.int()),
      waiting: z.int(),
    })
    .nullable(),
}).openapi('RoundDetail')

const Statement = z
  .object({
    round: RoundNumber,
    member: Id,
    earned: Amount,
    claimable: Amount.describe('Since the beginning, this round included'),
    unvested: Amount,
    forfeited: Amount,
    shares: Amount,
    reserved: z.boolean().describe('There is no address to pay to yet'),
    lines: z.array(
      z.object({
        kind: z.string(),
        item: z.string(),
        source: z.string(),
        weight: z.string(),
        amount: Amount,
      }),
    ),
    vesting: z.array(z.object({ round: RoundNumber, amount: Amount })),
  })
  .openapi('Statement')

const exampleRound = {
  round: 2,
  phase: 'reviews',
  opened: 300,
  waves: 1,
  reviews: 88,
  quotas: [{ label: 'heating', quota: 10 }],
  closed: null,
  posted: null,
}
const exampleStatement = {
  round: 1,
  member: EXAMPLE_ID,
  earned: '1500000',
  claimable: '750000',
  unvested: '750000',
  forfeited: '0',
  shares: '750000',
  reserved: false,
  lines: [{ kind: 'base', item: EXAMPLE_ID, source: 'sponsors', weight: '2', amount: '1500000' }],
  vesting: [{ round: 1, amount: '750000' }],
}

const list = createRoute({
  method: 'get',
  path: '/api/rounds',
  summary: 'All rounds, the first one first',
  responses: {
    200: json(z.object({ rounds: z.array(RoundSummary) }), { rounds: [exampleRound] }, 'Rounds'),
    ...FAILURES,
  },
})

const one = createRoute({
  method: 'get',
  path: '/api/rounds/{round}',
  summary: 'A round, and when it is closed how good its model is',
  request: { params: z.object({ round: pathNumber('round', 1_000_000) }) },
  responses: { 200: json(RoundDetail, { ...exampleRound, report: null }, 'The round'), ...FAILURES },
})

const statement = createRoute({
  method: 'get',
  path: '/api/rounds/{round}/statements/{member}',
  summary: 'What a member earned in a closed round, item by item',
  request: { params: z.object({ round: pathNumber('round', 1_000_000), member: pathId('member') }) },
  responses: {
    200: json(Statement, exampleStatement, 'As the statements root of round.closed covers it'),
    ...FAILURES,
  },
})

export function roundRoutes(app: Api, { community, closed }: Service): void {
  app.openapi(list, (c) => c.json({ rounds: community.view.rounds.map(summaryOf) }, 200))
  app.openapi(one, async (c) => {
    const number = c.req.valid('param').round
    const round = community.view.rounds[number - 1]
    if (round === undefined)
      throw new ProtocolError('round.unknown', `there is no round ${number}`, { round: number })
    const summary = summaryOf(round)
    if (round.closed === undefined) return c.json({ ...summary, report: null }, 200)
    const { labels, confusion, gate, standings, waiting } = await closed.report(number)
    const report = {
      labels: labels.map(labelText),
      confusion: confusion.map((row) => [...row]),
      ...gate,
      standings: { ...standings },
      waiting,
    }
    return c.json({ ...summary, report }, 200)
  })
  app.openapi(statement, async (c) => {
    const { round, member } = c.req.valid('param')
    const found = (await closed.statement(round)).get(member as MemberId)
    if (found === undefined) {
      throw new ProtocolError('member.unknown', `nobody with this id had earned anything by round ${round}`, {
        round,
      })
    }
    const { lines, vesting } = found
    return c.json({ ...found, round, lines: [...lines], vesting: [...vesting] }, 200)
  })
}

function summaryOf({ round, phase, opened, waves, reviews, quotas, closed, posted }: Round) {
  return {
    round,
    phase,
    opened,
    waves: waves.length,
    reviews: reviews.length,
    quotas: Array.from(quotas, ([label, quota]) => ({ label: labelText(label), quota })),
    closed: closed === undefined ? null : (closed as unknown as Record<string, unknown>),
    posted: posted === undefined ? null : { tx: posted.tx, payoutRoot: posted.payoutRoot },
  }
}
