import { digestOf } from '../../activities/digest.ts';
import { SCHEDULE_PARTS, type SchedulePart, toScheduleId } from '../../workflows/contract/backup/schedule-parts.ts';
import type { BackupSet, BackupsFile } from './backups-file.ts';
import { formatTimes, toDurationText, type Timing } from './timing.ts';

/** Everything of a schedule that the file decides, in a form that can be compared field by field. */
export interface ScheduleShape {
  workflowType: string;
  taskQueue: string;
  /** The server appends the nominal time to it. */
  workflowId: string;
  /** The one JSON object that the workflow is started with; durations as text. */
  input: Record<string, unknown>;
  /** Shown by the Web UI beside each run. */
  summary: string;
  /** See `formatTimes`. */
  times: string[];
  timezone: string;
  jitter: string;
  catchUpWindow: string;
  overlap: string;
  pauseOnFailure: boolean;
  watch: ScheduleWatch;
}

/**
 * For whoever judges and tells how backups go. In the memo of each run and no part of its input, so that it can be
 * read from a run as from a schedule.
 */
export interface ScheduleWatch {
  /** Durations as text. */
  objective?: { rpo?: string; proven?: string };
  /** Names of the clusters file. */
  alerts?: { to: string[] };
}

export interface DesiredSchedule {
  id: string;
  set: string;
  part: SchedulePart;
  timing: Timing;
  shape: ScheduleShape;
  /** sha256 of the shape: what the last `apply` wrote, kept in the memo of the schedule's runs. */
  digest: string;
  /** Undefined: however it is on the server. */
  paused?: boolean | undefined;
}

/** The schedules of a file, set by set. The file's own task queue wins over the one given. */
export function toDesiredSchedules(file: BackupsFile, { taskQueue }: { taskQueue: string }): DesiredSchedule[] {
  const queue = file.taskQueue ?? taskQueue;
  return file.sets.flatMap((set) =>
    toParts(set).map(({ part, timing, input, summary }) => {
      const id = toScheduleId(part, set.name);
      const shape: ScheduleShape = {
        workflowType: SCHEDULE_PARTS[part].workflowType,
        taskQueue: queue,
        workflowId: id,
        input: withoutUndefined(input),
        summary: shorten(summary),
        times: formatTimes(timing),
        timezone: timing.timezone,
        jitter: toDurationText(timing.jitterMs),
        catchUpWindow: toDurationText(timing.windowMs),
        overlap: 'SKIP',
        pauseOnFailure: timing.pauseOnFailure,
        watch: toWatch(set),
      };
      return { id, set: set.name, part, timing, shape, digest: digestOf(shape), paused: toPaused(part, set) };
    }),
  );
}

/** Who watches goes on while the set is paused, so that a pause that was forgotten is told. */
function toPaused(part: SchedulePart, { paused }: BackupSet): boolean | undefined {
  return part === 'watch' ? undefined : paused;
}

interface Part {
  part: SchedulePart;
  timing: Timing;
  input: Record<string, unknown>;
  summary: string;
}

function toParts(set: BackupSet): Part[] {
  const { name, cluster, tables, root, schedule, expiry, drill, archive } = set;
  const { tags, owner, copy, digests, allowOtherCluster } = set;
  const common = { root, set: name };
  const what = `${cluster} ${tables.join(', ')}`;
  const parts: Part[] = [
    {
      part: 'backup',
      timing: schedule,
      input: { cluster, tables, ...common, cause: 'schedule', owner, tags, copy, digests, allowOtherCluster },
      summary: `set ${name}: back up ${what} → ${root}`,
    },
  ];
  if (expiry !== undefined) {
    const keep = toKeep(expiry.keep);
    const input = { cluster, ...common, keep };
    parts.push({ part: 'expiry', timing: expiry.timing, input, summary: `set ${name}: expire backups in ${root}` });
  }
  if (drill !== undefined) {
    const input = { cluster: drill.on, ...common };
    const summary = `set ${name}: prove a restore from ${root} on ${drill.on}`;
    parts.push({ part: 'drill', timing: drill.timing, input, summary });
  }
  if (archive !== undefined) {
    const input = { cluster, tables, ...common, window: toDurationText(archive.windowMs) };
    parts.push({ part: 'archive', timing: archive.timing, input, summary: `set ${name}: archive WALs of ${what}` });
  }
  if (set.watch !== undefined) {
    const summary = `set ${name}: see how backups in ${root} are`;
    parts.push({ part: 'watch', timing: set.watch.timing, input: { sets: [toWatched(set, set.watch)] }, summary });
  }
  return parts;
}

function toWatched({ name, cluster, root, objective, archive }: BackupSet, watch: NonNullable<BackupSet['watch']>) {
  const everyMs = archive?.timing.intervals[0]?.everyMs;
  const expected = {
    ...toObjective(objective),
    ...(everyMs === undefined ? {} : { archiveEvery: toDurationText(everyMs) }),
  };
  return { set: name, cluster, root, objective: expected, to: watch.to, remind: toDurationText(watch.remindMs) };
}

/** Rules that keep nothing are left out, as they are in the file. */
function toKeep({ within, ...rules }: NonNullable<BackupSet['expiry']>['keep']): Record<string, unknown> {
  const given = { ...rules, within: within > 0 ? toDurationText(within) : undefined };
  return withoutUndefined(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== 0)));
}

function toWatch({ objective, watch }: BackupSet): ScheduleWatch {
  return {
    ...(objective === undefined ? {} : { objective: toObjective(objective) }),
    ...(watch === undefined ? {} : { alerts: { to: watch.to } }),
  };
}

function toObjective({ rpoMs, provenMs }: NonNullable<BackupSet['objective']> = {}): { rpo?: string; proven?: string } {
  return {
    ...(rpoMs === undefined ? {} : { rpo: toDurationText(rpoMs) }),
    ...(provenMs === undefined ? {} : { proven: toDurationText(provenMs) }),
  };
}

/** Servers take 400 bytes of a summary, their documentation says 200. */
function shorten(summary: string): string {
  return Buffer.byteLength(summary) <= 180 ? summary : `${summary.slice(0, 120)}…`;
}

function withoutUndefined(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined));
}
