/** What only the home itself can show: its tables and its live chain against the export that was audited. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type AuditReport,
  CHAIN_PROOF_PATH,
  logPath,
  payoutsPath,
  type StepReport,
  statementPath,
  verifyStorageProofs,
} from '@commonhold/audit'
import { decodeModel, modelHash } from '@commonhold/learning'
import { artifactName, type ChainSide, type Community } from '@commonhold/node'
import { equalBytes, ProtocolError } from '@commonhold/protocol'
import { decodeBundle, entriesPath, TILE_WIDTH } from '@commonhold/tlog'

/** @param report of the audit of `folder`. */
export async function auditHome(
  community: Community,
  chain: ChainSide,
  folder: string,
  report: AuditReport,
): Promise<readonly StepReport[]> {
  return [
    await step('home entries', () => compareEntries(community, folder, report.logSize)),
    await step('home artifacts', () => compareArtifacts(community, folder, report)),
    ...(chain.addresses === undefined ? [] : [await step('live chain', () => comparePool(chain, folder))]),
  ]
}

/** A figure that differs: `where: expected ..., found ...`. */
const differs = (where: string, expected: unknown, found: unknown): ProtocolError =>
  new ProtocolError('audit.mismatch', `${where}: expected ${String(expected)}, found ${String(found)}`)

async function step(name: string, run: () => Promise<string>): Promise<StepReport> {
  const common = { name, reached: true, level: 'recomputable' } as const
  try {
    return { ...common, ok: true, detail: await run() }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return { ...common, ok: false, detail: error.message }
  }
}

async function compareEntries({ store }: Community, folder: string, size: number): Promise<string> {
  let bundle: readonly Uint8Array[] = []
  for await (const { index, bytes } of store.log.read(0, size)) {
    const at = index % TILE_WIDTH
    if (at === 0) {
      const width = Math.min(TILE_WIDTH, size - index)
      bundle = decodeBundle(
        readFileSync(join(folder, logPath(entriesPath(index / TILE_WIDTH, width)))),
        width,
      )
    }
    if (!equalBytes(bundle[at] as Uint8Array, bytes))
      throw differs(`entry ${index} in the database`, 'the entry of its bundle', 'other bytes')
  }
  return `${size} rows equal the published bundles`
}

async function compareArtifacts(
  community: Community,
  folder: string,
  { rounds }: AuditReport,
): Promise<string> {
  const { artifacts } = community.store
  for (const { round, modelHash: audited } of rounds) {
    const compared = [
      [statementPath(round), await artifacts.get(artifactName(round, 'statement'))],
      [payoutsPath(round), await artifacts.get(artifactName(round, 'payouts'))],
    ] as const
    for (const [path, bytes] of compared) {
      if (bytes === undefined || !equalBytes(bytes, readFileSync(join(folder, path))))
        throw differs(`round ${round} in the database`, path, bytes === undefined ? 'nothing' : 'other bytes')
    }
    const model = await artifacts.get(artifactName(round, 'model'))
    const served = model === undefined ? undefined : modelHash(decodeModel(model))
    if (served !== audited) throw differs(`the stored model of round ${round}`, audited, served)
  }
  return `statements, payouts and models of ${rounds.length} rounds equal the audited ones`
}

/** The contracts' own answers against the storage that was proved. */
async function comparePool(chain: ChainSide, folder: string): Promise<string> {
  const proven = verifyStorageProofs(
    JSON.parse(readFileSync(join(folder, CHAIN_PROOF_PATH), 'utf8')) as unknown,
  )
  const { deposited, totalClaimed, activeRound, activeRoot, blockNumber } = await chain.pool()
  const figures: readonly (readonly [string, unknown, unknown])[] = [
    ['block', proven.block.number, blockNumber],
    ["sponsors' deposits", proven.pool.deposited[0], deposited[0]],
    ["customers' deposits", proven.pool.deposited[1], deposited[1]],
    ['claimed', proven.pool.totalClaimed.money, totalClaimed.money],
    ['active round', proven.pool.active.round, activeRound],
    ['active root', proven.pool.active.payoutRoot, activeRoot],
  ]
  for (const [where, expected, found] of figures)
    if (expected !== found) throw differs(`the pool on the live chain, ${where}`, expected, found)
  return `the pool answers what was proved at block ${blockNumber}`
}
