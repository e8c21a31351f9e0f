import type { BackupSteps } from './backup/steps.ts';
import type { ClusterName, FamilyName, PeerId, RunId, SnapshotName, TableName } from './names.ts';
import type { MigrationPlan, MigrationRequest, PlannedTable } from './plan.ts';
import type { ReplicationBacklog, VerificationVerdict } from './status.ts';
import type { CompareTouchedInput, ProofWindow, TouchedVerdicts, WindowCost } from './proof-window.ts';
import type {
  StepResult,
  Side,
  Outcome,
  RunRef,
  PeerRef,
  PlanMigrationInput,
  PlannedStep,
  ClusterCheck,
  SettleNotesInput,
  SettledNotes,
  RunMarks,
  RunOverview,
  AuditResult,
  CopyInput,
  CopyResult,
  RestoreTableInput,
  CompareTableInput,
  CompareInsideFenceInput,
  WatchRunInput,
  WatchEvent,
  CutoverForecast,
  FenceInput,
  FenceResult,
  ProveDrainedInput,
  DrainProof,
} from './step-data.ts';

/**
 * Every activity by its name, with what goes in and comes out: the contract between workflows and activities.
 * One JSON object in. Optional fields only for growth.
 *
 * WARNING: these names (with the prefix `hbase.`) are in recorded histories; never rename one.
 */
export interface Steps extends BackupSteps {
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
  /** Which attempts were decided, and how: asked by whatever undoes or begins an attempt, since memory may be reset. */
  readMarks(input: { run: RunRef }): Promise<RunMarks>;
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
  /** Until the backlog is down to the WALs being written and a probe row, or without one a rolled WAL, has arrived. */
  waitForCatchUp(input: {
    run: RunRef;
    peerIds: PeerId[];
    markerTable?: TableName | undefined;
  }): Promise<ReplicationBacklog>;
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
    /** What the last window of the slowest table took outside of the fence. */
    windowCompareMs?: number;
    /** The WALs that the compare inside the fence will read, and what the last ones cost. */
    window?: WindowCost;
  }): Promise<CutoverForecast>;
  checkClientSwitch(input: { run: RunRef; command: string; tables?: TableName[] }): Promise<StepResult>;
  /** Detached on the source's gateway; returns when it is ready and watching the mark. */
  startFenceGuard(input: FenceInput & { deadlineMs: number }): Promise<StepResult>;
  stopFenceGuard(input: { run: RunRef; epoch: number }): Promise<StoppedGuard>;
  /** Fences all tables in parallel and proves it per region. Notes the old value first; looks at the mark first. */
  fenceTables(input: FenceInput): Promise<FenceResult>;
  /** The second half of `fence: disable`, between the compare and the mark; looks for bulk loads a last time. */
  disableTables(input: FenceInput): Promise<FenceResult>;
  unfenceTables(input: FenceInput): Promise<FenceResult>;
  /** Sentinels, roll, and the proof of hazards 2, twice; sentinels read on the target. */
  proveDrained(input: ProveDrainedInput): Promise<DrainProof>;
  /** Until every target server's clock has passed the newest source clock (hazards 6). */
  waitForClocks(input: {
    run: RunRef;
    markerTable?: TableName | undefined;
    /** Without a marker table the WALs that were rolled behind the fence tell the source's clocks. */
    peerIds?: PeerId[];
  }): Promise<{ sourceClockMs: number; targetClockMs: number }>;
  /**
   * Holds every WAL of both clusters from here on, for the next proof; closes what is written, and keeps the holder of
   * the window before.
   */
  openProofWindow(input: { run: RunRef; window: ProofWindow }): Promise<{ heldFromMs: number }>;
  /** All tables at once: the rows that the WALs of the window touch. Blind to no time that a client or HBase sets. */
  compareTouchedRows(input: CompareTouchedInput): Promise<TouchedVerdicts>;
  /** Lets go of every WAL of the run's windows but of those that holder `keep` holds. */
  closeProofWindow(input: { run: RunRef; keep: number }): Promise<StepResult>;
  /** All tables, inside the fence: small ones whole, others by the rows touched since their last proof. */
  compareInsideFence(input: CompareInsideFenceInput): Promise<VerificationVerdict[]>;
  /** POINT OF NO RETURN: create-if-absent; the answer is the winner, which the workflow obeys. */
  setMark(input: {
    run: RunRef;
    epoch: number;
    decision: 'cut-over' | 'unfence';
    by: string;
  }): Promise<{ decision: 'cut-over' | 'unfence'; by: string }>;
  /**
   * Switches back, and a probe written to and read from the marker table on the target; without one, every region takes
   * a write that changes nothing.
   */
  openTarget(input: { run: RunRef; markerTable?: TableName | undefined; tables: TableName[] }): Promise<StepResult>;
  switchClients(input: { run: RunRef; command: string; tables: TableName[] }): Promise<StepResult>;
  /** Lifts the fence that a finished migration left on the source, by name. */
  liftFence(input: { cluster: ClusterName; table: TableName }): Promise<StepResult>;
}

export type StepName = keyof Steps;

export interface StoppedGuard extends StepResult {
  /** The guard gave writes back, so long after it was ready: by its own clock, which nobody sets. */
  openedAfterMs?: number;
}
