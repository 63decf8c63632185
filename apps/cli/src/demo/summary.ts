/** What the demonstration showed, read from the community's log and artifacts: the same on every later look. */
import { type Community, memberOf, memberSigner, readStatement } from '@commonhold/node'
import type { EventOf } from '@commonhold/protocol'
import type { RoundStatement } from '@commonhold/rewards'
import type { Cast, Person } from './people.ts'

export type RoundSummary = {
  readonly closed: EventOf<'round.closed'>
  readonly statement: RoundStatement
  readonly paid: bigint
}

export type MemberSummary = {
  readonly person: Person
  /** Earned in all rounds, vested or not, smallest unit. */
  readonly earned: bigint
  readonly byKind: Readonly<Record<string, bigint>>
  /** Items handed in, and those that earned something. */
  readonly items: number
  readonly paidItems: number
  /** Paid out on chain so far. */
  readonly paid: bigint
}

export type Summary = { readonly rounds: readonly RoundSummary[]; readonly members: readonly MemberSummary[] }

export async function summarise(community: Community, cast: Cast): Promise<Summary> {
  const rounds: RoundSummary[] = []
  let promised = 0n
  for (const { round, closed } of community.view.rounds) {
    if (closed === undefined) continue
    const total = BigInt(closed.totals.promisedMoney)
    rounds.push({ closed, statement: await readStatement(community, round), paid: total - promised })
    promised = total
  }
  return { rounds, members: cast.people.map((person) => summariseMember(community, person, rounds)) }
}

function summariseMember(
  community: Community,
  person: Person,
  rounds: readonly RoundSummary[],
): MemberSummary {
  const member = memberOf(community.view, memberSigner(community, person.handle))
  const byKind: Record<string, bigint> = {}
  const paidItems = new Set<string>()
  let earned = 0n
  for (const { statement } of rounds) {
    for (const line of statement.members.find((one) => one.member === member)?.lines ?? []) {
      const amount = BigInt(line.amount)
      earned += amount
      byKind[line.kind] = (byKind[line.kind] ?? 0n) + amount
      if (amount > 0n && line.kind !== 'review') paidItems.add(line.item)
    }
  }
  let items = 0
  for (const { author } of community.view.contributions.values()) if (author === member) items++
  return {
    person,
    earned,
    byKind,
    items,
    paidItems: paidItems.size,
    paid: community.view.claims.get(member)?.money ?? 0n,
  }
}
