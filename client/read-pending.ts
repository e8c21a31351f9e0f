import type { Client } from '@temporalio/client';
import { decodeOptionalSinglePayload } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { optionalTsToDate } from '@temporalio/common/lib/time.js';
import type { temporal } from '@temporalio/proto';
import pLimit from 'p-limit';
import { ACTIVITY_PREFIX } from '../workflows/contract/messages.ts';
import type { StepProgress } from '../workflows/contract/step-data.ts';

type Raw = temporal.api.workflow.v1.IPendingActivityInfo;

/** One step that runs, or waits for its next try: of a run, or of a child that copies one of its tables. */
export interface PendingStep {
  step: string;
  /** Whose step it is: the run, or its child. */
  workflowId: string;
  table?: string;
  /** From 1. */
  attempt: number;
  /** `paused`: by somebody, in Temporal. */
  state: 'scheduled' | 'started' | 'cancel-requested' | 'paused';
  /** Why the attempt before failed. */
  lastFailure?: { code: string; message: string; at?: string };
  /** ISO time of the next try, while it waits for one. */
  nextAttemptAt?: string;
  /** ISO time of the last sign of life of a worker. */
  lastSeenAt?: string;
  progress?: StepProgress;
}

/** A namespace of Temporal has a budget of requests for everybody, and a wave has many tables. */
const ASKED_AT_ONCE = 8;

/** What runs now of a run and of its children. Needs no worker. */
export async function readPending(client: Client, workflowId: string): Promise<PendingStep[]> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const limit = pLimit(ASKED_AT_ONCE);
  const children = (raw.pendingChildren ?? []).flatMap(({ workflowId: id }) => (id ? [id] : []));
  const ofChildren = await Promise.all(children.map((id) => limit(() => readChild(client, id))));
  const own = (raw.pendingActivities ?? []).map((activity) => toPendingStep(client, { workflowId, activity }));
  return [...(await Promise.all(own)), ...ofChildren.flat()].map((one) => withTable(one, workflowId));
}

async function readChild(client: Client, workflowId: string): Promise<PendingStep[]> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const activities = raw.pendingActivities ?? [];
  return Promise.all(activities.map((activity) => toPendingStep(client, { workflowId, activity })));
}

/** What the running steps last heartbeated. */
export function progressOf(pending: readonly PendingStep[]): StepProgress[] {
  return pending.flatMap(({ progress }) => progress ?? []);
}

async function toPendingStep(
  client: Client,
  { workflowId, activity }: { workflowId: string; activity: Raw },
): Promise<PendingStep> {
  const progress = await decodeProgress(client, activity);
  const seen = [activity.lastHeartbeatTime, activity.lastStartedTime].map(toIso).flatMap((at) => at ?? []);
  return {
    step: (activity.activityType?.name ?? '').replace(ACTIVITY_PREFIX, ''),
    workflowId,
    ...definedOnly({ table: progress?.table }),
    attempt: activity.attempt ?? 1,
    state: STATES[activity.state ?? 0] ?? 'scheduled',
    ...definedOnly({
      lastFailure: toLastFailure(activity),
      nextAttemptAt: toIso(activity.nextAttemptScheduleTime),
      lastSeenAt: seen.toSorted().at(-1),
      progress,
    }),
  };
}

/** By the numbers of `PendingActivityState`; a pause that is asked for shows as one. */
const STATES: readonly PendingStep['state'][] = [
  'scheduled',
  'scheduled',
  'started',
  'cancel-requested',
  'paused',
  'paused',
];

function toLastFailure({ lastFailure, lastAttemptCompleteTime }: Raw): PendingStep['lastFailure'] {
  if (lastFailure == null) return undefined;
  const isTimeout = lastFailure.timeoutFailureInfo != null;
  const code = lastFailure.applicationFailureInfo?.type ?? (isTimeout ? 'timeout' : 'failed');
  return { code, message: lastFailure.message ?? '', ...definedOnly({ at: toIso(lastAttemptCompleteTime) }) };
}

/** One that cannot be decoded, e.g. for want of the codec that the worker has, tells nothing. */
async function decodeProgress(client: Client, { heartbeatDetails }: Raw): Promise<StepProgress | undefined> {
  const { loadedDataConverter } = client.options;
  try {
    const value = await decodeOptionalSinglePayload<StepProgress>(loadedDataConverter, heartbeatDetails?.payloads?.[0]);
    return isProgress(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isProgress(value: StepProgress | null | undefined): value is StepProgress {
  return typeof value === 'object' && value !== null && 'step' in value && 'phase' in value;
}

/** A child copies one table, which its id ends with. */
function withTable(pending: PendingStep, parent: string): PendingStep {
  const prefix = `${parent}/`;
  if (pending.table !== undefined || !pending.workflowId.startsWith(prefix)) return pending;
  return { ...pending, table: pending.workflowId.slice(prefix.length) };
}

function toIso(time: Raw['scheduledTime']): string | undefined {
  return optionalTsToDate(time)?.toISOString();
}

function definedOnly<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
