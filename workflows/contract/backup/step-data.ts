import type { ClusterName, SnapshotName, TableName } from '../names.ts';
import type { CopyInput, CopyResult, RunRef } from '../step-data.ts';
import type { ReplayedWals } from './archive.ts';
import type { BackupPlan, DrillPlan, PlannedImport, PlannedRestore, RestorePlan, RootRef } from './plans.ts';
import type { BackupId, BackupSummary, ContentDigest, DamagedBackup, DrillResult } from './record.ts';
import type { ExpiryRequest, RetentionDecision } from './requests.ts';

/** What goes into the steps of backups and comes out of them. */

/** A root by its name in the clusters file, and the cluster whose gateway reads it. */
export interface CataloguePlace {
  cluster: ClusterName;
  root: string;
}

export interface CatalogueSummary {
  /** Oldest first. */
  backups: BackupSummary[];
  damaged: DamagedBackup[];
  /** Sets that have archived WALs in the root. */
  archives?: string[];
}

export interface PlanOperationInput {
  /** As the user gave it; undefined when started with an empty input. */
  request: unknown;
  workflowId: string;
  /** ISO; when a schedule meant the run to start. */
  nominalAt?: string;
}

export interface HoldRootInput {
  run: RunRef;
  root: RootRef;
  /** Exports go side by side; `exclusive` is alone in the root (hazard 39). */
  mode: 'export' | 'exclusive';
  /** Instead of the root: the archive of this set, so that one tick comes after the other. */
  archive?: string;
  /** Instead of the root: this chain of exports, which one at a time extends. */
  chain?: string;
  /** In words, for whoever waits. */
  purpose: string;
}

export interface SourceClocks {
  /** Of all live servers, ms. */
  oldestMs: number;
  newestMs: number;
}

export interface ExportToRootInput extends CopyInput {
  /** Tells, when the run has died, whether a sealed record names the export. */
  backupId: BackupId;
}

export interface DigestExportInput {
  run: RunRef;
  table: TableName;
  snapshot: SnapshotName;
  root: RootRef;
  /** Where the links for the reading are made; beside the root without. */
  scratchUri?: string;
  /** What was imported has to be this; what is not is looked for in the backup root, and recorded when it is there. */
  recorded?: RecordedContent;
}

export interface RecordedContent {
  root: RootRef;
  backupId: BackupId;
  /** Table and export as the backup has them. */
  from: TableName;
  exported: SnapshotName;
  content: ContentDigest;
}

export interface ExportedTable {
  table: TableName;
  snapshot: SnapshotName;
  copied: CopyResult;
  content?: ContentDigest;
}

export interface SealBackupInput {
  run: RunRef;
  plan: BackupPlan;
  /** Before the first snapshot, and after the last one. */
  clocks: { before: SourceClocks; after: SourceClocks };
  exported: ExportedTable[];
  failed: { table: TableName; code: string; message: string }[];
}

export interface SealedBackup {
  backupId: BackupId;
  bytes: number;
  newBytes: number;
  files: number;
  skippedFiles: number;
  /** sha256 of the record. */
  digest: string;
}

/** What `backUpTables` answers. */
export interface BackupReport extends SealedBackup {
  set: string;
  root: string;
  tables: TableName[];
  failed: SealBackupInput['failed'];
  durationMs: number;
}

export interface CheckBackupInput {
  run: RunRef;
  root: RootRef;
  backupId: BackupId;
  /** As they are called in the backup. */
  tables: TableName[];
}

export interface ImportFromRootInput extends CopyInput {
  /** Name in the root; `snapshot` is what it becomes. */
  exported: SnapshotName;
}

export interface PublishRestoreInput {
  run: RunRef;
  root: RootRef;
  backupId: BackupId;
  table: PlannedRestore;
}

export interface PublishScratchInput {
  run: RunRef;
  namespace: string;
  table: PlannedImport;
  /** The table is published from it later: cells expire as they always would, and no region splits. */
  keepTtl?: boolean;
}

export interface CompareScratchInput {
  run: RunRef;
  root: RootRef;
  backupId: BackupId;
  table: PlannedImport;
  /** As recorded, or as the exported files have it now. */
  content: ContentDigest;
}

export interface ComparedTable {
  rows: number;
  cells: number;
  /** In words; empty when nothing differs. */
  differences: string[];
}

export interface RecordRestoreInput {
  run: RunRef;
  plan: RestorePlan;
  /** ISO; equal for every attempt, so that the event is written once. */
  at: string;
}

export interface RecordProofInput {
  run: RunRef;
  plan: DrillPlan;
  drill: Omit<DrillResult, 'cluster'>;
}

/** What `restoreTables` answers. */
export interface RestoreReport {
  backupId: BackupId;
  root: string;
  cluster: ClusterName;
  tables: RestoredTable[];
  bytes: number;
  durationMs: number;
}

export interface RestoredTable {
  table: TableName;
  from: TableName;
  bytes: number;
  /** Really copied; files that the cluster had are not copied again. */
  copiedBytes: number;
  /** Of the cells with what the backup recorded, before the table was published. */
  compared: 'equal' | 'not-compared';
  /** Why it was not compared. */
  why?: string;
  /** What was replayed, with an instant. */
  replayed?: ReplayedWals;
  /** What it was before, for as long as this snapshot is kept. */
  failsafe?: SnapshotName;
}

/** What `testRestore` answers. */
export interface DrillReport extends DrillResult {
  backupId: BackupId;
  set: string;
  root: string;
  bytesPerSecond: number;
  tables: (ComparedTable & { table: TableName })[];
}

/** Steps of an expiry: everything they work on, they read from the root themselves. */
export interface ExpiryInput {
  run: RunRef;
  root: RootRef;
}

export interface DecideExpiryInput extends ExpiryInput {
  request: ExpiryRequest;
}

/** What an expiry has seen or moved. */
export interface ExpiryCounts {
  manifests: number;
  files: number;
  bytes: number;
}

export interface MovedToTrash {
  /** Why nothing of the root may go now, in words; nothing was moved then. */
  stops: string[];
  /** All that is in the trash now, also of expiries before this one. */
  inTrash: ExpiryCounts;
}

export interface EmptiedTrash {
  /** Why nothing of the trash may go now; nothing was deleted then. */
  stops: string[];
  putBack: number;
  freed: ExpiryCounts;
  /** Backups that have gone with it, also those that an expiry before this one had begun to expire. */
  expired: BackupId[];
}

/** What `expireBackups` answers. */
export interface ExpiryReport {
  root: string;
  set?: string;
  dryRun: boolean;
  decisions: RetentionDecision[];
  /** Backups that have gone, or would go. */
  expired: BackupId[];
  /** Deleted, or what would be. */
  freed: ExpiryCounts;
  /** Moved to the trash by an expiry, and needed after all. */
  putBack: number;
  /** Of a dry run: why an expiry would delete nothing now. */
  stops: string[];
  durationMs: number;
}
