import type { ClusterName, RunId, TableName } from '../names.ts';
import type { Finding } from '../plan.ts';
import type { Blocker } from '../status.ts';
import type { OperationKind } from './plans.ts';
import type { BackupId } from './record.ts';

export type OperationPhase =
  'planning' | 'waiting-for-root' | 'working' | 'sealing' | 'completing' | 'undoing' | 'done' | 'failed' | 'cancelled';

/** What the query `status` of a backup, restore, drill, expiry or archive answers; also kept in its failure's details. */
export interface OperationStatus {
  formatVersion: 1;
  operation: OperationKind;
  workflowId: string;
  runId?: RunId;
  cluster: ClusterName;
  /** Name of the backup root. */
  root: string;
  set?: string;
  backupId?: BackupId;
  phase: OperationPhase;
  /** ISO; when this phase began. */
  since: string;
  asOf: string;
  tables: OperationTable[];
  findings: Finding[];
  /** Steps that fail again and again, and are tried again by themselves. */
  blockers?: Blocker[];
  notices: { at: string; message: string }[];
  failure?: { code: string; message: string };
  residues: { cluster: ClusterName; what: string; command: string }[];
  /** Set at the end: empty means that nothing was left behind. */
  leaks?: string[];
  /** By phase, of those that have ended. */
  durationsMs: Partial<Record<OperationPhase, number>>;
}

export interface OperationTable {
  table: TableName;
  phase: 'waiting' | 'snapshot' | 'copying' | 'digesting' | 'restoring' | 'comparing' | 'done' | 'failed';
  since: string;
  sizeBytes: number;
  /** Bytes that were really copied. */
  copiedBytes: number;
  failure?: { code: string; message: string };
}
