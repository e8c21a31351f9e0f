import type { ArchiveOverview } from './archive.ts';
import type { ScheduledPart } from './schedule-parts.ts';
import type { CatalogueSummary } from './step-data.ts';

/** What is expected of a set; without an objective only what is there can be judged. */
export interface BackupObjective {
  /** Age of the newest complete backup, ms. */
  rpoMs?: number;
  /** Age of the newest proof, ms. */
  provenMs?: number;
  /** Between two ticks of its archive of WALs, ms. */
  archiveEveryMs?: number;
}

export type StatusLevel = 'ok' | 'warn' | 'critical';

/** Kinds of trouble. WARNING: in alerts that programs read; never rename one. */
export type TroubleKind =
  | 'no-backup'
  | 'overdue'
  | 'partial'
  | 'damaged'
  | 'unproven'
  | 'drill-differs'
  | 'run-failed'
  | 'paused'
  | 'wal-gap'
  | 'wal-behind'
  | 'unreadable';

export interface Trouble {
  kind: TroubleKind;
  /** Tells two of a kind apart: a file, a table, a part of the schedule. */
  subject?: string;
  level: Exclude<StatusLevel, 'ok'>;
  message: string;
}

export interface SetStatus {
  set: string;
  level: StatusLevel;
  /** Why it is not `ok`, worst first. */
  problems: Trouble[];
  backups: number;
  /** The newest complete and undamaged one. */
  lastComplete?: { id: string; finishedAt: string; ageMs: number; bytes: number; newBytes: number };
  lastProven?: { id: string; provenAt: string; ageMs: number };
  /** Measured by the newest drill of the set. */
  restoreMs?: number;
  objective: BackupObjective;
  /** ISO, when a schedule of the set is known. */
  nextRunAt?: string;
  /** Of its archived WALs, when it has any. */
  archive?: ArchiveStatus;
}

export interface ArchiveStatus {
  /** ISO. */
  lastTickAt?: string;
  /** Server clock. */
  coveredToMs?: number;
  windowMs: number;
  /** Gaps that reach into the window. */
  gaps: number;
  wals: number;
  bytes: number;
  /** What every table can be restored to, newest last; times are server clocks. */
  tables: { table: string; intervals: { fromMs: number; toMs: number; endsBy: string }[] }[];
}

export interface SetQuestion {
  set: string;
  catalogue: CatalogueSummary;
  objective: BackupObjective;
  /** Of its WALs. */
  archive?: ArchiveOverview;
  /** What Temporal knows of its schedules; without, overdue is judged from the root alone all the same (hazard 52). */
  schedules?: readonly ScheduledPart[];
  nowMs: number;
}
