import type { FailureDetails } from './failures.ts';
import type { ClusterName, FamilyName, PeerId, RunId, SnapshotName, TableName } from './names.ts';
import type { MigrationPlan, MigrationRequest, PlannedTable } from './plan.ts';
import type { HeldWals, ReplicationBacklog, VerificationVerdict } from './status.ts';

/**
 * Every activity by its name, with what goes in and comes out: the contract between workflows and activities.
 * One JSON object in. Optional fields only for growth.
 *
 * WARNING: these names (with the prefix `hbase.`) are in recorded histories; never rename one.
 */
export interface Steps {
  // --- before anything is written
  /** Parses, resolves patterns, looks at both clusters, mints every name. All problems at once; writes nothing. */
  planMigration(input: PlanMigrationInput): Promise<MigrationPlan>;
  /** The ordered steps with remote command, undo and idempotence test of each, for `plan`. */
  describePlan(input: { plan: MigrationPlan }): Promise<PlannedStep[]>;
  checkClusters(input: { clusters?: ClusterName[] }): Promise<ClusterCheck[]>;

  // --- the run record
  /** Opens the record on both clusters and claims every table, before the first other write. */
  claimRun(input: { plan: MigrationPlan }): Promise<StepResult>;
  /** Everything records on all clusters say, or of one run. */
  listRuns(input: { runId?: RunId }): Promise<RunOverview[]>;
  /**
   * Undoes, or completes, everything of one kind that the run noted on one cluster, in parallel, from the record
   * alone. Idempotent; the notes go when it is proven gone.
   */
  settleNotes(input: SettleNotesInput): Promise<SettledNotes>;
  /** What the record names and what our prefix finds on both sides. Empty means clean. */
  auditLeaks(input: { run: RunRef; outcome: Outcome }): Promise<AuditResult>;
  /** Releases the claims last and removes the record. */
  closeRun(input: { run: RunRef; outcome: Outcome }): Promise<StepResult>;

  // --- replication
  createMarkerTable(input: {
    run: RunRef;
    side: Side;
    table: TableName;
    splitKeys: string[];
    peerId: PeerId;
  }): Promise<StepResult>;
  /** Born disabled, read back. Note before write. */
  addPeer(input: { run: RunRef; peer: PeerRef }): Promise<StepResult>;
  /** Until every live server has the peer's queue with its current WAL of every group (hazards 11). */
  waitForPeerQueues(input: { run: RunRef; peerId: PeerId }): Promise<StepResult>;
  /** REPLICATION_SCOPE 1 on the families that lack it; returns when every region has reopened. */
  setReplicationScope(input: { run: RunRef; table: TableName; families: FamilyName[] }): Promise<StepResult>;
  /** Shrinks TABLE_CFS of the (disabled) peer: quarantined tables leave before it is enabled (hazards 1). */
  setPeerTables(input: { run: RunRef; peer: PeerRef }): Promise<StepResult>;
  enablePeer(input: { run: RunRef; peerId: PeerId }): Promise<StepResult>;
  /** Disables, and waits until the batch in flight has landed. */
  disablePeer(input: { run: RunRef; peerId: PeerId }): Promise<StepResult>;
  /** Until the backlog is down to the WALs being written and a probe row has arrived. */
  waitForCatchUp(input: { run: RunRef; peerIds: PeerId[]; markerTable: TableName }): Promise<ReplicationBacklog>;
  /** Mints names for another try at one table after the peer has shipped, and notes them. */
  mintRetry(input: {
    run: RunRef;
    table: TableName;
    attempt: number;
  }): Promise<{ peerId: PeerId; snapshot: SnapshotName }>;

  // --- one table's bootstrap
  takeSnapshot(input: {
    run: RunRef;
    table: TableName;
    snapshot: SnapshotName;
  }): Promise<StepResult & { bytes: number; files: number }>;
  exportSnapshot(input: CopyInput): Promise<CopyResult>;
  /** DistCp (or JindoDistCp) of the staging folder to the target's side, run on the target's gateway. */
  transferStaging(input: CopyInput): Promise<CopyResult>;
  /** ExportSnapshot `-copy-from` staging, run on the target's gateway. */
  importSnapshot(input: CopyInput): Promise<CopyResult>;
  /** Namespace; clone, or disable → restore → enable of a table that is ours or empty; scope back; tombstones held. */
  restoreTable(input: RestoreTableInput): Promise<StepResult>;

