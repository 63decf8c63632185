/** What the community writes to its chain. Every transaction goes through the outbox: a repetition is harmless. */
import {
  type ChainAddresses,
  type ChainConnection,
  deployContracts,
  encodeActivate,
  encodeAnchor,
  encodeDeposit,
  encodeMint,
  isCallDone,
  type OutboxCall,
  openRelayer,
  type Relayer,
  readAnchor,
  readPool,
  SPONSOR,
} from '@commonhold/chain'
import { ProtocolError, toHex, utf8 } from '@commonhold/protocol'
import { formatCheckpoint } from '@commonhold/tlog'
import type { Address, Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { Community } from './community.ts'
import { outboxPort, plainCall } from './outbox-port.ts'

/** What every write needs: who sends, through which connection, and the relayer that empties the outbox. */
export type Sender = {
  readonly community: Community
  readonly connection: ChainConnection
  readonly operator: Operator
  readonly relayer: Relayer
}

export type Operator = { readonly key: Hex; readonly address: Address }

type NamedCall = readonly [id: string, call: OutboxCall]

const SWEEP_DELAY_SECONDS = 7n * 86_400n

const secretKey = ({ keys }: Community, name: string): Hex => `0x${toHex(keys.ensure(name))}`

export function operatorOf(community: Community): Operator {
  const key = secretKey(community, 'operator')
  return { key, address: privateKeyToAccount(key).address }
}

export function openSender(community: Community, connection: ChainConnection, operator: Operator): Sender {
  const relayer = openRelayer({
    connection,
    outbox: outboxPort(community.store),
    key: operator.key,
    isDone: ({ call }) => isCallDone(connection.client, neededAddresses(community), call),
  })
  return { community, connection, operator, relayer }
}

export function boundAddresses({ view }: Community): ChainAddresses | undefined {
  const { chain } = view
  if (chain === undefined) return undefined
  return {
    chainId: chain.chainId,
    token: chain.token as Address,
    pool: chain.pool as Address,
    shares: chain.shares as Address,
    anchor: chain.anchor as Address,
  }
}

/** @throws {ProtocolError} `chain.not_bound`. */
export function neededAddresses(community: Community): ChainAddresses {
  const bound = boundAddresses(community)
  if (bound === undefined)
    throw new ProtocolError('chain.not_bound', 'no chain is bound to this community yet')
  return bound
}

const enter = ({ community }: Sender, rows: readonly NamedCall[]): Promise<void> =>
  community.store.outbox.add(rows.map(([id, call]) => ({ id, call: plainCall(call) })))

/** Sends what waits, and the activations that it makes due, until nothing moves. @returns what the chain refused. */
export async function settleOutbox(sender: Sender): Promise<readonly ProtocolError[]> {
  for (;;) {
    const { done, rejected } = await sender.relayer.drain()
    const due = await dueActivation(sender)
    // A chain whose clock is behind ours refuses an activation that seems due: then it waits like everything else.
    if (due !== undefined && !rejected.some(({ id }) => id === due[0])) await enter(sender, [due])
    else if (done.length === 0 || rejected.length === 0) return rejected.map(({ error }) => error)
  }
}

async function dueActivation({ community, connection }: Sender): Promise<NamedCall | undefined> {
  const bound = boundAddresses(community)
  if (bound === undefined) return undefined
  const { pending } = await readPool(connection.client, bound)
  if (pending === undefined || pending.activatesAt * 1000n > BigInt(community.now())) return undefined
  return [`activate:${pending.round}`, encodeActivate(bound, pending.round)]
}

export type ContractNames = { readonly shares: string; readonly symbol: string }

/** @param token the community's; a practice token of its own without. */
export async function bindContracts(
  { community, connection, operator: { key, address } }: Sender,
  { shares, symbol }: ContractNames,
  token: string | undefined,
): Promise<ChainAddresses> {
  const bound = boundAddresses(community)
  if (bound !== undefined) return bound
  const deployed = await deployContracts({
    connection,
    key,
    token: token === undefined ? { practiceOwner: address } : (token as Address),
    pool: {
      publisher: address,
      guardian: privateKeyToAccount(secretKey(community, 'guardian')).address,
      treasury: address,
      activationDelay: BigInt(community.view.founding?.charter.activationDelaySeconds ?? 0),
      sweepDelay: SWEEP_DELAY_SECONDS,
    },
    shares: { name: shares, symbol },
    log: { origin: community.home.origin, ...anchorKey(community) },
  })
  await community.submitOwn({
    type: 'chain.bound',
    chainId: deployed.chainId,
    token: deployed.token.toLowerCase(),
    pool: deployed.pool.toLowerCase(),
    shares: deployed.shares.toLowerCase(),
    anchor: deployed.anchor.toLowerCase(),
    practice: token === undefined,
  })
  return neededAddresses(community)
}

export async function sponsor(sender: Sender, id: string, amount: bigint): Promise<void> {
  const { community, operator } = sender
  const bound = neededAddresses(community)
  const [approve, deposit] = encodeDeposit(bound, SPONSOR, amount)
  const practice = community.view.chain?.practice === true
  await enter(sender, [
    ...(practice ? [[`${id}:mint`, encodeMint(bound, operator.address, amount)] as const] : []),
    [`${id}:approve`, approve],
    [`${id}:deposit`, deposit],
  ])
  const refused = await settleOutbox(sender)
  if (refused[0] !== undefined && (await community.store.outbox.get(`${id}:deposit`))?.done !== true)
    throw refused[0]
}

export async function anchorLog(sender: Sender, upTo: number | undefined): Promise<void> {
  const { community, connection } = sender
  const { home, tree, log } = community
  const bound = neededAddresses(community)
  const published = await community.publish()
  const size = upTo ?? published.size
  const latest = await readAnchor(connection.client, bound)
  if (latest.size >= BigInt(size)) return
  const logRoot = tree.root(size)
  const proof = latest.size === 0n ? [] : tree.consistencyProof(Number(latest.size), size)
  const signature = log.p256.sign(utf8(formatCheckpoint({ origin: home.origin, size, logRoot })))
  const call = encodeAnchor(bound, {
    size: BigInt(size),
    logRoot: hex(logRoot),
    proof: proof.map(hex),
    r: hex(signature.subarray(0, 32)),
    s: hex(signature.subarray(32)),
  })
  await enter(sender, [[`anchor:${size}`, call]])
  await settleOutbox(sender)
}

const hex = (bytes: Uint8Array): Hex => `0x${toHex(bytes)}`

/** The log's P-256 key as the contract takes it: the affine coordinates. */
function anchorKey({ log }: Community): { readonly qx: Hex; readonly qy: Hex } {
  const { x, y } = log.p256.point
  return { qx: hex(x), qy: hex(y) }
}
