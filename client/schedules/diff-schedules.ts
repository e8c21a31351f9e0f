import type { DesiredSchedule, ScheduleShape } from './desired-schedules.ts';
import { type ArchivePlace, findEndedArchive } from './end-archive.ts';
import type { LiveSchedule } from './live-schedules.ts';

/** What `apply` does about one schedule. */
export type ScheduleChange = { id: string; set: string } & (
  | { action: 'create'; desired: DesiredSchedule }
  | {
      action: 'update';
      desired: DesiredSchedule;
      /** Each changed field in words, `times: 0 2 * * * → 0 3 * * *`. */
      fields: string[];
      /** The file is as it was at the last `apply`: somebody changed the schedule since. */
      editedOutside: boolean;
      /** What its ticks went on with until now, and nobody does any more. */
      endsArchive?: ArchivePlace;
    }
  | { action: 'unchanged'; paused: boolean; note: string }
  | { action: 'delete'; taskQueue: string; endsArchive?: ArchivePlace }
  /** Ours, not in the file, and nobody asked to prune. */
  | { action: 'left'; endsArchive?: ArchivePlace }
);

export interface ScheduleDifference {
  /** Creations, updates and the unchanged in the order of the file, then what is not in it. */
  changes: ScheduleChange[];
  /** Ids that the file wants and somebody else has taken. Nothing is applied while there are any. */
  foreign: string[];
}

interface Sides {
  desired: DesiredSchedule[];
  live: LiveSchedule[];
  /** Delete what is ours, of the same task queues, and not in the file. */
  prune: boolean;
}

export function diffSchedules({ desired, live, prune }: Sides): ScheduleDifference {
  const byId = new Map(live.map((schedule) => [schedule.id, schedule]));
  const wanted = new Set(desired.map(({ id }) => id));
  const queues = new Set(desired.map(({ shape }) => shape.taskQueue));
  const rest = live.filter(({ id, shape }) => !wanted.has(id) && queues.has(shape.taskQueue));
  return {
    changes: [
      ...desired.map((schedule) => toChange(schedule, byId.get(schedule.id))),
      ...rest.flatMap((schedule) => toRest(schedule, prune)),
    ],
    foreign: desired.flatMap(({ id }) => (byId.has(id) && byId.get(id)?.mark === undefined ? [id] : [])),
  };
}

function toRest(live: LiveSchedule, prune: boolean): ScheduleChange[] {
  const { id, mark, shape } = live;
  if (mark === undefined) return [];
  const about = { id, set: mark.set, ...toEnd(findEndedArchive(live)) };
  return [prune ? { ...about, action: 'delete', taskQueue: shape.taskQueue } : { ...about, action: 'left' }];
}

function toEnd(place: ArchivePlace | undefined): { endsArchive?: ArchivePlace } {
  return place === undefined ? {} : { endsArchive: place };
}

function toChange(desired: DesiredSchedule, live: LiveSchedule | undefined): ScheduleChange {
  const { id, set } = desired;
  if (live === undefined) return { id, set, action: 'create', desired };
  const fields = [...diffShapes(live.shape, desired.shape), ...diffPaused(desired, live)];
  if (fields.length === 0 && live.digest === desired.digest) {
    return { id, set, action: 'unchanged', paused: live.paused, note: live.note };
  }
  const editedOutside = live.digest === desired.digest && diffShapes(live.shape, desired.shape).length > 0;
  const ends = toEnd(findEndedArchive(live, desired));
  const shown = fields.length > 0 ? fields : [MARK_ONLY];
  return { id, set, action: 'update', desired, editedOutside, fields: shown, ...ends };
}

const MARK_ONLY = 'mark: that of an earlier file → this one';

function diffPaused({ paused }: DesiredSchedule, live: LiveSchedule): string[] {
  return paused === undefined || paused === live.paused ? [] : [`paused: ${live.paused} → ${paused}`];
}

function diffShapes(before: ScheduleShape, after: ScheduleShape): string[] {
  const old = flatten(before);
  const now = flatten(after);
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((field) => {
    const [was, is] = [old.get(field), now.get(field)];
    return was === is ? [] : [`${field}: ${was ?? 'none'} → ${is ?? 'none'}`];
  });
}

/** Leaves by their path, as text. Lists are leaves: which item of one changed says less than both lists. */
function flatten(value: object, prefix = ''): Map<string, string> {
  return new Map(
    Object.entries(value).flatMap(([name, part]: [string, unknown]): [string, string][] => {
      if (part === undefined) return [];
      const path = `${prefix}${name}`;
      if (typeof part !== 'object' || part === null || Array.isArray(part)) return [[path, show(part)]];
      return [...flatten(part, `${path}.`)];
    }),
  );
}

function show(value: unknown): string {
  if (Array.isArray(value)) return value.map(show).join(', ') || 'none';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
