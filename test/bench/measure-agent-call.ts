import { loadInventory } from '../../activities/inventory/load-inventory.ts';
import { createDeps } from '../../worker/deps.ts';
import type { Bench } from './bench.ts';
import { median } from './figures.ts';

const WARM_UP_CALLS = 100;
const CALLS = 500;

/** The cheapest verb that asks HBase, through all that a step goes through: pool, SSH channel, agent. */
export async function measureAgentCall({ sandbox, note }: Bench): Promise<number> {
  note(`agent call: ${CALLS} calls over SSH`);
  const deps = createDeps(loadInventory(sandbox.clustersFile));
  try {
    const cluster = await deps.cluster('old');
    for (let i = 0; i < WARM_UP_CALLS; i += 1) await cluster.listNamespaces();
    const durationsMs: number[] = [];
    for (let i = 0; i < CALLS; i += 1) {
      const startedMs = performance.now();
      await cluster.listNamespaces();
      durationsMs.push(performance.now() - startedMs);
    }
    return median(durationsMs);
  } finally {
    await deps.close();
  }
}
