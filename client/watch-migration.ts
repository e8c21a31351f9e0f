import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectedClient } from './connect.ts';
import type { AppContext } from './context.ts';
import { HBaseClient } from './hbase-client.ts';
import type { Output } from './output.ts';
import { readProgress } from './read-progress.ts';
import { createPainter } from './render/painter.ts';
import { formatStatus, formatStatusLine, type StatusView } from './render/migration-status.ts';
import { FAILURES } from '../workflows/contract/failures.ts';

const POLL_MS = 1_000;
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
    const view = await readView(watch);
    painter.paint({ full: formatStatus(view), line: formatStatusLine(view) });
    if (ENDED.has(view.status.phase)) {
      painter.finish();
      output.document(view.status);
      return toExitCode(view);
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
  const [status, progress] = await Promise.all([
    client.readStatus(workflowId),
    readProgress(connected.client, workflowId),
  ]);
  return { status, progress, nowMs: context.nowMs() };
}

function toExitCode({ status }: StatusView): number {
  if (status.phase === 'done') return 0;
  return status.failure === undefined ? FAILURES.cancelled.exit : FAILURES[status.failure.code].exit;
}

/** The signal is looked at right after; any other error of a timer would be a bug. */
function ignoreInterruption(error: unknown): void {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error;
}
