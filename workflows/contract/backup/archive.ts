import type { ClusterName, PeerId, RunId, SnapshotName, TableName } from '../names.ts';
import type { RunRef } from '../step-data.ts';
import type { OperationPlan, RootRef } from './plans.ts';
import type { BackupId } from './record.ts';

/** WALs in a backup root, and what of them is known: the second half of a restore to a second (hazards 41–51). */

/** What a tick holds its archive for. WARNING: in leases of runs in flight, which the next tick tells them by. */
export function tickPurpose(set: string): string {
  return `archive of ${set}`;
}

export interface ArchiveRequest {
  cluster: ClusterName;
  /** Names and patterns as given. */
  tables: string[];
  root: string;
  set: string;
  /** So far back an instant can be restored. */
  windowMs: number;
}

export interface StopArchiveRequest {
  cluster: ClusterName;
  root: string;
  set: string;
  /** Also delete what is archived. */
  dropWals: boolean;
}

/** One tick of a set's archive, or its end. */
export interface ArchiveRunPlan extends OperationPlan {
  operation: 'archive';
  set: string;
  /** Whose record on the cluster names the holder peers: it outlives the tick, until the archive is stopped. */
  archiveRunId: RunId;
}

export interface ArchivePlan extends ArchiveRunPlan {
  request: ArchiveRequest;
  /** What the patterns stand for now. */
  watched: TableName[];
}

export interface StopArchivePlan extends ArchiveRunPlan {
  request: StopArchiveRequest;
}

/** One WAL of the archive. WARNING: in users' backup roots; only add optional fields. */
export interface ArchivedWal {
  formatVersion: 1;
  clusterId: string;
  server: string;
  name: string;
  group: string;
  /** Server's clock, from the name. */
  startedMs: number;
  entries: number;
  /** Server's clock at its writes; absent when nothing is in it. */
  firstMs?: number;
  lastMs?: number;
  tables: ArchivedWalTable[];
  bytes: number;
  sha256: string;
}

export interface ArchivedWalTable {
  table: TableName;
  edits: number;
  firstMs: number;
  lastMs: number;
  bulkLoadFiles: number;
  /** Encoded names of regions that opened or closed while it was written. */
  opened: string[];
  closed: string[];
}

/**
 * What one tick has seen and proven. Times are server clocks. WARNING: in users' backup roots; only add optional
 * fields.
 */
export interface ArchiveTick {
  formatVersion: 1;
  set: string;
  clusterId: string;
  /** ISO, the worker's clock; never before that of the tick it continues. */
  at: string;
  runId: RunId;
  workflowId: string;
  windowMs: number;
  tables: TableName[];
  /** Name of the tick that it goes on from; without, the chain begins anew. */
  continues?: string;
  /** Every edit of every server between these two is archived, together with the ticks that it continues. */
  coveredFromMs: number;
  coveredToMs: number;
  /** Why the chain begins anew, where it had begun before. */
  gap?: string[];
  breaks: ChainBreak[];
  /** The holder that goes on, and the WALs in its queues at the end. Absent where the disk is too full for one. */
  holder?: PeerId;
  held: HeldName[];
  servers: string[];
  /** WALs that had to be archived for `coveredToMs`, also those of an attempt before. */
  archived: HeldName[];
  bytes: number;
  /** Digest of what the tables were then (`TableLineage`). */
  lineage: string;
  /** No table had changed from it before this time. */
  lineageMs: number;
  unlogged: { server: string; mutations?: number }[];
  /** What nobody could see, in words. */
  blind: string[];
}

export interface HeldName {
  server: string;
  name: string;
  startedMs: number;
  /** Of an archived one that has entries. */
  lastMs?: number;
}

/** What a replay cannot cross: no gap in the WALs, but something that is not in them (hazard 41). */
export interface ChainBreak {
  table: TableName;
  kind: 'created' | 'dropped' | 're-created' | 'restored' | 'altered' | 'unlogged' | 'bulk-load';
  /** It happened between these two. */
  fromMs: number;
  toMs: number;
  why: string;
}

/** What a table was at a tick. */
export interface TableLineage {
  table: TableName;
  /** Names of the families, sorted. */
  families: string[];
  /** Of the whole descriptor. */
  descriptor: string;
  /** File of the descriptor in the table's folder, which a change writes anew; absent where it cannot be listed. */
  descriptorFile?: string;
  /** Encoded names, sorted. */
  regions: string[];
}

/** Instants that a table can be restored to, ends included. */
export interface RestorableInterval {
  fromMs: number;
  toMs: number;
  /** Newest first. */
  bases: BackupId[];
  /** Why it goes no further. */
  endsBy: string;
}

/** What `listInstants` answers. */
export interface ArchiveOverview {
  set: string;
  windowMs: number;
  /** ISO; absent before the first tick. */
  lastTickAt?: string;
  tables: { table: TableName; intervals: RestorableInterval[] }[];
  /** Stretches without a gap, oldest first, and why each of them ends. */
  spans: { fromMs: number; toMs: number; endsBy: string }[];
  neededBases: BackupId[];
  wals: number;
  bytes: number;
  /** Peers that hold WALs for it now. */
  holders: PeerId[];
  damaged: { path: string; why: string }[];
}

export interface HolderInput {
  run: RunRef;
  plan: ArchivePlan;
}

/** The holders of a tick: the oldest is rotated out, the next one goes on. */
export interface OpenedHolders {
  /** Absent: nothing was held before, or what was held is lost. */
  oldest?: PeerId;
  next?: PeerId;
  /** Every WAL that was written at or after this time is held by `next`. */
  heldFromMs: number;
  gap?: string[];
  /** What is said about the disk. */
  warning?: string;
}

export interface RolledHolders extends OpenedHolders {
  /** Everything written before it is in WALs that are closed. */
  closedToMs: number;
}

export interface ArchivedWals {
  archived: HeldName[];
  bytes: number;
  newBytes: number;
  /** What was not closed in time, or was nowhere. */
  missing: string[];
  lost: string[];
}

export interface RecordTickInput extends HolderInput {
  holders: RolledHolders;
  wals: ArchivedWals;
}

export interface RecordedTick {
  tick: string;
  coveredFromMs: number;
  coveredToMs: number;
  gap?: string[];
  breaks: ChainBreak[];
  blind: string[];
  /** The chain of a table has ended, and did not at the tick before: a base is to be taken. */
  needsBase: boolean;
}

export interface ExpiredWals {
  wals: number;
  bytes: number;
  /** Nothing before it can be replayed any more. */
  horizonMs: number;
}

/** What `archiveWals` answers. */
export interface ArchiveReport extends RecordedTick {
  set: string;
  root: string;
  archivedWals: number;
  newBytes: number;
  expired: ExpiredWals;
  notices: string[];
  durationMs: number;
}

/** What `stopArchive` answers. */
export interface StopArchiveReport {
  set: string;
  root: string;
  removedHolders: PeerId[];
  droppedWals: number;
}

/** One table brought to an instant in a scratch table. */
export interface ReplayInput {
  run: RunRef;
  root: RootRef;
  set: string;
  backupId: BackupId;
  /** As it is called in the WALs. */
  from: TableName;
  /** Where it is replayed into. */
  scratch: TableName;
  toMs: number;
}

export interface ReadyScratchInput {
  run: RunRef;
  scratch: TableName;
  /** The base, as it was imported. */
  snapshot: SnapshotName;
}

export interface ReplayedWals {
  wals: number;
  bytes: number;
  /** Entries of all tables that were read. */
  entries: number;
  /** Edits of this table in the WALs that were read, also those after the instant. */
  edits: number;
}
