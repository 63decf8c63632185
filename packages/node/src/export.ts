/**
 * The export (docs/spec/export.md): everything that a stranger needs to recompute what the community claims, as plain
 * files. The manifest is written last, so a folder without one is unfinished, and doing it again finishes it.
 */
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  CHAIN_PROOF_PATH,
  type ChainBlock,
  depositsProofPath,
  encodeManifest,
  logPath,
  MANIFEST_PATH,
  type Manifest,
  manifestOf,
  payoutsPath,
  statementPath,
} from '@commonhold/audit'
import { type ChainAddresses, type ChainProof, exportChainProof } from '@commonhold/chain'
import { compareText, equalBytes, ProtocolError, utf8, type View } from '@commonhold/protocol'
import { makeFolder } from '@commonhold/store'
import { addendaPath, entriesPath, TILE_WIDTH, tilePath } from '@commonhold/tlog'
import type { Hex } from 'viem'
import { packOf } from './addenda-packs.ts'
import type { ChainSide } from './chain-side.ts'
import type { Community } from './community.ts'
import { writeDurably } from './home.ts'
import { readArtifact, readPayouts } from './round-artifacts.ts'

export type ExportProgress = (done: number, total: number) => void

/** Marks a folder as ours while the manifest is not there yet. */
const UNFINISHED_PATH = 'unfinished.json'
/** Files written at a time: their fsyncs share the disk's. */
const AT_ONCE = 8

type ExportFile = {
  readonly path: string
  /** Undefined for a file that there cannot be. */
  readonly content: () => Promise<Uint8Array | undefined> | Uint8Array
}

/**
 * Writes the whole log, every round's statement and payouts, and proofs of the chain's state, into `folder`.
 *
 * @throws {ProtocolError} `home.exists` for a folder that holds something else; `community.foreign` for one that holds
 *   another community's export; `chain.*` when the chain cannot prove a block.
 */
export async function exportHome(
  community: Community,
  chain: ChainSide,
  folder: string,
  onProgress: ExportProgress = () => undefined,
): Promise<Manifest> {
  const { view, note } = await published(community)
  const id = view.community
  if (id === undefined) throw new ProtocolError('event.out_of_order', 'the community is not founded yet')
  await claimFolder(folder, id)
  const files = [...logFiles(community, view.size, note), ...roundFiles(community, view)]
  const block = await chainFiles(community, chain, view, files)
  const manifest = manifestOf(view, block)
  let done = 0
  await inParallel(files, async (file) => {
    await writeFile(folder, file)
    onProgress(++done, files.length)
  })
  await syncFolders(folder, files)
  writeDurably(join(folder, MANIFEST_PATH), encodeManifest(manifest))
  await rm(join(folder, UNFINISHED_PATH), { force: true })
  return manifest
}

type Snapshot = { readonly view: View; readonly note: string }

/** The view as of a signed checkpoint: others may be writing meanwhile. */
async function published(community: Community): Promise<Snapshot> {
  for (;;) {
    await community.publish()
    const checkpoint = await community.store.log.checkpoint()
    const { view } = community
    if (checkpoint !== undefined && checkpoint.size === view.size)
      return { view: { ...view, rounds: view.rounds.map((round) => ({ ...round })) }, note: checkpoint.note }
  }
}

/** @throws {ProtocolError} unless the folder is new, empty, or an export of this community, finished or not. */
async function claimFolder(folder: string, community: string): Promise<void> {
  makeFolder(folder)
  const names = await readdir(folder)
  if (names.length > 0) {
    const owner = (await ownerOf(folder, MANIFEST_PATH)) ?? (await ownerOf(folder, UNFINISHED_PATH))
    if (owner === undefined) {
      throw new ProtocolError(
        'home.exists',
        `${folder} is not empty and holds no export; name a new or empty folder`,
      )
    }
    if (owner !== community)
      throw new ProtocolError(
        'community.foreign',
        `${folder} holds the export of another community, ${owner}`,
      )
  }
  writeDurably(join(folder, UNFINISHED_PATH), JSON.stringify({ community }))
  await rm(join(folder, MANIFEST_PATH), { force: true })
}

async function ownerOf(folder: string, name: string): Promise<string | undefined> {
  try {
    const { community } = JSON.parse(await readFile(join(folder, name), 'utf8')) as { community?: unknown }
    return typeof community === 'string' ? community : undefined
  } catch {
    return undefined
  }
}

