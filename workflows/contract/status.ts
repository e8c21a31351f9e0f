import type { FailureCode } from './failures.ts';
import type { Finding } from './plan.ts';

/** WARNING: phase names are in recorded histories and in users' scripts; never rename one. */
export type MigrationPhase =
  | 'planning'
  | 'claiming'
  | 'preparing'
  | 'copying'
  | 'catching-up'
  | 'verifying'
  | 'awaiting-approval'
  | 'cutting-over'
  | 'completing'
  | 'undoing'
  | 'done'
  | 'cancelled'
  | 'failed';

export type TablePhase =
  | 'waiting'
  | 'snapshot'
  | 'export'
  | 'transfer'
  | 'import'
  | 'restore'
  | 'restored'
  | 'verified'
  | 'mismatch'
  | 'quarantined'
  | 'cut-over';

/** Why something waits. Always with its start: "stuck with no reason shown" is the field's oldest complaint. */
export interface Blocker {
  /** Closed set, e.g. `approval`, `verification`, `lag`, `paused`, `table-quarantined`, `disk`, `schema-changed`. */
  code: string;
  message: string;
  /** ISO time since when it holds. */
  since: string;
  table?: string;
  fix?: string;
}

export interface TableStatus {
  table: string;
  phase: TablePhase;
  since: string;
  sizeBytes: number;
  copiedBytes: number;
  attempts: number;
  verification?: VerificationVerdict;
  /** With the last lines of the remote log, at most 1 KB, where there is one. */
  failure?: { code: FailureCode; message: string; logTail?: string };
  /** Who decided to cut over without this table; it stays on the source and is no part of the wave any more. */
  leftOutBy?: string;
}

/** The result of comparing one table. Says what it was proven for and when, never more (I8). */
export interface VerificationVerdict {
  table: string;
  /** `equal`: every visible cell and version, with its timestamp, was the same on both sides. */
  result: 'equal' | 'different';
  method: 'agents' | 'verify-replication' | 'counts';
  /** Whole table, or rows touched since `provenUntilMs` of the verdict before. */
  scope: 'table' | 'window';
  startedAt: string;
  finishedAt: string;
  /** How long the first look at everything took, without looking again at rows that differed. */
  lookMs?: number;
  /** Source clock, ms: writes acknowledged before this are covered by the verdict. */
  provenUntilMs: number;
  rowsSource: number;
  rowsTarget: number;
  cells: number;
  /** Rows that differed at first look and healed by recompare. */
  recomparedRows: number;
  differentRows: number;
  /** Up to 10 row keys, hex, only with `verify.showKeys`; otherwise the file on the gateway is named. */
  exampleKeys?: string[];
  examplesFile?: string;
  digest: string;
}

/** What catching up looks like now. Display only: the queue listing is the proof, never these numbers. */
export interface ReplicationBacklog {
  wals: number;
  bytes: number;
  /** Age of the oldest held WAL. */
  oldestMs: number;
  /** True lag by a probe row: written on the source, seen on the target. */
  probeLagMs?: number;
  asOf: string;
}

export interface CutoverStep {
  name: string;
  startedAt: string;
  durationMs?: number;
  outcome?: 'ok' | 'failed';
  detail?: string;
}

export interface CutoverAttempt {
  epoch: number;
  approvedBy: string;
  predictedPauseMs?: number;
  /** ISO time just before the first fence call, workflow clock: the start of `writePauseMs`. */
  pausedAt?: string;
  /** ISO time by which the fence guard gives writes back, unless the mark is set before. */
  guardedUntil?: string;
  /** ISO time when every region was proven fenced, source clock. */
  fencedAt?: string;
  /**
   * From the first fence call until somebody could write again: the clients on the target, switched by the command or by
   * a person's word; or everybody on the source again, by the workflow or by the guard, whoever was first. An upper bound
   * of what a writer saw.
   */
  writePauseMs?: number;
  /** From the first fence call to the mark: what `maxWritePause` bounds of an attempt that went over. */
  pauseToMarkMs?: number;
  steps: CutoverStep[];
  outcome?: 'cut-over' | 'unfenced';
  failure?: { code: FailureCode; message: string };
}

export interface MigrationStatus {
  formatVersion: 1;
  workflowId: string;
  runId?: string;
  phase: MigrationPhase;
  since: string;
  asOf: string;
  source: string;
  target: string;
  tables: TableStatus[];
  findings: Finding[];
  paused: boolean;
  canCutOver: boolean;
  blockers: Blocker[];
  /** Digest of what an approver sees: plan, tables, schemas, quarantine, verdicts. Approvals are bound to it. */
  evidenceDigest?: string;
  approvalExpiresAt?: string;
  backlog?: ReplicationBacklog;
  heldWals?: HeldWals;
  cutovers: CutoverAttempt[];
  /** Refused signals and other things a person must be able to see afterwards, newest last, at most 20. */
  notices: { at: string; message: string }[];
  /** Named things left on purpose, with the command that removes each. */
  residues: { cluster: string; what: string; command: string }[];
  leaks?: string[];
  /** Milliseconds by phase. */
  durationsMs: Partial<Record<MigrationPhase, number>>;
  failure?: { code: FailureCode; message: string };
}

/** WALs the disabled peer holds on the source, and when they would fill the disk (hazards 13). */
export interface HeldWals {
  bytes: number;
  growthBytesPerSecond: number;
  freeBytes: number;
  capacityBytes: number;
  /** ISO time when the disk is forecast full, absent when it is not growing. */
  diskFullAt?: string;
  asOf: string;
}

/** What `migrateTables` returns, and the report shows. */
export interface MigrationReport extends MigrationStatus {
  verifiedCells: number;
  writePauseMs: number[];
}

/** What the query `status` of a `bootstrapTable` child answers. */
export interface BootstrapStatus {
  table: string;
  phase: TablePhase;
  since: string;
  generation: number;
  sizeBytes: number;
  copiedBytes: number;
  /** Why a step of this table is tried again and again. */
  held?: string;
}
