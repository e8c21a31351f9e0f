import type { ClusterName, RunId, SnapshotName, TableName } from '../names.ts';
import type { Finding } from '../plan.ts';
import type { BackupId, ContentDigest } from './record.ts';
import type { BackupRequest, DrillRequest, ExpiryRequest, RestoreRequest, RetentionDecision } from './requests.ts';

/** What a run beside a migration is for. WARNING: in run records of runs in flight. */
export type OperationKind = 'backup' | 'restore' | 'drill' | 'expiry' | 'archive' | 'export' | 'import';

/** A backup root: its name in the clusters file and what the name stood for when the run was planned. */
export interface RootRef {
  name: string;
  /** Full URI without trailing slash. */
  uri: string;
}

/**
 * What every run on one cluster and one root has minted and stored before its first write. A migration has
 * `MigrationPlan` instead.
 */
export interface OperationPlan {
  formatVersion: 1;
  operation: OperationKind;
  runId: RunId;
  workflowId: string;
  createdAt: string;
  cluster: OperationCluster;
  root: RootRef;
  tables: { table: TableName; snapshot: SnapshotName }[];
  /** Tables that no other run may work on meanwhile. */
  claims?: TableName[];
  /** Digest of the clusters file without secrets; a worker whose file differs refuses the step. */
  inventoryDigest: string;
  /** sha256 over everything above. */
  digest: string;
}

export interface OperationCluster {
  name: ClusterName;
  clusterId: string;
  version: string;
  /** `hbase.rootdir`. */
  rootDir: string;
}

export interface BackupPlan extends OperationPlan {
  operation: 'backup';
  backupId: BackupId;
  request: BackupRequest;
  /** ISO; when the schedule meant it to start. */
  nominalAt?: string;
  tables: PlannedBackupTable[];
  findings: Finding[];
}

export interface PlannedBackupTable {
  table: TableName;
  snapshot: SnapshotName;
  /** Store files as the servers report them, for progress. */
  sizeBytes: number;
}

export interface RestorePlan extends OperationPlan {
  operation: 'restore';
  request: RestoreRequest;
  backupId: BackupId;
  tables: PlannedRestore[];
  claims: TableName[];
  /** Folder for readings of what was imported; absent where the home folder is on another file system than the root. */
  scratchUri?: string;
  /** Where the backup is only the base of. */
  instant?: PlannedInstant;
  findings: Finding[];
}

/** A point in time that archived WALs lead to. */
export interface PlannedInstant {
  set: string;
  toMs: number;
  /** Server clock; WALs are replayed from here on. */
  fromMs: number;
  wals: number;
  bytes: number;
  /** Of this run alone: where tables are brought to the instant. */
  namespace: string;
}

/** One table of a backup, and what becomes of it. */
export interface PlannedImport {
  /** As it is called on the cluster. */
  table: TableName;
  /** As it is called in the backup. */
  from: TableName;
  /** Name in the backup root. */
  exported: SnapshotName;
  /** The run's own name of it on the cluster. */
  snapshot: SnapshotName;
  sizeBytes: number;
  /** What the backup recorded of its cells. */
  content?: ContentDigest;
}

export interface PlannedRestore extends PlannedImport {
  before: 'absent' | 'exists';
  /** Taken of the table that is overwritten; the name is minted whether it exists or not. */
  failsafe: SnapshotName;
  /** With an instant: the scratch table, and its snapshot once it is there, which is published instead of the base. */
  instant?: { scratch: TableName; snapshot: SnapshotName };
}

export interface DrillPlan extends OperationPlan {
  operation: 'drill';
  request: DrillRequest;
  backupId: BackupId;
  /** Of this run alone; goes with everything in it. */
  namespace: string;
  tables: PlannedImport[];
  findings: Finding[];
}

export interface ExpiryPlan extends OperationPlan {
  operation: 'expiry';
  request: ExpiryRequest;
  /** As the root was then; the run decides again once it is alone in the root. */
  decisions: RetentionDecision[];
  /** Between the move to the trash and the second look, ms. */
  graceMs: number;
}
