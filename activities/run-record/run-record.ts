import type { OperationPlan } from '../../workflows/contract/backup/plans.ts';
import type { MigrationPlan } from '../../workflows/contract/plan.ts';
import type { ClusterName, RunId, TableName } from '../../workflows/contract/names.ts';
import type { SettledKind } from '../../workflows/contract/step-data.ts';
import type { RunPlan } from './record-files.ts';

/**
 * What belongs to a run: on each cluster's HDFS, so that it survives the worker, Temporal's history and a terminated
 * run. `leaks` and `clean` work from it alone (design §4).
 *
 *     <stateDir>/claims/<table>.json          who holds a table; create-if-absent
 *     <stateDir>/runs/<runId>/plan.json       minted names; create-if-absent
 *     <stateDir>/runs/<runId>/notes/<kind>/<subject>.json   intent and old value, written before each change
 *     <stateDir>/runs/<runId>/seen/<name>.json              what later looks are measured by
 *     <stateDir>/runs/<runId>/mark-<epoch>.json             the atomic mark, on the source only
 *     <stateDir>/runs/<runId>/jobs/…          job claims
 *     <stateDir>/runs/<runId>/closed.json     how it ended
 */
export interface RunRecord {
  readonly cluster: ClusterName;
  /** Creates the record, or finds it; a record of the same run id with another digest is refused. */
  open(plan: RunPlan): Promise<void>;
  /** Has it been opened, and not been closed since? */
  exists(): Promise<boolean>;
  /** Claims every table or none; throws `run.claimed` naming the holder. */
  claimTables(tables: TableName[]): Promise<void>;
  /** Written before the change. The first note stays: a retry never overwrites an old value. Returns the stored one. */
  note<V>(kind: NoteKind, subject: string, value: V): Promise<V>;
  /** Of one kind, or all of them. */
  readNotes(kind?: NoteKind): Promise<RunNote[]>;
  removeNote(kind: NoteKind, subject: string): Promise<void>;
  /** Gone once what it notes is settled: `within` of what must not be made after that. */
  notePath(kind: NoteKind, subject: string): string;
  /** Something seen that a later look is measured by. The first one stays and is answered; nothing to settle. */
  keepFirst<V>(name: string, seen: () => Promise<V>): Promise<V>;
  /**
   * POINT OF NO RETURN. Create-if-absent: `cut-over` (the workflow) and `unfence` (the guard) compete; the answer is
   * the winner, which both obey.
   */
  setMark(epoch: number, decision: MarkDecision, by: string): Promise<Mark>;
  readMark(epoch: number): Promise<Mark | undefined>;
  /** Of every attempt, oldest first. */
  readMarks(): Promise<(Mark & { epoch: number })[]>;
  markPath(epoch: number): string;
  /** Releases claims last, then removes the record; what stays is listed by the audit. */
  close(outcome: 'completed' | 'undone'): Promise<void>;
}

export type MarkDecision = 'cut-over' | 'unfence';
export interface Mark {
  decision: MarkDecision;
  by: string;
  at: string;
}

/** The kinds of notes: `NOTE_KINDS` but for `job`, whose claims the job runner keeps itself. */
export type NoteKind = Exclude<SettledKind, 'job'>;

export interface RunNote {
  kind: NoteKind;
  subject: string;
  at: string;
  value: unknown;
}

/** A run found on a cluster, for `leaks` and `list`. */
export interface RunSummary {
  runId: RunId;
  workflowId: string;
  cluster: ClusterName;
  plan?: MigrationPlan;
  /** Instead of `plan`, for a run on one cluster and a backup root. */
  operation?: OperationPlan;
  notes: RunNote[];
  claims: TableName[];
  marks: (Mark & { epoch: number })[];
  jobs: string[];
}

/** Reads every record on a cluster, also those whose plan is damaged. */
export interface RunRecords {
  open(runId: RunId): RunRecord;
  list(): Promise<RunSummary[]>;
}
