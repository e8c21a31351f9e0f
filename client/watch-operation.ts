import { setTimeout as sleep } from 'node:timers/promises';
import { BackupClient } from './backup-client.ts';
import type { ConnectedClient } from './connect.ts';
import type { AppContext } from './context.ts';
import type { Output } from './output.ts';
import { progressOf, readPending } from './read-pending.ts';
import { formatOperation, formatOperationLine, type OperationView } from './render/operation-status.ts';
import { formatTrying, isTryingAgain } from './render/pending.ts';
import { createPainter } from './render/painter.ts';
import { toReportedFailure } from './reported-failure.ts';

const POLL_MS = 1_000;
const MAX_MISSES = 12;
const ENDED = new Set(['done', 'failed', 'cancelled']);

export interface OperationWatch {
  connected: ConnectedClient;
  workflowId: string;
  context: AppContext;
  output: Output;
}

/** Follows a backup, restore, drill or expiry to its end and answers its report. Ctrl-C ends the watching only. */
export async function watchOperation(watch: OperationWatch): Promise<unknown> {
  const { connected, workflowId, context, output } = watch;
  const painter = createPainter(context, output);
  const client = new BackupClient({ client: connected.client, taskQueue: connected.target.taskQueue });
  for (;;) {
    const view = await readPatiently(watch, client);
    painter.paint({ full: formatOperation(view), line: formatOperationLine(view) });
    if (ENDED.has(view.status.phase)) {
      painter.finish();
      return client.waitForOperation(workflowId);
    }
    await sleep(POLL_MS, undefined, { signal: context.interrupted }).catch(() => undefined);
    if (!context.interrupted.aborted) continue;
    painter.finish();
    output.note(`left ${workflowId} running; come back with: temporal-hbase backup follow ${workflowId}`);
    return undefined;
  }
}

/** A busy worker or server may miss a look; only one that stays away ends the watching. */
async function readPatiently({ connected, workflowId, context, output }: OperationWatch, client: BackupClient) {
  for (let misses = 1; ; misses += 1) {
    try {
      const [status, pending] = await Promise.all([
        client.readOperation(workflowId),
        readPending(connected.client, workflowId),
      ]);
      const nowMs = context.nowMs();
      const now = progressOf(pending).map(({ step, table, phase }) => [step, table, phase].filter(Boolean).join(' '));
      const trying = pending.filter(isTryingAgain).map((step) => formatTrying(step, nowMs));
      return { status, now: [...now, ...trying], nowMs } satisfies OperationView;
    } catch (error) {
      const isTransient = toReportedFailure(error).code === 'temporal.unreachable';
      if (!isTransient || misses === MAX_MISSES || context.interrupted.aborted) throw error;
      output.note(`no answer from Temporal or the worker, looking again (${misses} of ${MAX_MISSES})`);
      await sleep(POLL_MS);
    }
  }
}
