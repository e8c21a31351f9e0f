import type { OperationPlan } from './backup/plans.ts';
import type { FailureDetails } from './failures.ts';
import type { ClusterName, FamilyName, PeerId, RunId, SnapshotName, TableName } from './names.ts';
import type { MigrationPlan, MigrationRequest, PlannedTable } from './plan.ts';
import type { HeldWals, ReplicationBacklog } from './status.ts';
import type { StepName } from './steps.ts';

/** What goes into steps and comes out of them, beside the plan and the status. */

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
  /** Only to be looked at: warnings that nobody has accepted yet do not end it. */
  isPreview?: boolean;
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
  'root-export',
  'root-scratch',
  'root-lease',
  'restored-table',
  'scratch',
  'wal-holder',
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

/** `unknown`: Temporal has no workflow of this id (any more), or did not answer. */
export type WorkflowState = 'running' | 'ended' | 'unknown';

export interface RunOverview {
  run: RunRef;
  workflow: WorkflowState;
  /** Missing when the record is damaged. */
  plan?: MigrationPlan;
  /** Instead of `plan`, for a run on one cluster and a backup root. */
  operation?: OperationPlan;
  notes: { side: Side; kind: SettledKind; subject: string; at: string }[];
  claims: { side: Side; table: TableName }[];
  marks: { epoch: number; decision: 'cut-over' | 'unfence'; by: string; at: string }[];
}

/** What the run's record on the source says of cutover attempts. A reset of the workflow does not change it. */
export interface RunMarks {
  marks: RunOverview['marks'];
  /** Attempts whose guard was started, and was not seen to end. */
  guarded: number[];
  /** Tables that the run has fenced, and has not opened again. */
  fenced: TableName[];
  /** Peers of the run that were not removed yet. */
  peerIds: PeerId[];
  /** Nothing was noted on either cluster: there is nothing to undo but the claims. */
  isEmpty: boolean;
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
  /** Holder of the WALs since the last proof; absent in runs that began without: the rows are found by a scan. */
  window?: { held: number };
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
  /** Event keys that were reported already, and not taken back. */
  seen: string[];
  /** Look at everything now, and answer with all that is new, instead of watching on. */
  once?: boolean;
  /** Mutations without WAL, by server, that are proven already; without it those before the run. */
  unloggedFrom?: Record<string, number>;
}

export type WatchEvent = {
  /** Stable key for `seen`. */
  key: string;
  kind:
    | 'disk-warning'
    | 'disk-hold'
    | 'schema-changed'
    | 'peer-changed'
    | 'peer-lags'
    | 'marker-taken'
    | 'hfile-refs'
    | 'bulk-load'
    | 'unlogged-writes'
    | 'metrics-unreadable'
    | 'table-dropped'
    /** Looks of a kind failed, or took too long: what they would have shown is unknown. */
    | 'watch-blind'
    /** Everything was looked at; what is new is in `events`. */
    | 'looked';
  /** What was reported by this key is so no more. */
  gone?: boolean;
  events?: WatchEvent[];
  /** Mutations without WAL, by server, as they were counted at this look. */
  unlogged?: Record<string, number>;
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
  markerTable?: TableName | undefined;
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
