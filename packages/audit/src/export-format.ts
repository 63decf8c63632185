/** The files of an export (docs/spec/export.md): written by the node, read by an audit, named here only. */

import type { RoundResult } from '@commonhold/pipeline'
import {
  type Bytes,
  type Canonical,
  type Digest,
  type EventOf,
  encodeCanonical,
  type View,
} from '@commonhold/protocol'

export const MANIFEST_PATH = 'manifest.json'
export const CHAIN_PROOF_PATH = 'chain/proof.json'
export const statementPath = (round: number): string => `rounds/${round}/statement.json`
export const payoutsPath = (round: number): string => `rounds/${round}/payouts.json`
/** The pool's state at the block that `round.closed` names. */
export const depositsProofPath = (round: number): string => `chain/rounds/${round}.json`
/** @param path relative to the log, as C2SP names its files. */
export const logPath = (path: string): string => `log/${path}`

export type ChainBlock = EventOf<'round.closed'>['block']

export type Manifest = {
  readonly format: 1
  readonly community: Digest
  readonly log: {
    readonly origin: string
    readonly ed25519: string
    readonly p256: string
    /** Entries. */
    readonly size: number
    readonly events: number
    /** Digest over every payload, as the view keeps it. */
    readonly history: Digest
  }
  readonly chain: {
    readonly chainId: number
    readonly token: string
    readonly pool: string
    readonly shares: string
    readonly anchor: string
    readonly practice: boolean
    /** The block of `chain/proof.json`. */
    readonly block: ChainBlock
  } | null
  readonly rules: { readonly version: string; readonly digest: Digest }
  /** Closed rounds, each with its statement and payouts. */
  readonly rounds: readonly number[]
}

/** What the manifest says about a community whose whole log is `view`. */
export function manifestOf(view: View, block: ChainBlock | undefined): Manifest {
  const { community, founding, chain, rules } = view
  if (community === undefined || founding === undefined) throw new Error('the community is not founded')
  const { origin, ed25519, p256 } = founding.log
  return {
    format: 1,
    community,
    log: { origin, ed25519, p256, size: view.size, events: view.events, history: view.history },
    chain: chain === undefined || block === undefined ? null : { ...chainOf(chain), block },
    rules: rules ?? founding.rules,
    rounds: view.rounds.filter(({ closed }) => closed !== undefined).map(({ round }) => round),
  }
}

const chainOf = ({ chainId, token, pool, shares, anchor, practice }: EventOf<'chain.bound'>) => ({
  chainId,
  token,
  pool,
  shares,
  anchor,
  practice,
})

export const encodeManifest = (manifest: Manifest): Bytes => encodeCanonical(manifest as unknown as Canonical)

/** One row of a payout tree with its proof: all that its member needs to claim. Amounts are decimal strings. */
export type PayoutRecord = {
  readonly index: number
  readonly count: number
  readonly member: string
  readonly payTo: string
  readonly money: string
  readonly shares: string
  readonly proof: readonly string[]
}

export const payoutRecords = ({ pay }: Pick<RoundResult, 'pay'>): readonly PayoutRecord[] =>
  pay.rows.map(({ member, payTo, money, shares }, index) => ({
    index,
    count: pay.rows.length,
    member,
    payTo,
    money: String(money),
    shares: String(shares),
    proof: pay.tree.proof(index),
  }))

export const encodePayouts = (records: readonly PayoutRecord[]): Bytes =>
  encodeCanonical(records as unknown as Canonical)
