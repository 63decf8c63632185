/** A guardian's veto deletes a payout root that waits on chain; the log says that it was posted, and posts it once. */
import { encodeVeto, type OutboxCall, type OutboxReceipt, openRelayer } from '@commonhold/chain'
import { ProtocolError, type View } from '@commonhold/protocol'
import type { Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { ChainSide } from './chain-side.ts'
import type { Community } from './community.ts'
import { plainCall } from './outbox-port.ts'

/** The first round that the log calls posted and that is neither active nor pending on chain. */
export async function vetoedRound(
  chain: Pick<ChainSide, 'addresses' | 'pool'>,
  view: View,
): Promise<number | undefined> {
  if (chain.addresses === undefined) return undefined
  const { activeRound, pending } = await chain.pool()
  const onChain = pending === undefined ? activeRound : pending.round
  return view.rounds.find(({ round, posted }) => posted !== undefined && BigInt(round) > onChain)?.round
}

/**
 * Posts the root of the vetoed round again, by a new row of the outbox: the first one is done. A repetition after a crash
 * continues the row that waits.
 *
 * @returns the round.
 * @throws {ProtocolError} `round.bad_state` when no round was vetoed; `chain.rejected`, and the row stays.
 */
export async function repostRound(community: Community, chain: ChainSide): Promise<number> {
  const { outbox } = community.store
  const round = await vetoedRound(chain, community.view)
  if (round === undefined)
    throw new ProtocolError('round.bad_state', 'no round was vetoed: every posted payout root is on chain')
  const first = await outbox.get(`post:${round}`)
  if (first === undefined) throw new Error(`the outbox has lost the root of round ${round}`)
  let attempt = 2
  while ((await outbox.get(`post:${round}:${attempt}`))?.done === true) attempt++
  const id = `post:${round}:${attempt}`
  await outbox.add([{ id, call: first.call }])
  const [refused] = await chain.settle()
  if ((await outbox.get(id))?.done !== true)
    throw refused ?? new ProtocolError('chain.rejected', `the chain did not take ${id}`)
  return round
}

/** What a practice guardian gets for the fee of a veto, in wei; elsewhere guardians pay their own. */
const PRACTICE_FEE = 10n ** 18n

/**
 * Vetoes the payout root that waits for its activation. Nothing of it goes through the outbox: the guardian is not the
 * operator, and repeating a veto that was mined is refused by the chain.
 *
 * @param key the guardian's secp256k1 key.
 * @throws {ProtocolError} `round.bad_state` when no root waits; `chain.rejected` with the contract's reason.
 */
export async function vetoPending(community: Community, chain: ChainSide, key: Hex): Promise<number> {
  const { addresses, connection } = chain
  if (addresses === undefined)
    throw new ProtocolError('chain.not_bound', 'no chain is bound to this community yet')
  const { pending } = await chain.pool()
  if (pending === undefined)
    throw new ProtocolError('round.bad_state', 'no payout root waits for its activation')
  if (connection.kind === 'embedded') await fund(community, chain, privateKeyToAccount(key).address)
  let sent: OutboxReceipt | undefined
  const id = `veto:${pending.round}`
  const relayer = openRelayer({
    connection,
    key,
    outbox: {
      pending: () => Promise.resolve([{ id, call: encodeVeto(addresses) }]),
      saveRaw: () => Promise.resolve(),
      done: (_, receipt) => {
        sent = receipt
        return Promise.resolve()
      },
    },
  })
  const { rejected } = await relayer.drain()
  if (rejected[0] !== undefined) throw rejected[0].error
  if (sent === undefined) throw new Error('a call that is not refused is sent')
  return Number(pending.round)
}

async function fund({ store }: Community, chain: ChainSide, guardian: OutboxCall['to']): Promise<void> {
  const call = plainCall({ to: guardian, data: '0x', value: PRACTICE_FEE })
  await store.outbox.add([{ id: `fund:${guardian.toLowerCase()}`, call }])
  await chain.settle()
}
