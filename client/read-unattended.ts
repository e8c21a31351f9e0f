import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { optionalTsToDate } from '@temporalio/common/lib/time.js';
import { isLastKnown, LAST_KNOWN, type LastKnown } from '../workflows/contract/last-known.ts';
import type { MigrationStatus } from '../workflows/contract/status.ts';
import type { ConnectedClient } from './connect.ts';
import { type PendingStep, readPending } from './read-pending.ts';
import type { StatusView } from './render/migration-status.ts';

/** A migration of which no worker tells: what Temporal itself knows. */
export interface UnattendedView {
  workflowId: string;
  /** Temporal's own word for it, e.g. `RUNNING`. */
  workflow: string;
  taskQueue: string;
  /** ISO time of the last poll of that queue; absent when there was none for minutes. */
  polledAt?: string;
  /** ISO time when a step of the run last showed that a worker lived. */
  seenAt?: string;
  lastKnown?: LastKnown;
  pending: PendingStep[];
  nowMs: number;
}

export function isAttended(view: StatusView | UnattendedView): view is StatusView {
  return 'status' in view;
}

/** Without asking any worker. A run that has ended has its report in its history. */
export async function readUnattended(
  connected: ConnectedClient,
  { workflowId, nowMs }: { workflowId: string; nowMs: number },
): Promise<StatusView | UnattendedView> {
  const handle = connected.client.workflow.getHandle(workflowId);
  const [{ status, taskQueue, memo }, pending] = await Promise.all([
    handle.describe(),
    readPending(connected.client, workflowId),
  ]);
  const report = OPEN.has(status.name) ? undefined : await readReport(handle);
  if (report !== undefined) return { status: report, progress: [], pending, nowMs };
  const polledAt = await readLastPoll(connected, taskQueue);
  const seenAt = pending
    .flatMap(({ lastSeenAt }) => lastSeenAt ?? [])
    .toSorted()
    .at(-1);
  const lastKnown = memo?.[LAST_KNOWN];
  return {
    workflowId,
    workflow: status.name,
    taskQueue,
    ...(polledAt === undefined ? {} : { polledAt }),
    ...(seenAt === undefined ? {} : { seenAt }),
    ...(isLastKnown(lastKnown) ? { lastKnown } : {}),
    pending,
    nowMs,
  };
}

const OPEN: ReadonlySet<string> = new Set(['RUNNING', 'PAUSED']);

/** Temporal remembers pollers for five minutes. */
async function readLastPoll({ client, target }: ConnectedClient, taskQueue: string): Promise<string | undefined> {
  const { pollers } = await client.connection.workflowService.describeTaskQueue({
    namespace: target.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: 1,
  });
  return (pollers ?? [])
    .flatMap(({ lastAccessTime }) => optionalTsToDate(lastAccessTime)?.toISOString() ?? [])
    .toSorted()
    .at(-1);
}

/** undefined: it ended without one, e.g. terminated. */
async function readReport(handle: WorkflowHandle): Promise<MigrationStatus | undefined> {
  try {
    return toStatus(await handle.result());
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    return error.cause instanceof ApplicationFailure ? toStatus(error.cause.details?.[1]) : undefined;
  }
}

function toStatus(value: unknown): MigrationStatus | undefined {
  const isStatus = typeof value === 'object' && value !== null && 'phase' in value && 'tables' in value;
  return isStatus ? (value as MigrationStatus) : undefined;
}
