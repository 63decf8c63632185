/** What a closed round leaves in the store: how it is written, and how it is read. */
import { encodePayouts, type PayoutRecord, payoutRecords } from '@commonhold/audit'
import { encodeModel } from '@commonhold/learning'
import { decodeState, encodeState, NO_ROUND, type RoundResult, type RoundState } from '@commonhold/pipeline'
import { encodeCanonical, fromUtf8, ProtocolError, utf8 } from '@commonhold/protocol'
import type { Community } from './community.ts'

type RoundStatement = RoundResult['pay']['statement']

export type RoundArtifact = 'statement' | 'payouts' | 'model' | 'state' | 'report'

export const artifactName = (round: number, what: RoundArtifact): string =>
  `round/${String(round).padStart(6, '0')}/${what}`

export function artifactsOf(
  result: RoundResult,
): readonly { readonly name: string; readonly bytes: Uint8Array }[] {
  const { round, pay, training, state } = result
  return [
    { name: artifactName(round, 'statement'), bytes: encodeCanonical(pay.statement) },
    { name: artifactName(round, 'payouts'), bytes: encodePayouts(payoutRecords(result)) },
    { name: artifactName(round, 'model'), bytes: encodeModel(training.release) },
    { name: artifactName(round, 'state'), bytes: encodeState(state) },
    { name: artifactName(round, 'report'), bytes: utf8(JSON.stringify(reportOf(result))) },
  ]
}

/** @throws {ProtocolError} `round.unknown` unless the round is closed. */
export async function readArtifact(
  { store }: Community,
  round: number,
  what: RoundArtifact,
): Promise<Uint8Array> {
  const bytes = await store.artifacts.get(artifactName(round, what))
  if (bytes === undefined)
    throw new ProtocolError('round.unknown', `the ${what} of round ${round} is missing`)
  return bytes
}

const readJson = async (community: Community, round: number, what: RoundArtifact): Promise<unknown> =>
  JSON.parse(fromUtf8(await readArtifact(community, round, what)))

/** @throws {ProtocolError} `round.unknown` unless the round is closed; so do the others. */
export const readStatement = async (community: Community, round: number): Promise<RoundStatement> =>
  (await readJson(community, round, 'statement')) as RoundStatement

export const readPayouts = async (community: Community, round: number): Promise<readonly PayoutRecord[]> =>
  (await readJson(community, round, 'payouts')) as readonly PayoutRecord[]

export const readReport = async (community: Community, round: number): Promise<RoundReport> =>
  (await readJson(community, round, 'report')) as RoundReport

/** @param round 0 for the state before the first. */
export const readState = async (community: Community, round: number): Promise<RoundState> =>
  round === 0 ? NO_ROUND : decodeState(await readArtifact(community, round, 'state'))

/** What people read about a round's model and reviewers; every figure of it is recomputable. */
export type RoundReport = {
  readonly round: number
  readonly labels: readonly string[]
  readonly confusion: readonly (readonly number[])[]
  readonly groups: readonly { readonly group: string; readonly total: number; readonly correct: number }[]
  readonly gate: { readonly promoted: boolean; readonly reason: string }
  readonly standings: Readonly<Record<string, number>>
  readonly waiting: number
  readonly reviews: number
}

function reportOf({ round, training, curation, waves }: RoundResult): RoundReport {
  const standings: Record<string, number> = {}
  for (const { standing } of curation.fresh) standings[standing] = (standings[standing] ?? 0) + 1
  const { candidate, gate, release } = training
  return {
    round,
    labels: release.labels,
    confusion: candidate.confusion,
    groups: candidate.groups,
    gate: { promoted: gate.promoted, reason: gate.reason },
    standings,
    waiting: waves.waiting.length - curation.fresh.filter(({ leader }) => waves.drawn.has(leader)).length,
    reviews: waves.reviews.length,
  }
}
