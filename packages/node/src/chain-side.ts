/** The community's money: contracts, deposits, payout roots, claims and anchors, each write through the outbox. */
import {
  type ChainAddresses,
  type ChainConnection,
  connectChain,
  deployContracts,
  encodeActivate,
  encodeAnchor,
  encodeDeposit,
  encodeMint,
  isCallDone,
  type OutboxCall,
  type OutboxStore,
  openEmbeddedChain,
  openRelayer,
  type PoolState,
  type Relayer,
  readAnchor,
  readPool,
  SPONSOR,
} from '@commonhold/chain'
import { ProtocolError, toHex, utf8 } from '@commonhold/protocol'
import { formatCheckpoint } from '@commonhold/tlog'
import type { Address, Hash, Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { getBlock, getTransactionReceipt } from 'viem/actions'
import type { Community } from './community.ts'

export type ChainBlock = { readonly number: number; readonly hash: string }

export type Mined = { readonly tx: string; readonly block: ChainBlock }

export interface ChainSide {
  readonly connection: ChainConnection
  /** Undefined until the contracts are deployed and the log says so. */
  readonly addresses: ChainAddresses | undefined
  /** Deploys what is missing and writes `chain.bound`; does nothing when the log has it. */
  bind(names: { readonly shares: string; readonly symbol: string }): Promise<ChainAddresses>
  /** Sends everything that waits, payout roots in their order. What the chain refuses now stays in the outbox. */
  settle(): Promise<readonly ProtocolError[]>
  /**
   * Into the pool, as a sponsor's: practice money from nowhere, else money of the operator's address. `id` makes a
   * repetition harmless.
   */
  sponsorPractice(id: string, amount: bigint): Promise<void>
  /** Anchors the log as it was at `size` entries, now by default; does nothing where as much is anchored. */
  anchor(size?: number): Promise<void>
  /** Entries that the chain has anchored. */
  anchored(): Promise<number>
  /** @param block as of then; the latest by default. */
  pool(block?: ChainBlock): Promise<PoolState>
  /** Transaction and block of an outbox row that is done; undefined also where somebody else's transaction did it. */
  minedRow(id: string): Promise<Mined | undefined>
  latestBlock(): Promise<ChainBlock>
}

/** Enough for every transaction that a practice chain will ever see; it has no value. */
const PRACTICE_ETHER = 1_000_000n * 10n ** 18n
const SWEEP_DELAY_SECONDS = 7n * 86_400n

export async function openChainSide(
  community: Community,
  options: { readonly rpcUrl?: string | undefined; readonly token?: string | undefined } = {},
): Promise<ChainSide> {
  const { home, keys, store } = community
  if (home.demonstration !== undefined && options.rpcUrl !== undefined) {
    throw new ProtocolError(
      'home.unusable',
      'a demonstration has published keys: it stays on its own practice chain and refuses CHAIN_RPC_URL',
    )
  }
  const secret = (name: string): Hex => `0x${toHex(keys.ensure(name))}`
  const operator = secret('operator')
  const { address } = privateKeyToAccount(operator)
  const connection = connectChain(
    options.rpcUrl !== undefined
      ? { kind: 'rpc', url: options.rpcUrl }
      : {
          kind: 'embedded',
          chain: await openEmbeddedChain({
            store: store.chain,
            chainId: home.chainId,
            genesis: { alloc: { [address]: { balance: PRACTICE_ETHER } } },
            timestamp: () => Math.floor(community.now() / 1000),
          }),
        },
  )
  const outbox = outboxPort(community)
  const addresses = (): ChainAddresses | undefined => boundAddresses(community)
  const needed = (): ChainAddresses => {
    const bound = addresses()
    if (bound === undefined)
      throw new ProtocolError('chain.not_bound', 'no chain is bound to this community yet')
    return bound
  }
  const relayer: Relayer = openRelayer({
    connection,
    outbox,
    key: operator,
    isDone: ({ call }) => isCallDone(connection.client, needed(), call),
  })
  const enter = (rows: readonly (readonly [id: string, call: OutboxCall])[]): Promise<void> =>
    store.outbox.add(rows.map(([id, call]) => ({ id, call: plainCall(call) })))

  const settle = async (): Promise<readonly ProtocolError[]> => {
    for (;;) {
      const { done, rejected } = await relayer.drain()
      const due = await dueActivation()
      // A chain whose clock is behind ours refuses an activation that seems due: then it waits like everything else.
      if (due !== undefined && !rejected.some(({ id }) => id === due.id)) await enter([[due.id, due.call]])
      else if (done.length === 0 || rejected.length === 0) return rejected.map(({ error }) => error)
    }
  }
  const dueActivation = async (): Promise<{ readonly id: string; readonly call: OutboxCall } | undefined> => {
    const bound = addresses()
    if (bound === undefined) return undefined
    const { pending } = await readPool(connection.client, bound)
    if (pending === undefined || pending.activatesAt * 1000n > BigInt(community.now())) return undefined
    return { id: `activate:${pending.round}`, call: encodeActivate(bound, pending.round) }
  }
  return {
    connection,
    get addresses() {
      return addresses()
    },
    bind: async ({ shares, symbol }) => {
      const bound = addresses()
      if (bound !== undefined) return bound
      const deployed = await deployContracts({
        connection,
        key: operator,
        token: options.token === undefined ? { practiceOwner: address } : (options.token as Address),
        pool: {
          publisher: address,
          guardian: privateKeyToAccount(secret('guardian')).address,
          treasury: address,
          activationDelay: BigInt(community.view.founding?.charter.activationDelaySeconds ?? 0),
          sweepDelay: SWEEP_DELAY_SECONDS,
        },
        shares: { name: shares, symbol },
        log: { origin: home.origin, ...anchorKey(community) },
      })
      await community.submitOwn({
        type: 'chain.bound',
        chainId: deployed.chainId,
        token: deployed.token.toLowerCase(),
        pool: deployed.pool.toLowerCase(),
        shares: deployed.shares.toLowerCase(),
        anchor: deployed.anchor.toLowerCase(),
        practice: options.token === undefined,
      })
      return needed()
    },
    settle,
    sponsorPractice: async (id, amount) => {
      const bound = needed()
      const [approve, deposit] = encodeDeposit(bound, SPONSOR, amount)
      const practice = community.view.chain?.practice === true
      await enter([
        ...(practice ? [[`${id}:mint`, encodeMint(bound, address, amount)] as const] : []),
        [`${id}:approve`, approve],
        [`${id}:deposit`, deposit],
      ])
      const refused = await settle()
      if (refused[0] !== undefined && (await store.outbox.get(`${id}:deposit`))?.done !== true)
        throw refused[0]
    },
    anchor: async (upTo) => {
      const bound = needed()
      const published = await community.publish()
      const size = upTo ?? published.size
      const latest = await readAnchor(connection.client, bound)
      if (latest.size >= BigInt(size)) return
      const logRoot = community.tree.root(size)
      const proof = latest.size === 0n ? [] : community.tree.consistencyProof(Number(latest.size), size)
      const signature = community.log.p256.sign(
        utf8(formatCheckpoint({ origin: home.origin, size, logRoot })),
      )
      const call = encodeAnchor(bound, {
        size: BigInt(size),
        logRoot: hex(logRoot),
        proof: proof.map(hex),
        r: hex(signature.subarray(0, 32)),
        s: hex(signature.subarray(32)),
      })
      await enter([[`anchor:${size}`, call]])
      await settle()
    },
    anchored: async () => Number((await readAnchor(connection.client, needed())).size),
    pool: (block) =>
      readPool(connection.client, needed(), block === undefined ? {} : { blockNumber: BigInt(block.number) }),
    minedRow: async (id) => {
      const row = await store.outbox.get(id)
      // The relayer's receipt is null where the chain had it already: a raw transaction of ours was never mined then.
      if (row?.done !== true || row.hash === undefined || row.receipt === 'null') return undefined
      const receipt = await getTransactionReceipt(connection.client, { hash: row.hash as Hash })
      return { tx: row.hash, block: { number: Number(receipt.blockNumber), hash: receipt.blockHash } }
    },
    latestBlock: async () => {
      const { number, hash } = await getBlock(connection.client, { blockTag: 'latest' })
      return { number: Number(number), hash: hash as string }
    },
  }
}

const hex = (bytes: Uint8Array): Hex => `0x${toHex(bytes)}`

/** The log's P-256 key as the contract takes it: the affine coordinates. */
function anchorKey({ log }: Community): { readonly qx: Hex; readonly qy: Hex } {
  const { x, y } = log.p256.point
  return { qx: hex(x), qy: hex(y) }
}

function boundAddresses({ view }: Community): ChainAddresses | undefined {
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

type PlainCall = { readonly to: string; readonly data: string; readonly value?: string }

/** The outbox keeps JSON: wei as a decimal string. */
export const plainCall = ({ to, data, value }: OutboxCall): PlainCall =>
  value === undefined ? { to, data } : { to, data, value: value.toString() }

function outboxPort({ store }: Community): OutboxStore {
  return {
    pending: async () =>
      (await store.outbox.pending()).map(({ id, call, raw, hash }) => {
        const { to, data, value } = call as PlainCall
        return {
          id,
          call: {
            to: to as Address,
            data: data as Hex,
            ...(value === undefined ? {} : { value: BigInt(value) }),
          },
          ...(raw === undefined ? {} : { raw: raw as Hex }),
          ...(hash === undefined ? {} : { hash: hash as Hash }),
        }
      }),
    saveRaw: (id, raw, hash) => store.outbox.saveRaw(id, raw, hash),
    done: (id, receipt) =>
      store.outbox.done(
        id,
        JSON.stringify(receipt, (_, value: unknown) =>
          typeof value === 'bigint' ? value.toString() : value,
        ),
      ),
  }
}
