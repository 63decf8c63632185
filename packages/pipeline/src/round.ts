/**
 * The round (docs/spec/pipeline.md): one pure function from a closed prefix of the log, its contents and the money that
 * the pool saw, to everything that `round.closed` claims. The node publishes with it; an auditor checks with it.
 */
import type { Digest, EventId, EventOf, View } from '@commonhold/protocol'
import { type BySource, sumOfPools } from '@commonhold/rewards'
import { type Attribution, attributeRound } from './attribute.ts'
import type { Curation } from './curate.ts'
import { type DatasetRow, datasetRoot } from './dataset.ts'
import { demandData } from './enough-data.ts'
import { type Pay, payRound } from './pay.ts'
import { type PrepareInput, prepareRound } from './prepare.ts'
import type { RoundState } from './state.ts'
import { type Training, trainRound } from './train.ts'
import type { Waves } from './waves.ts'

export const STEPS = ['curate', 'train', 'attribute', 'pay'] as const
export type Step = (typeof STEPS)[number]

export type RoundInput = PrepareInput & {
  /** All that the pool ever saw by the round's block. */
  readonly deposits: BySource
  /** Told when a step begins: this is long work. */
  readonly onStep?: (step: Step) => void
}

export type RoundResult = {
  readonly round: number
  readonly seed: Digest
  readonly waves: Waves
  readonly curation: Curation
  readonly rows: readonly DatasetRow[]
  readonly holdOut: readonly EventId[]
  readonly training: Training
  readonly attribution: Attribution
  readonly pay: Pay
  /** The fields of `round.closed` that the pipeline determines. */
  readonly claims: RoundClaims
  readonly state: RoundState
}

export type RoundClaims = Pick<
  EventOf<'round.closed'>,
  | 'round'
  | 'logSize'
  | 'seed'
  | 'datasetRoot'
  | 'modelHash'
  | 'promoted'
  | 'metrics'
  | 'attributionRoot'
  | 'statementsRoot'
  | 'payoutRoot'
  | 'totals'
>

/** @throws {ProtocolError} `round.bad_state` unless the round's reviews are closed; `round.no_data` if it cannot train. */
export function runRound(input: RoundInput): RoundResult {
  const { view, previous, onStep } = input
  onStep?.('curate')
  const prepared = prepareRound(input)
  const { charter, round, seed, corpus, waves, curation, rows } = prepared
  const held = new Set(prepared.holdOut)
  demandData(rows, held)

  onStep?.('train')
  const training = trainRound(charter, rows, held, seed, previous)
  onStep?.('attribute')
  const attribution = attributeRound(view, prepared, previous)
  onStep?.('pay')
  const pay = payRound({
    view,
    charter,
    round,
    curation,
    waves,
    rows,
    holdOut: held,
    attribution,
    deposits: input.deposits,
    at: view.at,
    previous,
  })
  const state: RoundState = {
    round: round.round,
    clusters: corpus.clusters,
    accepted: curation.accepted,
    answered: new Map(Array.from(waves.answered).filter(([leader]) => !curation.accepted.has(leader))),
    values: attribution.recent,
    live: training.gate.promoted
      ? { model: training.release, hash: training.releaseHash, round: round.round }
      : previous.live,
    rewards: pay.closed.state,
  }
  const result = {
    round: round.round,
    seed,
    waves,
    curation,
    rows,
    holdOut: prepared.holdOut,
    training,
    attribution,
    pay,
    state,
  }
  return { ...result, claims: claimsOf(view, datasetRoot(rows, corpus), result) }
}

function claimsOf(view: View, dataset: Digest, result: Omit<RoundResult, 'claims'>): RoundClaims {
  const { training, pay, attribution, rows, state } = result
  const { opened } = pay.closed
  const { totals } = pay.statement
  const { candidate, live } = training
  return {
    round: result.round,
    logSize: view.size,
    seed: result.seed,
    datasetRoot: dataset,
    modelHash: training.releaseHash,
    promoted: training.gate.promoted,
    metrics: {
      correct: candidate.correct,
      total: candidate.total,
      majorityCorrect: candidate.majority.correct,
      ...(live === undefined ? {} : { liveCorrect: live.correct }),
      trained: rows.length,
      clusters: state.clusters.size,
    },
    attributionRoot: attribution.attributionRoot,
    statementsRoot: pay.statementsRoot,
    payoutRoot: pay.tree.payoutRoot,
    totals: {
      sponsors: String(opened.deposits.sponsors),
      customers: String(opened.deposits.customers),
      pool: String(sumOfPools(opened.pools)),
      allocated: totals.allocated,
      promisedMoney: totals.promised,
      promisedShares: totals.shares,
      reserved: totals.reserved,
      unvested: totals.unvested,
    },
  }
}
