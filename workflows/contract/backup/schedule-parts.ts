/**
 * What the schedules of a set do. WARNING: prefixes are in ids on users' servers, types in their schedules; never
 * rename one.
 */
export const SCHEDULE_PARTS = {
  backup: { prefix: 'hbase-backup', workflowType: 'backUpTables' },
  expiry: { prefix: 'hbase-expiry', workflowType: 'expireBackups' },
  drill: { prefix: 'hbase-drill', workflowType: 'testRestore' },
  archive: { prefix: 'hbase-archive', workflowType: 'archiveWals' },
  watch: { prefix: 'hbase-watch', workflowType: 'watchBackups' },
} as const;
export type SchedulePart = keyof typeof SCHEDULE_PARTS;
export const PART_NAMES = Object.keys(SCHEDULE_PARTS) as SchedulePart[];

export function toScheduleId(part: SchedulePart, set: string): string {
  return `${SCHEDULE_PARTS[part].prefix}/${set}`;
}

/** One schedule of a set, and how its newest run ended, as Temporal knows it. */
export interface ScheduledPart {
  part: SchedulePart;
  paused: boolean;
  /** Why, when it is paused. */
  note: string;
  /** ISO; none while it is paused. */
  nextRunAt?: string;
  /** The newest run that has ended and is still known. */
  lastRun?: EndedRun;
}

export interface EndedRun {
  workflowId: string;
  /** ISO. */
  endedAt: string;
  outcome: 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timed-out';
  /** Of a failure: a code of the failure table, and its message. */
  code?: string;
  message?: string;
}
