import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectedClient } from './connect.ts';
import type { AppContext } from './context.ts';
import { HBaseClient } from './hbase-client.ts';
import type { Output } from './output.ts';
import { joinTables } from './join-tables.ts';
import { progressOf, readPending } from './read-pending.ts';
import { readChildStatuses } from './read-child-statuses.ts';
import { isAttended, readUnattended, type UnattendedView } from './read-unattended.ts';
import { createPainter } from './render/painter.ts';
import { formatStatus, formatStatusLine, type StatusView } from './render/migration-status.ts';
import { formatUnattended, formatUnattendedLine } from './render/unattended.ts';
import { Failure } from '../activities/failure.ts';
import type { MigrationStatus } from '../workflows/contract/status.ts';
import { toReportedFailure } from './reported-failure.ts';

const POLL_MS = 1_000;
/** A worker that lives answers a query at once; without one the server would wait for half a minute. */
const ANSWER_MS = 10_000;
const MAX_MISSES = 12;
const ENDED = new Set(['done', 'cancelled', 'failed']);

interface Watch {
  connected: ConnectedClient;
  workflowId: string;
  context: AppContext;
  output: Output;
}

/** Follows a migration to its end, also while no worker lives. Ctrl-C ends the watching only. Returns the exit code. */
export async function watchMigration(watch: Watch): Promise<number> {
  const { context, output, workflowId } = watch;
  const painter = createPainter(context, output);
  let last: StatusView | undefined;
  for (;;) {
    const view = await look(watch);
    if (isAttended(view)) {
      last = view;
      painter.paint({ full: formatStatus(view), line: formatStatusLine(view) });
    } else {
      const before = last === undefined ? [] : formatStatus(last);
      painter.paint({ full: [...before, ...formatUnattended(view)], line: formatUnattendedLine(view) });
    }
    if (isAttended(view) && ENDED.has(view.status.phase)) {
      painter.finish();
      requireSuccess(view.status);
      output.document(toDocument(view));
      return 0;
    }
    await sleep(POLL_MS, undefined, { signal: context.interrupted }).catch(ignoreInterruption);
    if (!context.interrupted.aborted) continue;
    painter.finish();
    output.note(`left ${workflowId} running; come back with: temporal-hbase status ${workflowId} --watch`);
    return 0;
  }
}

/** The status, or what is known of it when no worker answers. */
export async function readAnyView(watch: Omit<Watch, 'output'>): Promise<StatusView | UnattendedView> {
  try {
    return await readView(watch);
  } catch (error) {
    if (toReportedFailure(error).code !== 'temporal.unreachable') throw error;
    // It throws too when it is Temporal that does not answer.
    return readUnattended(watch.connected, { workflowId: watch.workflowId, nowMs: watch.context.nowMs() });
  }
}

/** A busy server may miss a look; only one that stays away ends the watching. */
function look(watch: Watch): Promise<StatusView | UnattendedView> {
  return patiently(watch, () => readAnyView(watch));
}

async function readView({ connected, workflowId, context }: Omit<Watch, 'output'>): Promise<StatusView> {
  const client = new HBaseClient({ client: connected.client });
  // Both end before an error is thrown: a call left behind would retry on a closed connection.
  const [status, pending] = await Promise.allSettled([
    connected.client.withDeadline(Date.now() + ANSWER_MS, () => client.readStatus(workflowId)),
    readPending(connected.client, workflowId),
  ]);
  if (status.status === 'rejected') throw status.reason;
  if (pending.status === 'rejected') throw pending.reason;
  const children = await readChildStatuses(connected.client, pending.value);
  const view = { pending: pending.value, progress: progressOf(pending.value), nowMs: context.nowMs() };
  return { ...view, status: { ...status.value, tables: joinTables(status.value.tables, { ...view, children }) } };
}

/** A busy worker or server may miss a look; only one that stays away ends the watching. */
export function readViewPatiently(watch: Watch): Promise<StatusView> {
  return patiently(watch, () => readView(watch));
}

async function patiently<T>({ context, output }: Watch, read: () => Promise<T>): Promise<T> {
  for (let misses = 1; ; misses += 1) {
    try {
      return await read();
    } catch (error) {
      const { code } = toReportedFailure(error);
      if (code !== 'temporal.unreachable' || misses === MAX_MISSES || context.interrupted.aborted) throw error;
      output.note(`no answer from Temporal or the worker, looking again (${misses} of ${MAX_MISSES})`);
      await sleep(POLL_MS);
    }
  }
}

/** What `--json` prints. */
export function toDocument({ status, progress, pending }: StatusView) {
  return { ...status, progress, pending };
}

/** A run that did not succeed is reported like any other failure, with its exit code. */
function requireSuccess({ phase, workflowId, failure }: MigrationStatus): void {
  if (phase === 'done') return;
  if (failure !== undefined) throw new Failure(failure.code, failure.message);
  throw new Failure('cancelled', `${workflowId} was cancelled`);
}

/** The signal is looked at right after; any other error of a timer would be a bug. */
function ignoreInterruption(error: unknown): void {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error;
}
