import type { BackupId } from './record.ts';
import type { ClusterName } from '../names.ts';

/** Requests after parsing: every default filled in, durations in milliseconds. Histories hold this form. */

export interface BackupRequest {
  cluster: ClusterName;
  /** Names and patterns as given. */
  tables: string[];
  /** Name of a storage root in the clusters file. */
  root: string;
  /** What the backup is one of: retention, drills and status count by set. */
  set: string;
  cause: 'manual' | 'schedule';
  owner?: string;
  /** Who asks, for the audit. A claim, not authentication. */
  by?: string;
  tags: Record<string, string>;
  copy: {
    mappers: number;
    /** MB/s of each mapper, 0 = unlimited. */
    bandwidthMb: number;
    /** Tables copied at the same time. */
    parallelTables: number;
  };
  /** Digest the exported files, which drills compare with. Costs one read of every file. */
  digests: boolean;
  /** Export into a root that holds backups of another cluster id. */
  allowOtherCluster: boolean;
}

export interface RestoreRequest {
  /** Where the tables come back. */
  cluster: ClusterName;
  root: string;
  /** Without an id: the newest complete, undamaged backup of the set that has every tag. */
  backup?: BackupId;
  set?: string;
  tags: Record<string, string>;
  /** Names and patterns; all tables of the backup without. */
  tables: string[];
  /** New names: a namespace, a suffix of the name, or both. */
  as: { namespace?: string; suffix?: string };
  /** A point in time, ms since the epoch: base backup plus archived WALs. */
  toMs?: number;
  /** Consent to replace tables that exist; each gets a failsafe snapshot first. */
  overwrite: boolean;
  copy: { mappers: number; bandwidthMb: number; parallelTables: number };
  acceptWarnings: string[];
  by?: string;
}

export interface DrillRequest {
  /** Where the scratch tables are made and dropped. */
  cluster: ClusterName;
  root: string;
  set?: string;
  /** The one that has been unproven longest without. */
  backup?: BackupId;
  by?: string;
}

/** How long backups stay. A backup stays when any rule holds it. */
export interface Retention {
  /** The newest so many. */
  last: number;
  /** The newest of each of so many calendar days, weeks (ISO), months and years, in `timezone`. */
  daily: number;
  weekly: number;
  monthly: number;
  yearly: number;
  /** Everything younger, ms; 0 for none. */
  withinMs: number;
  /** IANA name, default UTC. */
  timezone: string;
}

export interface ExpiryRequest {
  /** Whose gateway does it. */
  cluster: ClusterName;
  root: string;
  set?: string;
  keep: Retention;
  /** Between the move to the trash and the second look; ten minutes without. */
  graceMs?: number;
  dryRun: boolean;
  by?: string;
}

/** What retention decides about one backup, with the rule that decided. */
export interface RetentionDecision {
  id: BackupId;
  action: 'keep' | 'expire';
  /** e.g. `last 7`, `weekly 8`, `last proven`, `kept: audit 2026`, `no rule holds it`. */
  reason: string;
}
