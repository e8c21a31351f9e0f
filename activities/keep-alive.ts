import type { ClusterName, TableName } from '../workflows/contract/names.ts';
import type { StepWorld } from './define-step.ts';

export interface KeepAliveOptions {
  world: StepWorld;
  cluster: ClusterName;
  phase: string;
  table?: TableName;
}

/** Names the phase of the step that works on a cluster; its heartbeat is the frame's. */
export async function keepAlive<T>(options: KeepAliveOptions, work: (world: StepWorld) => Promise<T>): Promise<T> {
  const { world, phase, table } = options;
  world.ctx.progress({ phase, ...(table === undefined ? {} : { table }) });
  return work(world);
}
