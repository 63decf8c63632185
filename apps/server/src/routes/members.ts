/** Members as the log knows them: pseudonyms, never names. */
import { type MemberId, ProtocolError, payToAt } from '@commonhold/protocol'
import { createRoute, z } from '@hono/zod-openapi'
import type { Api } from '../http.ts'
import { Amount, EXAMPLE_ID, FAILURES, Id, Index, json, pathId } from '../schemas.ts'
import type { Service } from '../service.ts'

const Member = z
  .object({
    member: Id,
    joined: Index.nullable().describe('Log index; null for a person named by an import who has no seat yet'),
    roles: z.array(z.string()),
    seats: z.array(Id).describe('Authors named by imports whom an organiser attested to be this member'),
    keys: z.int().describe('Keys that may act for the member'),
    payTo: z.boolean().describe('An address to be paid at is in force'),
    claimable: Amount.describe('By the last closed round, since the beginning'),
    unvested: Amount.describe('Earned, and claimable in later rounds'),
    paid: Amount.describe('On chain'),
    shares: Amount.describe('Claimed'),
    round: z.int().nullable().describe('The closed round that claimable and unvested are of'),
  })
  .openapi('Member')

const example = {
  member: EXAMPLE_ID,
  joined: 14,
  roles: ['reviewer'],
  seats: [],
  keys: 2,
  payTo: true,
  claimable: '750000',
  unvested: '750000',
  paid: '500000',
  shares: '500000',
  round: 1,
}

const read = createRoute({
  method: 'get',
  path: '/api/members/{member}',
  summary: 'A member: roles, what was earned and what was paid',
  request: { params: z.object({ member: pathId('member') }) },
  responses: { 200: json(Member, example, 'As of now'), ...FAILURES },
})

export function memberRoutes(app: Api, { community, closed }: Service): void {
  app.openapi(read, async (c) => {
    const id = c.req.valid('param').member as MemberId
    const { round } = await closed.state()
    const earned = round === 0 ? undefined : (await closed.statement(round)).get(id)
    const { view } = community
    const seat = view.members.get(id)
    if (seat === undefined && earned === undefined)
      throw new ProtocolError('member.unknown', 'there is no member with this id')
    const claims = view.claims.get(id) ?? { money: 0n, shares: 0n }
    return c.json(
      {
        member: id,
        joined: seat?.joined.index ?? null,
        roles: seat === undefined ? [] : [...seat.roles.keys()],
        seats: Array.from(view.seats).flatMap(([author, who]) => (who === id ? [author] : [])),
        keys: seat?.keys.size ?? 0,
        payTo: seat !== undefined && payToAt(seat, community.now()) !== undefined,
        claimable: earned?.claimable ?? '0',
        unvested: earned?.unvested ?? '0',
        paid: claims.money.toString(),
        shares: claims.shares.toString(),
        round: round === 0 ? null : round,
      },
      200,
    )
  })
}
