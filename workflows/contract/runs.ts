import type { PlannedTable, MigrationPlan } from './plan.ts';
import type { RunId, SnapshotName } from './names.ts';
import type { Outcome, PlannedStep, RunRef } from './step-data.ts';
import type { TablePhase } from './status.ts';

/** Inputs and outputs of the workflows beside `migrateTables`. One JSON object each, optional fields for growth. */

export interface BootstrapTableInput {
  run: RunRef;
  table: PlannedTable;
  snapshot: SnapshotName;
  /** 1 for the first try; raised on purpose, so that a new try starts new jobs (hazard 28). */
  generation: number;
  /** The run restored this table before, so what stands on the target is ours. */
  again: boolean;
  mappers: number;
  bandwidthMb: number;
  /** `hbase.rootdir` of both sides, and the staging folders when copying by an intermediate path. */
  roots: CopyRoots;
}

export interface CopyRoots {
  source: string;
  target: string;
  staging?: {
    /** Where the source exports to. */
    uri: string;
    /** The same folder on the target's file system; equal to `uri` when both sides reach one file system. */
    targetUri: string;
  };
}

export interface BootstrapTableResult {
  table: string;
  sizeBytes: number;
  copiedBytes: number;
  checksum: 'file-checksum' | 'composite-crc' | 'length-only';
  durationMs: number;
}

/** `details[1]` of a failed `bootstrapTable`, after the step's own. */
export interface BootstrapFailureDetails {
  /** How far it came, which decides whether the next try may restore over what it left. */
  reached: TablePhase;
}

export interface PlanReport {
  plan: MigrationPlan;
  /** What would be done, in order, with the remote commands. */
  steps: PlannedStep[];
}

export interface FindLeaksInput {
  runId?: RunId;
}

export interface CleanRunInput {
  runId: RunId;
  /** Only say what would be done. */
  dryRun?: boolean;
  /** Also drop target tables that the run created; otherwise they are kept and labelled stale. */
  dropTargetTables?: boolean;
  /** Also when Temporal knows no workflow of the run. Never while it is known to run. */
  force?: boolean;
}

export interface CleanReport {
  runId: RunId;
  workflowId: string;
  /** `completed` when the mark of the run says `cut-over`: then it is completed forward, never undone. */
  outcome: Outcome;
  dryRun: boolean;
  settled: { cluster: string; kind: string; subject: string; action: string }[];
  residues: { cluster: string; what: string; command: string }[];
  leaks: string[];
  foreign: string[];
}

export interface LiftFenceInput {
  cluster: string;
  table: string;
}

export interface CheckClustersInput {
  clusters?: string[];
}
