import {
  type Client,
  type ScheduleDescription,
  ScheduleNotFoundError,
  type ScheduleSpecDescription,
  type ScheduleSummary,
} from '@temporalio/client';
import { inParallel } from '../../activities/steps/proof/in-parallel.ts';
import { PART_NAMES, type SchedulePart } from '../../workflows/contract/backup/schedule-parts.ts';
import { lookAgain } from '../look-again.ts';
import { fromDescription } from './calendar.ts';
import type { ScheduleShape, ScheduleWatch } from './desired-schedules.ts';
import { formatTimes, toDurationText } from './timing.ts';

/** Key of ours in two memos: the schedule's, which can never change, and that of its runs, which holds the digest. */
export const MEMO_KEY = 'temporalHbase';

const READ_AT_ONCE = 8;

/** In the memo of the schedule itself: who made it. */
export interface ScheduleMark {
  set: string;
  part: SchedulePart;
}

/** A schedule as it is on the server. */
export interface LiveSchedule {
  id: string;
  /** Undefined: somebody else made it, by hand in the Web UI for example. */
  mark?: ScheduleMark;
  shape: ScheduleShape;
  /** Of the shape that the last `apply` wrote. */
  digest?: string;
  paused: boolean;
  note: string;
  description: ScheduleDescription;
}

/** Undefined when there is none. Reads the schedule itself, which is exact at once; lists lag behind. */
export async function readSchedule(client: Client, id: string): Promise<LiveSchedule | undefined> {
  try {
    const handle = client.schedule.getHandle(id);
    return toLiveSchedule(await lookAgain({ what: `the schedule "${id}"` }, () => handle.describe()));
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

/** Every schedule that `apply` made in the namespace, by id. One made in the last seconds may be missing. */
export async function listOwnSchedules(client: Client): Promise<LiveSchedule[]> {
  const ids = await lookAgain({ what: 'the list of schedules' }, () => listOwnIds(client));
  return readSchedules(client, ids.toSorted());
}

/** Those that there are. Each is a question to a workflow of the server: a server asked for hundreds at once refuses. */
export async function readSchedules(client: Client, ids: readonly string[]): Promise<LiveSchedule[]> {
  const live = await inParallel({ items: ids, limit: READ_AT_ONCE }, (id) => readSchedule(client, id));
  return live.filter((schedule) => schedule !== undefined);
}

async function listOwnIds(client: Client): Promise<string[]> {
  const ids: string[] = [];
  for await (const summary of client.schedule.list()) if (readMark(summary) !== undefined) ids.push(summary.scheduleId);
  return ids;
}

export function toLiveSchedule(description: ScheduleDescription): LiveSchedule {
  const { action, policies, spec, state, scheduleId } = description;
  const stored = readStored(action.memo);
  const mark = readMark(description);
  const input: unknown = action.args?.[0];
  return {
    id: scheduleId,
    ...(mark === undefined ? {} : { mark }),
    shape: {
      workflowType: action.workflowType,
      taskQueue: action.taskQueue,
      workflowId: action.workflowId ?? '',
      input: isRecord(input) ? input : { '(input)': input },
      summary: action.staticSummary ?? '',
      ...toTimeShape(spec),
      catchUpWindow: toDurationText(policies.catchupWindow),
      overlap: policies.overlap ?? 'SKIP',
      pauseOnFailure: policies.pauseOnFailure,
      watch: stored.watch,
    },
    ...(stored.digest === undefined ? {} : { digest: stored.digest }),
    paused: state.paused,
    note: state.note ?? '',
    description,
  };
}

function toTimeShape({ calendars = [], intervals = [], timezone, jitter = 0 }: ScheduleSpecDescription) {
  return {
    times: formatTimes({
      calendars: calendars.map(fromDescription),
      intervals: intervals.map(({ every, offset }) => ({ everyMs: every, offsetMs: offset ?? 0 })),
    }),
    timezone: timezone === undefined || timezone === '' ? 'UTC' : timezone,
    jitter: toDurationText(jitter),
  };
}

function readMark({ memo }: Pick<ScheduleSummary, 'memo'>): ScheduleMark | undefined {
  const mark = memo?.[MEMO_KEY];
  if (!isRecord(mark)) return undefined;
  const part = PART_NAMES.find((name) => name === mark['part']);
  return part === undefined || typeof mark['set'] !== 'string' ? undefined : { set: mark['set'], part };
}

function readStored(memo: Record<string, unknown> | undefined): { digest?: string; watch: ScheduleWatch } {
  const stored = memo?.[MEMO_KEY];
  const { digest, watch } = isRecord(stored) ? stored : {};
  return { ...(typeof digest === 'string' ? { digest } : {}), watch: isRecord(watch) ? watch : {} };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
