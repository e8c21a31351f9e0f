import type { ClusterName, FamilyName, RunId, SnapshotName, TableName } from '../names.ts';

/** Names one backup for ever, and sorts by its start: `20261121T071500Z-<run id>`. */
export type BackupId = string;
export const BACKUP_ID = /^\d{8}T\d{6}Z-[a-z0-9]{1,32}$/;

/**
 * One backup, as its root knows it: written once, last, after every file was checked (hazard 47). Whatever happens
 * later is an event beside it. WARNING: in users' backup roots for years; only add optional fields.
 */
export interface BackupRecord {
  formatVersion: 1;
  id: BackupId;
  runId: RunId;
  workflowId: string;
  /** The set of `backups.yaml` it belongs to, or the name it was given by hand. */
  set: string;
  cause: 'manual' | 'schedule' | 'chain-broken' | 'failsafe';
  /** When the schedule meant it to start, ISO. */
  nominalAt?: string;
  owner?: string;
  /** Who asked for it, as they said. */
  by?: string;
  tags: Record<string, string>;
  cluster: BackedUpCluster;
  /** ISO, the worker's clock. */
  startedAt: string;
  finishedAt: string;
  /**
   * Source clocks: no edit after `endMs` + `skewMs` is in it, every edit before `startMs` − `skewMs` is (hazard 42).
   */
  startMs: number;
  endMs: number;
  skewMs: number;
  tables: BackedUpTable[];
  /** Tables that were asked for and are not in it. A backup with any is partial. */
  failed: { table: TableName; code: string; message: string }[];
  bytes: number;
  /** Copied by this backup; the rest was in the root already. */
  newBytes: number;
  files: number;
  skippedFiles: number;
  /** How equality of copied files was decided (hazard 43). */
  checksum: 'file-checksum' | 'composite-crc' | 'length-only';
  /** sha256 over everything above, keys sorted. */
  digest: string;
}

export interface BackedUpCluster {
  name: ClusterName;
  clusterId: string;
  version: string;
}

export interface BackedUpTable {
  table: TableName;
  snapshot: SnapshotName;
  families: BackedUpFamily[];
  /** Table attributes of the descriptor. */
  attributes: Record<string, string>;
  schemaDigest: string;
  regions: { startKey: string; endKey: string }[];
  bytes: number;
  newBytes: number;
  files: number;
  /** sha256 of the table's file list, which stands beside the record (`BackupFiles`). */
  filesDigest: string;
  /** Of the exported files, when asked for; what a drill compares with (hazard 46). */
  content?: ContentDigest;
}

export interface BackedUpFamily {
  name: FamilyName;
  maxVersions: number;
  ttlSeconds: number;
  compression: string;
  dataBlockEncoding: string;
  attributes: Record<string, string>;
}

/** Every cell that a reader without TTL would see, of all regions in order. */
export interface ContentDigest {
  rows: number;
  cells: number;
  digest: string;
}

/** The files of one table of a backup, relative to the root, e.g. `archive/data/shop/orders/<region>/<family>/<file>`. */
export interface BackupFiles {
  formatVersion: 1;
  id: BackupId;
  table: TableName;
  files: { path: string; bytes: number }[];
}

/** What happened to a backup after it was written. Appended, never changed. */
export type BackupEvent = { at: string; by: string; workflowId?: string } & (
  | { kind: 'proof'; drill: DrillResult }
  /** Keeps it from expiry, until `release`. */
  | { kind: 'keep'; reason: string }
  | { kind: 'release' }
  /**
   * A look at every file: names what is damaged or missing; empty when it is sound. `about: 'content'`: what was read
   * from the files is not what was recorded, which a look at names and lengths cannot take back.
   */
  | { kind: 'audit'; damaged: string[]; about?: 'content' }
  | {
      kind: 'restore';
      cluster: ClusterName;
      tables: TableName[];
      to?: string;
      /** What was agreed to: `overwrite`, and codes of warnings. */
      accepted?: string[];
    }
  /** The decision; its files go after it. */
  | { kind: 'expire'; reason: string; set?: string }
  | { kind: 'expired' }
);

export interface DrillResult {
  result: 'equal' | 'different';
  cluster: ClusterName;
  startedAt: string;
  finishedAt: string;
  /** From the first request to the last open region, the measured RTO. */
  restoreMs: number;
  bytes: number;
  /** What differed, in words; empty when nothing did. */
  differences: string[];
}

/** A backup with its events folded in: what `backup list` and the retention look at. */
export interface BackupState {
  record: BackupRecord;
  /** ISO of the newest equal drill, unless a difference was found since. */
  provenAt?: string;
  lastDrill?: DrillResult;
  /** Why it is kept, when it is. */
  keptFor?: string;
  /** ISO of the decision to expire it. */
  expiringSince?: string;
  /** ISO: its files have gone. `Catalogue.backups` has none of these. */
  expiredAt?: string;
  /** From the newest audit of the files, and from audits of the content since the newest equal drill. */
  damaged: string[];
  partial: boolean;
}

/** An entry of the catalogue that cannot be read: reported, never skipped, and nothing of its root expires. */
export interface DamagedBackup {
  id: string;
  path: string;
  why: string;
}

/** A line of `backup list`. */
export interface BackupSummary {
  id: BackupId;
  set: string;
  cause: BackupRecord['cause'];
  cluster: ClusterName;
  startedAt: string;
  finishedAt: string;
  startMs: number;
  endMs: number;
  tables: number;
  /** Tables that were asked for and are not in it. */
  failed: number;
  bytes: number;
  newBytes: number;
  tags: Record<string, string>;
  provenAt?: string;
  lastDrill?: Pick<DrillResult, 'result' | 'finishedAt' | 'restoreMs'>;
  keptFor?: string;
  expiringSince?: string;
  /** Files and tables that the newest audit found damaged. */
  damaged: number;
}

/** A backup whole, with regions counted: what `backup show` prints. */
export interface BackupDetails extends Omit<BackupState, 'record'> {
  record: Omit<BackupRecord, 'tables'> & { tables: (Omit<BackedUpTable, 'regions'> & { regions: number })[] };
}

export interface BackupAudit {
  id: BackupId;
  files: number;
  bytes: number;
  /** What is missing or has another length, by table; empty when it is sound. */
  damaged: string[];
}

export interface Catalogue {
  /** Oldest first. */
  backups: BackupState[];
  damaged: DamagedBackup[];
}
