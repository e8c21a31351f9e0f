import type { ClusterName, TableName } from '../workflows/contract/names.ts';
import type { StepWorld } from './define-step.ts';

export interface KeepAliveOptions {
  world: StepWorld;
  cluster: ClusterName;
  phase: string;
  table?: TableName;
}

const PULSE_MS = 1_000;

/**
 * Runs `work` and sends a heartbeat for every reply the cluster gives to a small question meanwhile: an Admin call can
 * block for minutes (hbase.md §1.5), and a heartbeat without a reply would hide a dead connection.
 */
export async function keepAlive<T>(options: KeepAliveOptions, work: () => Promise<T>): Promise<T> {
  const state = { finished: false };
  void pulse(options, state);
  try {
    return await work();
  } finally {
    state.finished = true;
  }
}

async function pulse({ world, cluster, phase, table }: KeepAliveOptions, state: { finished: boolean }): Promise<void> {
  const { ctx, deps } = world;
  const connected = await deps.cluster(cluster).catch(() => undefined);
  while (connected && !state.finished) {
    // A rejected sleep is a cancellation: `work` sees the same signal and decides.
    const awake = await ctx.sleep(PULSE_MS).then(
      () => true,
      () => false,
    );
    if (!awake || state.finished) return;
    const answered = await connected.listNamespaces().then(
      () => true,
      () => false,
    );
    if (answered && !state.finished) ctx.progress({ phase, ...(table === undefined ? {} : { table }) });
  }
}
