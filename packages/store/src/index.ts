export type { ArtifactStore } from './artifacts.ts'
export { type Blobs, openBlobs } from './blobs.ts'
export type { BlockCommit, BlockStore, Outbox, OutboxRow } from './chain-store.ts'
export type { ConnectionConfig } from './connection.ts'
export { type HomeLock, type HomeLockOptions, lockHome } from './home-lock.ts'
export type { AppendAlso, AppendEntry, LogLease } from './lease.ts'
export type { AddendaStore, Addendum, Checkpoint, LogEntry, LogStore } from './log.ts'
export { makeFolder } from './make-folder.ts'
export { openStore, type Store } from './open-store.ts'
export {
  openPostgres,
  type PostgresOptions,
  type PostgresServer,
  removePostgres,
} from './postgres/open-postgres.ts'
export { socketFits } from './postgres/placement.ts'
export { createSequencer, type Decision, type Sequencer, type SequencerOptions } from './sequencer.ts'
