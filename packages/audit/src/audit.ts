/**
 * The audit (docs/spec/audit.md): everything that an export claims, recomputed from its log by the same functions that
 * the node runs, and compared. It believes nothing that it can compute, and says of the rest whose word it is.
 */
import { equalBytes, type Verifier, type View } from '@commonhold/protocol'
import type { Checkpoint } from '@commonhold/tlog'
import { type CompiledContracts, checkChain } from './chain.ts'
import { compareLog, type ManifestFile, readCheckpoint, readManifest } from './checkpoint.ts'
import { firstDifference } from './difference.ts'
import { encodeManifest, logPath, MANIFEST_PATH, type Manifest, manifestOf } from './export-format.ts'
import { type Replayed, replayLog } from './replay.ts'
import { type AuditReport, reportOf } from './report.ts'
import { RoundAudit } from './rounds.ts'
import type { AuditSource } from './source.ts'
import { Mismatch, StepBook, Stopped } from './steps.ts'
import type { ProvenChain } from './storage-proof.ts'

export type AuditProgress = { readonly step: string; readonly done: number; readonly total: number }

export type AuditOptions = {
  readonly verifier: Verifier
  /** What the repository compiles, to compare with the code on chain. */
  readonly contracts?: CompiledContracts
  /** Digest of the rules that this auditor runs. */
  readonly rules?: string
  /** Milliseconds; without it the report has no times. */
  readonly now?: () => number
  readonly onProgress?: (progress: AuditProgress) => void
}

/** Bad input of any kind gives failed steps, never an exception. */
export async function auditExport(source: AuditSource, options: AuditOptions): Promise<AuditReport> {
  const book = new StepBook(options.now)
  const rounds = new RoundAudit(book, source, options.onProgress)
  book.declare(['manifest', 'checkpoint', 'log', 'addenda', 'entries', 'signatures', 'rules', 'view'])
  book.declare(['time'], 'no witness has cosigned: the times are those of the node')
  let replayed: Replayed | undefined
  try {
    const head = await readHead(source, options.verifier, book)
    replayed = await replayAll(source, options, book, rounds, head)
    const { view } = replayed
    declareAttested(book, view, rounds)
    const { contracts } = options
    const proven = await checkChain({ source, book, rounds: rounds.rounds, contracts, ...replayed })
    await book.check('manifest', MANIFEST_PATH, () => checkManifest(head.manifest, view, proven))
    checkRules(book, view, options.rules)
  } catch (error) {
    if (!(error instanceof Stopped)) throw error
  }
  return reportOf(book, replayed, rounds.rounds)
}

type Head = { readonly manifest: ManifestFile; readonly checkpoint: Checkpoint }

async function readHead(source: AuditSource, verifier: Verifier, book: StepBook): Promise<Head> {
  const manifest = await book.demand(
    'manifest',
    () => MANIFEST_PATH,
    () => readManifest(source),
  )
  book.pass('manifest', 'format 1')
  const { checkpoint, founding } = await book.demand(
    'checkpoint',
    () => logPath('checkpoint'),
    () => readCheckpoint(source, verifier),
  )
  book.pass('checkpoint', `size ${checkpoint.size}, signed with both keys of the founding event`)
  book.demandNow(
    'manifest',
    () => MANIFEST_PATH,
    () => compareLog(manifest, checkpoint, founding),
  )
  return { manifest, checkpoint }
}

async function replayAll(
  source: AuditSource,
  { verifier, onProgress }: AuditOptions,
  book: StepBook,
  rounds: RoundAudit,
  { checkpoint }: Head,
): Promise<Replayed> {
  const replayed = await replayLog({
    source,
    checkpoint,
    verifier,
    book,
    onClosed: (closed, view, contents) => rounds.check(closed, view, contents),
    onProgress: (done, total) => onProgress?.({ step: 'log', done, total }),
  })
  const { view, signatures, addenda } = replayed
  book.pass('log', `${view.size} entries hash to the checkpoint`)
  book.pass('addenda', `${addenda} contents have the digests that their entries name`)
  book.pass('entries', `${view.size} entries hold ${view.events} events, each in its one encoding`)
  book.pass('signatures', `${signatures} signatures hold`)
  book.pass('rules', `every entry may follow those before it`)
  book.pass(
    'view',
    `${view.members.size} members, ${view.contributions.size} contributions, ${view.rounds.length} rounds`,
  )
  book.pass('time', 'never decreasing')
  return replayed
}

/** Its bytes are a function of the log and of the chain's proof. */
function checkManifest({ bytes, fields }: ManifestFile, view: View, proven: ProvenChain | undefined): void {
  const block = proven && { number: Number(proven.block.number), hash: proven.block.hash }
  const expected = manifestOf(view, block)
  // Without a proof that holds there is nothing to compare its block with, and the chain's own step has failed.
  const unproven = view.chain !== undefined && proven === undefined
  const manifest = unproven ? { ...expected, chain: fields['chain'] as Manifest['chain'] } : expected
  if (equalBytes(encodeManifest(manifest), bytes)) return
  const place = firstDifference(manifest, fields, MANIFEST_PATH)
  if (place === undefined) throw new Mismatch(MANIFEST_PATH, 'the canonical encoding', 'another encoding')
  throw new Mismatch(place.where, place.expected, place.found)
}

function checkRules(book: StepBook, view: View, mine: string | undefined): void {
  const { version, digest } = view.rules as NonNullable<View['rules']>
  if (mine !== undefined && mine !== digest) {
    book.attest('manifest', `the log names rules ${digest}; this audit ran rules ${mine}`)
  }
  book.pass('manifest', `format 1, community ${view.community}, rules ${version}`)
}

/** What no replay can prove: it is counted, and the report says whose word it is. */
function declareAttested(book: StepBook, view: View, { rounds }: RoundAudit): void {
  let drawn = 0
  let gold = 0
  let committed = 0
  for (const round of rounds) {
    drawn += round.drawn
    gold += round.gold
    committed += round.committed
  }
  let imported = 0
  for (const { importer } of view.contributions.values()) if (importer !== undefined) imported++
  const words: readonly (readonly [name: string, count: number, what: string, reason: string])[] = [
    [
      'draws',
      drawn,
      'reviewers drawn by lot, as recomputed',
      'no beacon: who orders the log could have tried orders',
    ],
    [
      'gold',
      gold,
      `of ${committed} gold answers that were committed before the reviews`,
      "the organisers' word",
    ],
    ['imports', imported, 'imported contributions', "the importer's word"],
  ]
  for (const [name, count, what, reason] of words) {
    if (count === 0) continue
    book.declare([name], reason)
    book.pass(name, `${count} ${what}`)
  }
}
