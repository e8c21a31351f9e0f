import type { ClusterName, TableName } from '../workflows/contract/names.ts';
import type { StepWorld } from './define-step.ts';
import { withoutCancellation } from './hbase/request-scope.ts';
import type { ProgressReport, StepContext } from './step-context.ts';

export interface KeepAliveOptions {
  world: StepWorld;
  cluster: ClusterName;
  phase: string;
  table?: TableName;
}

const PULSE_MS = 1_000;

interface Pulse {
  finished: boolean;
  /** Sent again with each pulse, so that a reader keeps seeing how far the work is. */
  last: ProgressReport;
}

/**
 * Runs `work` and sends a heartbeat for every reply the cluster gives to a small question meanwhile: an Admin call can
 * block for minutes (hbase.md §1.5), and a heartbeat without a reply would hide a dead connection. What `work` itself
 * reports through the world it is given is repeated.
 */
export async function keepAlive<T>(options: KeepAliveOptions, work: (world: StepWorld) => Promise<T>): Promise<T> {
  const { world, phase, table } = options;
  const state: Pulse = { finished: false, last: { phase, ...(table === undefined ? {} : { table }) } };
  void pulse(options, state);
  try {
    return await work({ deps: world.deps, ctx: remembering(world.ctx, state) });
  } finally {
    state.finished = true;
  }
}

function remembering(ctx: StepContext, state: Pulse): StepContext {
  return {
    signal: ctx.signal,
    attempt: ctx.attempt,
    operation: ctx.operation,
    cancelCause: () => ctx.cancelCause(),
    sleep: (ms) => ctx.sleep(ms),
    sleepRegardless: (ms) => ctx.sleepRegardless(ms),
    nowMs: () => ctx.nowMs(),
    ...(ctx.hasEnded === undefined ? {} : { hasEnded: ctx.hasEnded }),
    progress: (report) => {
      state.last = report;
      ctx.progress(report);
    },
  };
}

async function pulse({ world: { ctx, deps }, cluster }: KeepAliveOptions, state: Pulse): Promise<void> {
  const connected = await deps.cluster(cluster).catch(() => undefined);
  if (!connected) return;
  while (!state.finished) {
    // Also after a cancellation: `work` may wait for a change that has begun, and a silent attempt would be taken for
    // ended while the cluster still makes it.
    await ctx.sleepRegardless(PULSE_MS);
    if (state.finished) return;
    const answered = await withoutCancellation(() => connected.listNamespaces()).then(
      () => true,
      () => false,
    );
    if (answered && !state.finished) ctx.progress(state.last);
  }
}
