import { CancellationScope } from '@temporalio/workflow';
import { isCancelled } from './workflow-failure.ts';

/**
 * Runs `work` for every item, at most `limit` at a time. A failure stops the others and is thrown when all have ended,
 * so that nothing is still running when the undo begins.
 */
export async function forEachBounded<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  await runLanes(Math.min(limit, items.length), async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  });
}

/** The same for work that finds its next item by itself. */
export async function runLanes(count: number, lane: () => Promise<void>): Promise<void> {
  const scope = new CancellationScope();
  const failures: unknown[] = [];
  await scope.run(async () => {
    const lanes = Array.from({ length: count }, () =>
      lane().catch((error: unknown) => {
        failures.push(error);
        scope.cancel();
      }),
    );
    await Promise.all(lanes);
  });
  const first = failures.find((error) => !isCancelled(error)) ?? failures[0];
  if (first !== undefined) throw first;
}