  // --- proof
  compareTable(input: CompareTableInput): Promise<VerificationVerdict>;
  /** Digest of what an approver sees. */
  sealEvidence(input: { evidence: unknown }): Promise<{ digest: string }>;
  /** Heartbeats what it sees and returns when a decision changes: disk, schema drift, bulk loads, foreign changes. */
  watchRun(input: WatchRunInput): Promise<WatchEvent>;

  // --- cutover
  /** Refuses what cannot fit: predicted fence + drain + unfence against the bound (hazards 15). */
  predictCutover(input: {
    run: RunRef;
    tables: PlannedTable[];
    request: MigrationRequest;
    peerIds: PeerId[];
  }): Promise<CutoverForecast>;
  checkClientSwitch(input: { run: RunRef; command: string; tables?: TableName[] }): Promise<StepResult>;
  /** Detached on the source's gateway; returns when it is ready and watching the mark. */
  startFenceGuard(input: FenceInput & { deadlineMs: number }): Promise<StepResult>;
  stopFenceGuard(input: { run: RunRef; epoch: number }): Promise<StepResult>;
  /** Fences all tables in parallel and proves it per region. Notes the old value first; looks at the mark first. */
  fenceTables(input: FenceInput): Promise<FenceResult>;
  unfenceTables(input: FenceInput): Promise<FenceResult>;
  /** Sentinels, roll, and the proof of hazards 2, twice; sentinels read on the target. */
  proveDrained(input: ProveDrainedInput): Promise<DrainProof>;
  /** Until every target server's clock has passed the newest source clock (hazards 6). */
  waitForClocks(input: {
    run: RunRef;
    markerTable: TableName;
  }): Promise<{ sourceClockMs: number; targetClockMs: number }>;
  /** All tables, inside the fence: small ones whole, others by the rows touched since their last proof. */
  compareInsideFence(input: CompareInsideFenceInput): Promise<VerificationVerdict[]>;
  /** POINT OF NO RETURN: create-if-absent; the answer is the winner, which the workflow obeys. */
  setMark(input: {
    run: RunRef;
    epoch: number;
    decision: 'cut-over' | 'unfence';
    by: string;
  }): Promise<{ decision: 'cut-over' | 'unfence'; by: string }>;
  /** Switches back, and a probe written to and read from the marker table on the target. */
  openTarget(input: { run: RunRef; markerTable: TableName; tables: TableName[] }): Promise<StepResult>;
  switchClients(input: { run: RunRef; command: string; tables: TableName[] }): Promise<StepResult>;
  /** Lifts the fence that a finished migration left on the source, by name. */
  liftFence(input: { cluster: ClusterName; table: TableName }): Promise<StepResult>;
}

export type StepName = keyof Steps;

/** `changed: false`: it was so already. */
export interface StepResult {
  changed: boolean;
  detail?: string;
}

export type Side = 'source' | 'target';
export type Outcome = 'completed' | 'undone';

/** What every step must know of its run; small, since it is in every event. */
export interface RunRef {
  runId: RunId;
  workflowId: string;
  source: ClusterName;
  target: ClusterName;
  inventoryDigest: string;
}

export interface PeerRef {
  id: PeerId;
  /** The target, `quorum:port:znode`. */
  clusterKey: string;
  tables: { table: TableName; families: FamilyName[] }[];
}

export interface PlanMigrationInput {
  /** As the user gave it; undefined when started with an empty input. */
  request: unknown;
  workflowId: string;
}

/** One line of `temporal-hbase plan`. */
export interface PlannedStep {
  step: StepName;
  cluster: ClusterName;
  table?: TableName;
  summary: string;
  /** The exact remote command, or the Admin call the agent makes. */
  command: string;
  undo: string;
  /** How the step sees that it has been done already. */
  doneWhen: string;
}

export interface ClusterCheck {
  cluster: ClusterName;
  host?: string;
  /** e.g. `version`, `clock skew`, `dead servers`. */
  fact: string;
  value: string;
  level: 'OK' | 'WARN' | 'FAILED';
  fix?: string;
}

/**
 * What is created, in the order of creation; `settleNotes` is called in the order of hazards 20.
 * WARNING: folder names in run records; never rename one.
 */
export const NOTE_KINDS = [
  'namespace',
  'marker-table',
  'peer',
  'scope',
  'snapshot',
  'staging',
  'imported-snapshot',
  'target-table',
  'purge-hold',
  'fence',
  'guard',
  'job',
] as const;
export type SettledKind = (typeof NOTE_KINDS)[number];

export interface SettleNotesInput {
  run: RunRef;
  side: Side;
  kind: SettledKind;
  /** `completed`: target tables and namespaces stay, the source's fence stays as a named residue. */
  outcome: Outcome;
  /** Only with `undone`: also drop target tables this run created. Otherwise they are kept and labelled stale. */
  dropTargetTables?: boolean;
  dryRun?: boolean;
}

