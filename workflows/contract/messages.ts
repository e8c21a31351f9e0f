/** Bodies of signals and updates: one JSON object each, since the Web UI sends at most one payload. */

export interface Approval {
  /** Who approves. A claim, not authentication: restrict the namespace. */
  by: string;
  /** The `evidenceDigest` that `status` showed. */
  digest: string;
  /** ISO time: not begun by then, the cutover needs another approval. */
  notAfter?: string;
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

export interface CancelMigration {
  by?: string;
  /** Also drop the target tables the run created; otherwise they are kept and labelled stale. */
  dropTargetTables?: boolean;
}
/** `resume`: without `code` whatever waits for a "go on" is lifted, but for a rejection: that is lifted by its name only. */
export interface Resume {
  by?: string;
  /** Code of the one blocker to lift. */
  code?: string;
}
/** `pause` and `clientsSwitched`: an empty body is fine. */
export interface Remark {
  by?: string;
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

/**
 * What a table's child and its migration tell each other; not for persons.
 *
 * WARNING: these names are in recorded histories; never rename one.
 */
export const CHILD_MESSAGES = { copyHeld: 'copyHeld', tryNow: 'tryNow' } as const;

/** A step of the child fails again and again; without a message it went on. */
export interface CopyHeld {
  table: string;
  message?: string;
}

/** WARNING: names of workflow types, in histories and schedules; never rename one. */
export const WORKFLOW_TYPES = {
  migrateTables: 'migrateTables',
  bootstrapTable: 'bootstrapTable',
  planMigration: 'planMigration',
  checkClusters: 'checkClusters',
  findLeaks: 'findLeaks',
  cleanRun: 'cleanRun',
  liftFence: 'liftFence',
  backUpTables: 'backUpTables',
  restoreTables: 'restoreTables',
  testRestore: 'testRestore',
  expireBackups: 'expireBackups',
  archiveWals: 'archiveWals',
  stopArchive: 'stopArchive',
  exportTables: 'exportTables',
  importTables: 'importTables',
  listExports: 'listExports',
  listInstants: 'listInstants',
  listBackups: 'listBackups',
  showBackup: 'showBackup',
  verifyBackup: 'verifyBackup',
  keepBackup: 'keepBackup',
  auditBackups: 'auditBackups',
  watchBackups: 'watchBackups',
  testAlert: 'testAlert',
} as const;

export const DEFAULT_TASK_QUEUE = 'hbase';

/** Registered activity names carry this: a plugin silently overrides user activities of the same name. */
export const ACTIVITY_PREFIX = 'hbase.';

/** The messages a person may send, each as a signal and as an update of the same name. */
export type MessageName = Exclude<keyof typeof MESSAGES, 'status'>;
