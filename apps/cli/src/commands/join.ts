/** `commonhold join`: a member's keys on the member's side, and a seat in the log. */
import { type Command, optional } from '../command.ts'
import { enrol, grantReviewer, grantSeat, inviteOne } from '../enrol.ts'
import { short } from '../format.ts'
import { checkHandle, findUnclaimed, localHandles } from '../names.ts'
import { openCommunity } from '../open.ts'

const INVITE_MS = 3_600_000

export const join: Command = {
  name: 'join',
  summary: 'Make the keys of a member and take a seat',
  args: 'HANDLE',
  options: {
    invite: {
      type: 'string',
      value: 'SECRET',
      help: 'the invite (without one, an organiser of this home invites)',
    },
    seat: {
      type: 'string',
      value: 'NAME',
      help: 'an organiser of this home attests that the member is this author of an import',
    },
    reviewer: { type: 'boolean', help: 'an organiser of this home makes the member a reviewer' },
  },
  run: async (context) => {
    const { output, args, options } = context
    const handle = args[0] as string
    checkHandle(handle)
    await using opened = await openCommunity(context, 'join')
    const { community } = opened
    const invited = optional(context, 'invite')
    const seated = Array.from(localHandles(community).values()).includes(handle)
    const needed = !seated && invited === undefined && community.view.founding?.charter.join === 'invite'
    const secret = needed ? await inviteOne(community, community.now() + INVITE_MS) : invited
    const { member, payTo } = await enrol(community, handle, secret)
    if (options['reviewer'] === true) await grantReviewer(community, member)
    const seat = optional(context, 'seat')
    if (seat !== undefined) await grantSeat(community, await findUnclaimed(community, seat), member)
    await community.publish()
    output.say(
      `${handle} is a member: ${short(member)}. Money goes to ${payTo}, whose key is ${community.home.keys}/payout.${handle}.key`,
    )
    output.say('Back that file up: it cannot be made again.')
    if (seat !== undefined) output.say(`What ${seat} earned is paid to ${handle} from the next round on.`)
    output.result({ handle, member, payTo })
    return 0
  },
}
