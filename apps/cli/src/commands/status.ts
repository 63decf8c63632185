/** `commonhold status`: where the community stands. */
import { vetoedRound } from '@commonhold/node'
import { currentRound, organisersOf } from '@commonhold/protocol'
import type { Command } from '../command.ts'
import { exactMoney, money, percentWithInterval, short, table, thousands } from '../format.ts'
import { allNames } from '../names.ts'
import { openCommunity } from '../open.ts'

export const status: Command = {
  name: 'status',
  summary: 'Show log, members, rounds and money',
  args: '',
  options: {},
  run: async (context) => {
    const { output } = context
    await using opened = await openCommunity(context, 'status')
    const { community, chain } = opened
    const { view } = community
    const checkpoint = await community.store.log.checkpoint()
    const pool = chain.addresses === undefined ? undefined : await chain.pool()
    const vetoed = await vetoedRound(chain, view)
    const names = await allNames(community)
    const waitingCalls = await community.store.outbox.pending()
    output.say(
      `Community ${view.community === undefined ? 'not founded yet' : short(view.community)} in ${context.home}`,
    )
    output.say(
      `Log: ${thousands(view.size)} entries, ${thousands(view.events)} events; last checkpoint at ${checkpoint?.size ?? 0}.`,
    )
    output.say(
      `${view.members.size} members (${organisersOf(view).length} organisers), ${thousands(view.contributions.size)} contributions, ${view.imports.size} imports.`,
    )
    const round = currentRound(view)
    output.say(round === undefined ? 'No round yet.' : `Round ${round.round}: ${round.phase}.`)
    if (view.rounds.length > 0) {
      const live = view.rounds.findLast(({ closed }) => closed?.promoted === true)?.round
      const rows = view.rounds.map(({ round: n, phase, closed }) => [
        String(n),
        phase,
        closed === undefined ? '-' : percentWithInterval(closed.metrics.correct, closed.metrics.total),
        closed === undefined ? '-' : closed.promoted ? (n === live ? 'live' : 'yes') : 'no',
        closed === undefined ? '-' : money(BigInt(closed.totals.promisedMoney)),
      ])
      output.say(
        table(
          [
            { title: 'round' },
            { title: 'phase' },
            { title: 'accuracy' },
            { title: 'promoted' },
            { title: 'vested so far', right: true },
          ],
          rows,
        ),
      )
    }
    if (pool !== undefined) {
      output.say(
        `Pool: ${exactMoney(pool.deposited[0] + pool.deposited[1])} paid in, ${exactMoney(pool.totalClaimed.money)} claimed, ${exactMoney(pool.balance)} there.` +
          (view.chain?.practice === true ? ' Practice money.' : ''),
      )
    }
    if (vetoed !== undefined)
      output.say(`round ${vetoed} was vetoed by the guardian; commonhold round --repost posts it again`)
    if (waitingCalls.length > 0)
      output.say(`${waitingCalls.length} chain calls wait: ${waitingCalls.map(({ id }) => id).join(', ')}`)
    output.result({
      community: view.community,
      logSize: view.size,
      events: view.events,
      checkpoint: checkpoint?.size ?? 0,
      members: Array.from(view.members.values(), ({ id, roles }) => ({
        id,
        name: names.get(id),
        roles: [...roles.keys()],
      })),
      contributions: view.contributions.size,
      rounds: view.rounds.map(({ round: n, phase, closed }) => ({ round: n, phase, closed })),
      pool,
      vetoed: vetoed ?? null,
      outbox: waitingCalls.map(({ id }) => id),
    })
    return 0
  },
}
