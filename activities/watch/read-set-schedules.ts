import {
  type Client,
  ScheduleNotFoundError,
  type ScheduleDescription,
  WorkflowFailedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import {
  type EndedRun,
  PART_NAMES,
  type ScheduledPart,
  type SchedulePart,
  toScheduleId,
} from '../../workflows/contract/backup/schedule-parts.ts';

/** So far back a run that has ended is looked for; the newest may still go on. */
const LOOKED_AT = 3;
/** Of a failure's message. */
const MOST_LETTERS = 500;

/** What Temporal knows of the schedules of a set, that of its watch too. A part without a schedule is absent. */
export async function readSetSchedules(client: Client, set: string): Promise<ScheduledPart[]> {
  const found = await Promise.all(PART_NAMES.map((part) => readPart(client, { part, set })));
  return found.filter((part) => part !== undefined);
}

async function readPart(
  client: Client,
  { part, set }: { part: SchedulePart; set: string },
): Promise<ScheduledPart | undefined> {
  const description = await describe(client, toScheduleId(part, set));
  if (description === undefined) return undefined;
  const { info, state } = description;
  const ids = info.recentActions.slice(-LOOKED_AT).map(({ action }) => action.workflow.workflowId);
  const lastRun = await readLastEnded(client, ids.toReversed());
  const [next] = state.paused ? [] : info.nextActionTimes;
  return {
    part,
    paused: state.paused,
    note: state.note ?? '',
    ...(next === undefined ? {} : { nextRunAt: next.toISOString() }),
    ...(lastRun === undefined ? {} : { lastRun }),
  };
}

async function describe(client: Client, id: string): Promise<ScheduleDescription | undefined> {
  try {
    return await client.schedule.getHandle(id).describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

/** Newest first. Undefined also when Temporal has forgotten them: its retention may be a day. */
async function readLastEnded(client: Client, workflowIds: readonly string[]): Promise<EndedRun | undefined> {
  for (const workflowId of workflowIds) {
    const run = await readEnded(client, workflowId);
    if (run !== 'running') return run;
  }
  return undefined;
}

const OUTCOMES: Record<string, EndedRun['outcome']> = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed-out',
};

async function readEnded(client: Client, workflowId: string): Promise<EndedRun | 'running' | undefined> {
  const handle = client.workflow.getHandle(workflowId);
  try {
    const { status, closeTime } = await handle.describe();
    const outcome = OUTCOMES[status.name];
    if (outcome === undefined || closeTime === undefined) return 'running';
    const ended: EndedRun = { workflowId, endedAt: closeTime.toISOString(), outcome };
    return outcome === 'failed' ? { ...ended, ...(await readFailure(() => handle.result())) } : ended;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

async function readFailure(result: () => Promise<unknown>): Promise<Pick<EndedRun, 'code' | 'message'>> {
  try {
    await result();
    return {};
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { cause } = error;
    const message = (cause?.message ?? error.message).slice(0, MOST_LETTERS);
    return { ...(cause instanceof ApplicationFailure && cause.type ? { code: cause.type } : {}), message };
  }
}
