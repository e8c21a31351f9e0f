import type { MigrationStatus } from './status.ts';

/** Bodies of signals and updates: one JSON object each, since the Web UI sends at most one payload. */

export interface Approval {
  /** Who approves. A claim, not authentication: restrict the namespace. */
  by: string;
  /** The `evidenceDigest` that `status` showed. */
  digest: string;
}
export interface Rejection {
  by: string;
  reason?: string;
}
export interface RetryTable {
  table: string;
}
export interface CutOverWithout {
  by: string;
  tables: string[];
}

/** WARNING: these names are in recorded histories and in users' scripts; never rename one. */
export const MESSAGES = {
  status: 'status',
  approveCutover: 'approveCutover',
  rejectCutover: 'rejectCutover',
  pause: 'pause',
  resume: 'resume',
  retryTable: 'retryTable',
  cutOverWithout: 'cutOverWithout',
  cancelMigration: 'cancelMigration',
  clientsSwitched: 'clientsSwitched',
} as const;

/** WARNING: names of workflow types, in histories and schedules; never rename one. */
export const WORKFLOW_TYPES = {
  migrateTables: 'migrateTables',
  bootstrapTable: 'bootstrapTable',
  planMigration: 'planMigration',
  checkClusters: 'checkClusters',
  findLeaks: 'findLeaks',
  cleanRun: 'cleanRun',
  liftFence: 'liftFence',
} as const;

export const DEFAULT_TASK_QUEUE = 'hbase';

/** Registered activity names carry this: a plugin silently overrides user activities of the same name. */
export const ACTIVITY_PREFIX = 'hbase.';

export type StatusQuery = () => MigrationStatus;
