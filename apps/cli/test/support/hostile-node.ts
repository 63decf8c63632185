// An operator who has every key of the node and uses them to lie: the events are signed, the root is posted on the real
// embedded chain, the log is published and anchored. Only the figures are wrong.
import { encodePayouts, type PayoutRecord } from '@commonhold/audit'
import { encodePost } from '@commonhold/chain'
import { artifactName, lastState, plainCall, rulesDigest } from '@commonhold/node'
import { encodeState, type RoundClaims, runRound } from '@commonhold/pipeline'
import { currentRound, encodeCanonical, type View } from '@commonhold/protocol'
import { type Address, buildPayoutTree, type Hex32, type PayoutRow } from '@commonhold/rewards'
import { type Opened, payOut } from '../../../../packages/node/test/small-community.ts'

export type Lie = 'datasetRoot' | 'modelHash' | 'attributionRoot' | 'payoutRoot' | 'deposits'

/** Closes the round with one lie and settles it as an honest node would. */
export async function closeDishonestly(opened: Opened, lie: Lie): Promise<void> {
  const { community, chain } = opened
  const { view } = community
  await chain.settle()
  // As an honest node: the block lies behind the end of the reviews.
  await chain.anchor()
  const block = await chain.latestBlock()
  const { deposited } = await chain.pool()
  const [sponsors, customers] = deposited
  const result = runRound({
    view,
    contents: await community.contents(),
    previous: await lastState(community),
    // A tenth of the sponsors' money disappears; everything else then follows by the rules.
    deposits: { sponsors: lie === 'deposits' ? (sponsors * 9n) / 10n : sponsors, customers },
  })
  const rows = lie === 'payoutRoot' ? stolen(result.pay.rows) : result.pay.rows
  const tree = treeOf(view, rows)
  const claims: RoundClaims = { ...result.claims, payoutRoot: tree.payoutRoot }
  const told = lie === 'payoutRoot' || lie === 'deposits' ? claims : { ...claims, [lie]: other(claims[lie]) }
  const round = currentRound(view)?.round as number
  const { addresses } = chain
  if (addresses === undefined) throw new Error('no chain')
  const post = encodePost(addresses, {
    round: BigInt(round),
    payoutRoot: told.payoutRoot as Hex32,
    promisedMoney: BigInt(told.totals.promisedMoney),
    promisedShares: BigInt(told.totals.promisedShares),
  })
  await community.submitOwn(
    { type: 'round.closed', ...told, rules: rulesDigest(), block },
    {
      artifacts: [
        { name: artifactName(round, 'statement'), bytes: encodeCanonical(result.pay.statement) },
        { name: artifactName(round, 'payouts'), bytes: encodePayouts(recordsOf(rows, tree.proof)) },
        { name: artifactName(round, 'state'), bytes: encodeState(result.state) },
      ],
      outbox: [{ id: `post:${round}`, call: plainCall(post) }],
    },
  )
  await payOut(opened)
}

/** Half of what the first member earned goes to the second: the sum stays right. */
function stolen([first, second, ...rest]: readonly PayoutRow[]): readonly PayoutRow[] {
  if (first === undefined || second === undefined) throw new Error('a theft needs two members')
  const loot = first.money / 2n
  return [{ ...first, money: first.money - loot }, { ...second, money: second.money + loot }, ...rest]
}

function treeOf(view: View, rows: readonly PayoutRow[]) {
  const { chainId, pool, token } = view.chain as NonNullable<View['chain']>
  return buildPayoutTree({ chainId: BigInt(chainId), pool: pool as Address, token: token as Address }, rows)
}

const recordsOf = (
  rows: readonly PayoutRow[],
  proof: (index: number) => readonly string[],
): readonly PayoutRecord[] =>
  rows.map(({ member, payTo, money, shares }, index) => ({
    index,
    count: rows.length,
    member,
    payTo,
    money: String(money),
    shares: String(shares),
    proof: proof(index),
  }))

/** Another hash of the same shape. */
const other = (hash: string): string => hash.slice(0, -1) + (hash.endsWith('0') ? '1' : '0')