export interface SettledNotes {
  settled: { subject: string; action: string }[];
  kept: { subject: string; why: string; command: string }[];
}

export interface RunOverview {
  run: RunRef;
  /** Missing when the record is damaged. */
  plan?: MigrationPlan;
  notes: { side: Side; kind: SettledKind; subject: string; at: string }[];
  claims: { side: Side; table: TableName }[];
  marks: { epoch: number; decision: 'cut-over' | 'unfence'; by: string; at: string }[];
}

export interface AuditResult {
  /** Things of this run that are still there, each with cluster and kind: must be empty. */
  leaks: string[];
  /** Differences that are not ours: listed, untouched. */
  foreign: string[];
  residues: { cluster: ClusterName; what: string; command: string }[];
}

export interface CopyInput {
  run: RunRef;
  table: TableName;
  snapshot: SnapshotName;
  /** Raised for another try on purpose; a retry of the same generation attaches. */
  generation: number;
  mappers: number;
  bandwidthMb: number;
  totalBytes: number;
  /** Root the files come from, and go to. */
  fromRoot: string;
  toRoot: string;
}

export interface CopyResult {
  changed: boolean;
  copiedBytes: number;
  skippedFiles: number;
  /** How equality of files was decided. */
  checksum: 'file-checksum' | 'composite-crc' | 'length-only';
  durationMs: number;
}

export interface RestoreTableInput {
  run: RunRef;
  table: PlannedTable;
  snapshot: SnapshotName;
  /** True when the run restored this table before: disable → restore → enable without asking whether it is empty. */
  again: boolean;
}

export interface CompareTableInput {
  run: RunRef;
  table: PlannedTable;
  level: 'cells' | 'rows';
  scope: 'table' | 'window';
  /** Source clock: start of the window. */
  sinceMs?: number;
  method: 'agents' | 'verify-replication';
  peerId: PeerId;
  showKeys: boolean;
  /** True inside the fence: the first look counts, nothing is recompared for long. */
  exact: boolean;
}

export interface CompareInsideFenceInput {
  run: RunRef;
  tables: { table: PlannedTable; sinceMs: number; cells: number }[];
  level: 'cells' | 'rows';
  fullInsideFenceCells: number;
  showKeys: boolean;
}

export interface WatchRunInput {
  run: RunRef;
  peerIds: PeerId[];
  tables: PlannedTable[];
  /** From here bulk loads and unlogged writes count. */
  sinceMs: number;
  unloggedMutationsBefore?: number;
  /** Event keys that were reported already. */
  seen: string[];
}

export type WatchEvent = {
  /** Stable key for `seen`. */
  key: string;
  kind:
    | 'disk-warning'
    | 'disk-hold'
    | 'schema-changed'
    | 'peer-changed'
    | 'bulk-load'
    | 'unlogged-writes'
    | 'table-dropped';
  table?: TableName;
  message: string;
  heldWals?: HeldWals;
};

/** What `watchRun` and the long copies heartbeat; the command line reads it from pending activities. */
export interface StepProgress {
  step: string;
  table?: TableName;
  phase: string;
  done?: number;
  total?: number;
  unit?: 'bytes' | 'rows' | 'cells' | 'wals' | 'regions';
  heldWals?: HeldWals;
  backlog?: ReplicationBacklog;
  at: string;
}

export interface CutoverForecast {
  fits: boolean;
  predictedPauseMs: number;
  predictedUnfenceMs: number;
  /** From the guard's readiness to its unfence. */
  guardDeadlineMs: number;
  reason: string;
}

export interface FenceInput {
  run: RunRef;
  epoch: number;
  fence: MigrationRequest['cutover']['fence'];
  /** Named command of an application fence. */
  command?: string;
  tables: { table: TableName; readOnlyBefore: boolean }[];
}

export interface FenceResult {
  changed: boolean;
  /** Source clock after the proof. */
  provenAtMs: number;
  regions: number;
}

export interface ProveDrainedInput {
  run: RunRef;
  peerIds: PeerId[];
  markerTable: TableName;
  /** Unique value written as sentinel. */
  sentinel: string;
  timeLimitMs: number;
}

export interface DrainProof {
  /** WALs named at the roll, by server and group. */
  rolled: { server: string; group: string; wal: string }[];
  passes: { at: string; servers: string[]; wals: number }[];
  sentinels: number;
  durationMs: number;
}

/** `details[0]` of every `ApplicationFailure` a step throws; `type` is the code. */
export type StepFailureDetails = FailureDetails;
