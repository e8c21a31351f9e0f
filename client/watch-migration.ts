import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectedClient } from './connect.ts';
import type { AppContext } from './context.ts';
import { HBaseClient } from './hbase-client.ts';
import type { Output } from './output.ts';
import { joinTables } from './join-tables.ts';
import { progressOf, readPending } from './read-pending.ts';
import { readChildStatuses } from './read-child-statuses.ts';
import { createPainter } from './render/painter.ts';
import { formatStatus, formatStatusLine, type StatusView } from './render/migration-status.ts';
import { Failure } from '../activities/failure.ts';
import type { MigrationStatus } from '../workflows/contract/status.ts';
import { toReportedFailure } from './reported-failure.ts';

const POLL_MS = 1_000;
/** Each look has the client's own time-out of ten seconds. */
const MAX_MISSES = 12;
const ENDED = new Set(['done', 'cancelled', 'failed']);

interface Watch {
  connected: ConnectedClient;
  workflowId: string;
  context: AppContext;
  output: Output;
}

/** Follows a migration to its end. Ctrl-C ends the watching only. Returns the exit code. */
export async function watchMigration(watch: Watch): Promise<number> {
  const { context, output, workflowId } = watch;
  const painter = createPainter(context, output);
  for (;;) {
    const view = await readViewPatiently(watch);
    painter.paint({ full: formatStatus(view), line: formatStatusLine(view) });
    if (ENDED.has(view.status.phase)) {
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

export async function readView({ connected, workflowId, context }: Omit<Watch, 'output'>): Promise<StatusView> {
  const client = new HBaseClient({ client: connected.client });
  // Both end before an error is thrown: a call left behind would retry on a closed connection.
  const [status, pending] = await Promise.allSettled([
    client.readStatus(workflowId),
    readPending(connected.client, workflowId),
  ]);
  if (status.status === 'rejected') throw status.reason;
  if (pending.status === 'rejected') throw pending.reason;
  const children = await readChildStatuses(connected.client, pending.value);
  const view = { pending: pending.value, progress: progressOf(pending.value), nowMs: context.nowMs() };
  return { ...view, status: { ...status.value, tables: joinTables(status.value.tables, { ...view, children }) } };
}

/** A busy worker or server may miss a look; only one that stays away ends the watching. */
export async function readViewPatiently(watch: Watch): Promise<StatusView> {
  for (let misses = 1; ; misses += 1) {
    try {
      return await readView(watch);
    } catch (error) {
      const { code } = toReportedFailure(error);
      if (code !== 'temporal.unreachable' || misses === MAX_MISSES || watch.context.interrupted.aborted) throw error;
      watch.output.note(`no answer from Temporal or the worker, looking again (${misses} of ${MAX_MISSES})`);
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
