import type { ClusterName } from '../names.ts';
import type { BackupEvent, BackupId } from './record.ts';

/** What was done to a backup: its making, and every kind of event; and exports and imports of chains. */
export type AuditAction = 'backup' | BackupEvent['kind'] | 'export' | 'import';

/** Who did what to which backup, and when. From the root alone, also of backups whose files have gone. */
export interface AuditEntry {
  /** ISO; when it was done, of a backup when its record was written. */
  at: string;
  root: string;
  backup: BackupId;
  /** Of an export its chain. Unknown of a backup that has expired before events named it. */
  set?: string;
  action: AuditAction;
  /** Who is said to have asked for it; the workflow when nobody was named. A claim, not authentication. */
  by: string;
  workflowId?: string;
  /** In words, one line. */
  detail: string;
  /** What went wrong with it, or was found wrong by it. */
  bad?: true;
}

export interface AuditQuestion {
  cluster: ClusterName;
  /** Every storage root of the clusters file without. */
  root?: string;
  /** ISO; nothing before it. */
  since?: string;
  /** The `next` of the page before. */
  after?: string;
}

/** What `auditBackups` answers: a page of the audit, oldest first. */
export interface AuditPage {
  entries: AuditEntry[];
  /** What of these roots cannot be read: the audit is not whole then. */
  unread: { root: string; path?: string; why: string }[];
  /** There is more; ask again with this as `after`. */
  next?: string;
}
