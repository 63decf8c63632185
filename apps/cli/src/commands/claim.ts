/** `commonhold claim`: relay a member's claim; the node pays the gas. */
import { relayClaims } from '@commonhold/node'
import { ProtocolError, payToAt } from '@commonhold/protocol'
import type { Command } from '../command.ts'
import { exactMoney, short } from '../format.ts'
import { findMember, idsOf, paidTo } from '../names.ts'
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
    // A seat has a row of its own in the payout tree, paid to the member who sits on it.
    const ids = idsOf(community, id)
    const before = paidTo(community, ids)
    const claimed = await relayClaims(community, chain, ids)
    await community.publish()
    const [first] = claimed
    if (first === undefined) {
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
    const total = paidTo(community, ids)
    const paid = total - before
    output.say(
      `${exactMoney(paid)} paid to ${payTo} (transaction ${short(first.mined.tx)}); ${exactMoney(total)} in all.`,
    )
    const shares = claimed.reduce((sum, one) => sum + one.shares, 0n)
    const transactions = claimed.map(({ mined }) => mined.tx)
    output.result({ member: id, name, paid, total, shares, payTo, ...first.mined, transactions })
    return 0
  },
}
