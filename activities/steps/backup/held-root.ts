import type { ExpiryInput } from '../../../workflows/contract/backup/step-data.ts';
import type { RootCatalogue } from '../../catalogue/create-catalogue.ts';
import type { StepWorld } from '../../define-step.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import { keepAlive } from '../../keep-alive.ts';
import { inParallel } from '../proof/in-parallel.ts';
import { openCatalogue } from './open-catalogue.ts';

/** A root as one gateway sees it. */
export interface SeenRoot {
  rootUri: string;
  cluster: HBaseCluster;
  catalogue: RootCatalogue;
  world: StepWorld;
}

/** A root that a run is alone in. */
export interface HeldRoot extends SeenRoot {
  input: ExpiryInput;
}

/** So many changes between two looks at the lease: whoever cleans a run may let others in at any moment. */
const GROUP = 16;
const AT_ONCE = 8;

/** @throws Failure `root.lease-lost` before anything is changed by a run that was cleaned meanwhile. */
export function withHeldRoot<T>(
  { input, world, phase }: { input: ExpiryInput; world: StepWorld; phase: string },
  work: (held: HeldRoot) => Promise<T>,
): Promise<T> {
  const { run, root } = input;
  return keepAlive({ world, cluster: run.source, phase }, async (alive) => {
    const cluster = await alive.deps.cluster(run.source);
    const catalogue = await openCatalogue(alive.deps, { cluster: run.source, rootUri: root.uri });
    const held: HeldRoot = { input, rootUri: root.uri, cluster, catalogue, world: alive };
    await requireAlone(held);
    return work(held);
  });
}

export function requireAlone({ catalogue, input }: HeldRoot): Promise<void> {
  return catalogue.leases.requireHeld(input.run.runId, 'exclusive');
}

/** Changes many things in the root, a few at a time, for as long as the run is alone in it. */
export async function changeEach<T>(
  held: HeldRoot,
  { items, phase }: { items: readonly T[]; phase: string },
  change: (item: T) => Promise<unknown>,
): Promise<void> {
  const { ctx } = held.world;
  for (let done = 0; done < items.length; done += GROUP) {
    ctx.signal.throwIfAborted();
    await requireAlone(held);
    const group = items.slice(done, done + GROUP);
    await inParallel({ items: group, limit: AT_ONCE }, change);
    ctx.progress({ phase: `${phase}: ${done + group.length} of ${items.length}` });
  }
}
