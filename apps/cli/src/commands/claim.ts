/** `commonhold claim`: relay a member's claim; the node pays the gas. */
import { relayClaims } from '@commonhold/node'
import { ProtocolError, payToAt } from '@commonhold/protocol'
import type { Command } from '../command.ts'
import { exactMoney, short } from '../format.ts'
import { findMember } from '../names.ts'
import { openCommunity } from '../open.ts'

export const claim: Command = {
  name: 'claim',
  summary: "Pay out what a member can claim, to the member's address",
  args: 'MEMBER',
  options: {},
  run: async (context) => {
    const { output } = context
    await using opened = await openCommunity(context, 'claim')
    const { community, chain } = opened
    const { id, name } = await findMember(community, context.args[0] as string)
    const member = community.view.members.get(id)
    const payTo = member === undefined ? undefined : payToAt(member, community.now())
    if (payTo === undefined) {
      throw new ProtocolError(
        'payout.nothing_to_claim',
        `${name} has no address to be paid at: what ${name} earned stays reserved`,
      )
    }
    const before = community.view.claims.get(id)?.money ?? 0n
    const [claimed] = await relayClaims(community, chain, new Set([id]))
    await community.publish()
    if (claimed === undefined) {
      const { pending } = await chain.pool()
      const next =
        pending === undefined
          ? ''
          : `; the next payout root becomes active at ${new Date(Number(pending.activatesAt) * 1000).toISOString()}`
      throw new ProtocolError(
        'payout.nothing_to_claim',
        `${name} has nothing to claim now: ${exactMoney(before)} were paid already${next}; see commonhold statement ${name}`,
      )
    }
    const paid = claimed.money - before
    output.say(
      `${exactMoney(paid)} paid to ${payTo} (transaction ${short(claimed.mined.tx)}); ${exactMoney(claimed.money)} in all.`,
    )
    output.result({
      member: id,
      name,
      paid,
      total: claimed.money,
      shares: claimed.shares,
      payTo,
      ...claimed.mined,
    })
    return 0
  },
}
