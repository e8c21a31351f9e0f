import {
  type Client,
  ScheduleNotFoundError,
  ServiceError,
  type ScheduleDescription,
  type ScheduleOptions,
  type ScheduleUpdateOptions,
} from '@temporalio/client';
import type { ConnectedClient } from '../../../../client/connect.ts';

interface Fake {
  /** Workers on every queue. */
  pollers?: number;
  /** Ids whose run is under way. */
  running?: string[];
  /** The first so many descriptions are refused, as a server does that has just taken the schedule. */
  notReady?: number;
}

/** A server's schedules in memory: as much as the commands call. What a real one does, `test/workflows` shows. */
export function connectFakeSchedules({ pollers = 1, running = [], notReady = 0 }: Fake = {}) {
  const looks = { now: 0, most: 0, refused: 0 };
  const schedules = new Map<string, ScheduleDescription>();
  const writes: string[] = [];
  const write = (what: string, id: string): void => void writes.push(`${what} ${id}`);
  const read = (id: string): ScheduleDescription => {
    const found = schedules.get(id);
    if (found === undefined) throw new ScheduleNotFoundError('not found', id);
    return found;
  };
  const getHandle = (id: string) => ({
    describe: async () => {
      looks.most = Math.max(looks.most, (looks.now += 1));
      await Promise.resolve();
      looks.now -= 1;
      if (looks.refused < notReady) {
        looks.refused += 1;
        throw NOT_READY;
      }
      return read(id);
    },
    update: async (change: (previous: ScheduleDescription) => ScheduleUpdateOptions) => {
      write('update', id);
      const options = { ...change(read(id)), scheduleId: id, memo: read(id).memo } as ScheduleOptions;
      schedules.set(id, toDescription(options, running));
    },
    pause: async (note: string) => {
      write('pause', id);
      Object.assign(read(id).state, { paused: true, note });
    },
    unpause: async (note: string) => {
      write('unpause', id);
      Object.assign(read(id).state, { paused: false, note });
    },
    trigger: async (overlap: string) => write(`trigger ${overlap}`, id),
    delete: async () => {
      write('delete', id);
      schedules.delete(id);
    },
  });
  const client = {
    connection: {
      workflowService: { describeTaskQueue: async () => ({ pollers: Array.from({ length: pollers }, () => ({})) }) },
    },
    workflow: {
      start: async (type: string, { workflowId, args }: { workflowId: string; args: unknown[] }) =>
        write(`start ${type} ${JSON.stringify(args[0])}`, workflowId),
      getHandle: (workflowId: string) => ({ result: async () => write('wait for', workflowId) }),
    },
    schedule: {
      getHandle,
      create: async (options: ScheduleOptions) => {
        write('create', options.scheduleId);
        schedules.set(options.scheduleId, toDescription(options, running));
      },
      async *list() {
        yield* schedules.values();
      },
    },
  };
  const connected: ConnectedClient = {
    client: client as unknown as Client,
    target: { connectionOptions: {}, address: 'a:1', namespace: 'default', taskQueue: 'hbase', uiUrl: 'http://ui' },
    [Symbol.asyncDispose]: async () => undefined,
  };
  return { connected, schedules, writes, looks };
}

const NOT_READY = new ServiceError('Failed to describe schedule', {
  cause: Object.assign(new Error('9 FAILED_PRECONDITION: Workflow task is not scheduled yet.'), { code: 9 }),
});

function toDescription(options: ScheduleOptions, running: string[]): ScheduleDescription {
  const { scheduleId, spec, action, policies, memo, state } = options;
  const calendars = (spec.calendars ?? []).map((calendar) => ({ ...calendar, year: anyYear(calendar.year) }));
  const intervals = (spec.intervals ?? []).map(({ every, offset = 0 }) => ({ every, offset }));
  return {
    scheduleId,
    spec: { ...spec, calendars, intervals },
    action: { ...action },
    policies: { ...policies },
    memo,
    state: { paused: false, ...state },
    info: {
      recentActions: [],
      nextActionTimes: [new Date('2026-11-22T02:00:00Z')],
      numActionsMissedCatchupWindow: 0,
      numActionsSkippedOverlap: 0,
      runningActions: running.includes(scheduleId) ? [{ workflow: { workflowId: `${scheduleId}-run` } }] : [],
    },
  } as unknown as ScheduleDescription;
}

const anyYear = (year: unknown): unknown => (year === '*' ? [] : year);
