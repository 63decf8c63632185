/** The community's money: contracts, deposits, payout roots, claims and anchors, each write through the outbox. */
import {
  type ChainAddresses,
  type ChainConnection,
  connectChain,
  openEmbeddedChain,
  type PoolState,
  readAnchor,
  readPool,
} from '@commonhold/chain'
import { ProtocolError } from '@commonhold/protocol'
import type { Address, Hash } from 'viem'
import { getBlock, getTransactionReceipt } from 'viem/actions'
import {
  anchorLog,
  bindContracts,
  boundAddresses,
  type ContractNames,
  neededAddresses,
  openSender,
  operatorOf,
  settleOutbox,
  sponsor,
} from './chain-writes.ts'
import type { Community } from './community.ts'

export type ChainBlock = { readonly number: number; readonly hash: string }

export type Mined = { readonly tx: string; readonly block: ChainBlock }

export interface ChainSide {
  readonly connection: ChainConnection
  /** Undefined until the contracts are deployed and the log says so. */
  readonly addresses: ChainAddresses | undefined
  /** Deploys what is missing and writes `chain.bound`; does nothing when the log has it. */
  bind(names: ContractNames): Promise<ChainAddresses>
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

export async function openChainSide(
  community: Community,
  options: { readonly rpcUrl?: string | undefined; readonly token?: string | undefined } = {},
): Promise<ChainSide> {
  const operator = operatorOf(community)
  const connection = await connect(community, options.rpcUrl, operator.address)
  const { client } = connection
  const sender = openSender(community, connection, operator)
  const needed = () => neededAddresses(community)
  return {
    connection,
    get addresses() {
      return boundAddresses(community)
    },
    bind: (names) => bindContracts(sender, names, options.token),
    settle: () => settleOutbox(sender),
    sponsorPractice: (id, amount) => sponsor(sender, id, amount),
    anchor: (size) => anchorLog(sender, size),
    anchored: async () => Number((await readAnchor(client, needed())).size),
    pool: async (block) =>
      readPool(client, needed(), block === undefined ? {} : { blockNumber: BigInt(block.number) }),
    minedRow: (id) => minedRow(community, connection, id),
    latestBlock: async () => {
      const { number, hash } = await getBlock(client, { blockTag: 'latest' })
      return { number: Number(number), hash: hash as string }
    },
  }
}

/** @throws {ProtocolError} `home.unusable` for a demonstration on a chain that others share. */
async function connect(
  community: Community,
  rpcUrl: string | undefined,
  operator: Address,
): Promise<ChainConnection> {
  const { home, store } = community
  if (rpcUrl === undefined) {
    const chain = await openEmbeddedChain({
      store: store.chain,
      chainId: home.chainId,
      genesis: { alloc: { [operator]: { balance: PRACTICE_ETHER } } },
      timestamp: () => Math.floor(community.now() / 1000),
    })
    return connectChain({ kind: 'embedded', chain })
  }
  if (home.demonstration === undefined) return connectChain({ kind: 'rpc', url: rpcUrl })
  throw new ProtocolError(
    'home.unusable',
    'a demonstration has published keys: it stays on its own practice chain and refuses CHAIN_RPC_URL',
  )
}

async function minedRow(
  { store }: Community,
  { client }: ChainConnection,
  id: string,
): Promise<Mined | undefined> {
  const row = await store.outbox.get(id)
  // The relayer's receipt is null where the chain had it already: a raw transaction of ours was never mined then.
  if (row?.done !== true || row.hash === undefined || row.receipt === 'null') return undefined
  const receipt = await getTransactionReceipt(client, { hash: row.hash as Hash })
  return { tx: row.hash, block: { number: Number(receipt.blockNumber), hash: receipt.blockHash } }
}