/** Exactly the files of the tree of this size: partial tiles of earlier sizes stay behind. */
function logFiles(community: Community, size: number, note: string): ExportFile[] {
  const { log, home } = community
  const files: ExportFile[] = [
    { path: logPath('checkpoint'), content: () => utf8(note) },
    { path: logPath('log.vkey'), content: () => utf8(`${log.vkeys.ed25519Vkey}\n`) },
    { path: logPath('log-p256.vkey'), content: () => utf8(`${log.vkeys.p256Vkey}\n`) },
  ]
  const add = (path: string): void => {
    files.push({ path: logPath(path), content: () => readFile(join(home.log, path)) })
  }
  for (let level = 0, count = size; count > 0; level++, count = Math.floor(count / TILE_WIDTH)) {
    for (let index = 0; index * TILE_WIDTH < count; index++) {
      const width = Math.min(TILE_WIDTH, count - index * TILE_WIDTH)
      add(tilePath(level, index, width))
      if (level > 0) continue
      add(entriesPath(index, width))
      // The next pack to be published deletes a partial one, and that may be while this runs.
      if (width === TILE_WIDTH) add(addendaPath(index, width))
      else
        files.push({
          path: logPath(addendaPath(index, width)),
          content: () => packOf(community.store, index, width),
        })
    }
  }
  return files
}

function roundFiles(community: Community, view: View): ExportFile[] {
  const closed = view.rounds.filter((round) => round.closed !== undefined)
  return closed.flatMap(({ round }) => [
    { path: statementPath(round), content: () => readArtifact(community, round, 'statement') },
    { path: payoutsPath(round), content: () => readArtifact(community, round, 'payouts') },
  ])
}

/** @returns the block of the main proof, where a chain is bound. */
async function chainFiles(
  community: Community,
  chain: ChainSide,
  view: View,
  files: ExportFile[],
): Promise<ChainBlock | undefined> {
  const { addresses } = chain
  if (view.chain === undefined || addresses === undefined) return undefined
  const block = await chain.latestBlock()
  const members = await paidMembers(community, view)
  files.push(proofFile(chain, addresses, CHAIN_PROOF_PATH, block, members))
  for (const { round, closed } of view.rounds) {
    if (closed === undefined) continue
    const file = proofFile(chain, addresses, depositsProofPath(round), closed.block, [])
    files.push(view.chain.practice ? file : ifProvable(file))
  }
  return block
}

function proofFile(
  { connection }: ChainSide,
  addresses: ChainAddresses,
  path: string,
  { number, hash }: ChainBlock,
  members: readonly Hex[],
): ExportFile {
  return {
    path,
    content: async () => {
      const proof: ChainProof = await exportChainProof(connection.client, {
        addresses,
        block: BigInt(number),
        members,
      })
      if (proof.blockHash !== hash)
        throw new ProtocolError('chain.rejected', `block ${number} of the chain is not ${hash} any more`)
      return utf8(JSON.stringify(proof))
    },
  }
}

/** Other people's nodes forget old states, and an export without that proof says so; a practice chain keeps them all. */
const ifProvable = ({ path, content }: ExportFile): ExportFile => ({
  path,
  content: async () => {
    try {
      return await content()
    } catch (error) {
      if (error instanceof ProtocolError && error.code === 'chain.rejected') return undefined
      throw error
    }
  },
})

/** Everybody who could have claimed: leaves are cumulative, so the last round has them all. */
async function paidMembers(community: Community, view: View): Promise<readonly Hex[]> {
  const ids = new Set<string>(view.claims.keys())
  for (const { round, closed } of view.rounds) {
    if (closed !== undefined) for (const { member } of await readPayouts(community, round)) ids.add(member)
  }
  return Array.from(ids)
    .sort(compareText)
    .map((id): Hex => `0x${id}`)
}

/** Whole or not at all. A file that is there with the same bytes stays: it is what an interrupted export wrote. */
async function writeFile(folder: string, { path, content }: ExportFile): Promise<void> {
  const target = join(folder, path)
  const bytes = await content()
  if (bytes === undefined || (await holds(target, bytes))) return
  await mkdir(dirname(target), { recursive: true })
  const temporary = `${target}.${process.pid}.new`
  const handle: FileHandle = await open(temporary, 'w')
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(temporary, target)
}

async function holds(path: string, bytes: Uint8Array): Promise<boolean> {
  try {
    return equalBytes(await readFile(path), bytes)
  } catch {
    return false
  }
}

/** After a failure nothing new begins, and nothing is under way when it is thrown. */
async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values()
  let failed = false
  const lane = async (): Promise<void> => {
    for (let next = rest.next(); !next.done && !failed; next = rest.next()) {
      try {
        await work(next.value)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const lanes = await Promise.allSettled(Array.from({ length: AT_ONCE }, lane))
  for (const outcome of lanes) if (outcome.status === 'rejected') throw outcome.reason
}

/** Names are durable only once their folders are. */
async function syncFolders(folder: string, files: readonly ExportFile[]): Promise<void> {
  const folders = new Set([folder])
  for (const { path } of files) {
    for (let at = dirname(join(folder, path)); at !== folder; at = dirname(at)) folders.add(at)
  }
  for (const one of folders) {
    const handle = await open(one, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  }
}
