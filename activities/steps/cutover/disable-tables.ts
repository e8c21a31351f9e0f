import type { FenceInput, FenceResult } from '../../../workflows/contract/step-data.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { keepAlive } from '../../keep-alive.ts';
import { BULK_LOAD_LOOKBACK_MS, requireNoBulkLoads } from '../proof/bulk-loads.ts';
import { inParallel } from '../proof/in-parallel.ts';
import { closeTable, waitUntilClosed, type TableFence } from './fence-one-table.ts';
import { TABLES_AT_ONCE } from './fence-tables.ts';
import { requireUnmarked } from './marks.ts';
import { readClockMs, readOldestClockMs } from './read-clocks.ts';

/**
 * `fence: disable`: READONLY stops no bulk load, a disabled table does (hazard 12). After the compare, since a disabled
 * table answers no reader either; the fence's note and its guard know of both halves from the start.
 */
export const disableTables = defineActivity<'disableTables'>({
  name: 'disableTables',
  kind: 'change',
  summary: 'disable the fenced tables, and look for bulk loads a last time',
  plan: ({ run, tables }) => ({
    cluster: run.source,
    summary: `disable ${tables.map(({ table }) => table).join(', ')}`,
    command: 'Admin.disableTable',
    undo: 'enable each table, by the workflow or by the fence guard',
    doneWhen: 'no region of them is open',
  }),
  run: (input, world) =>
    keepAlive({ world, cluster: input.run.source, phase: 'disabling' }, (alive) => disableAll(input, alive)),
});

async function disableAll(input: FenceInput, { deps, ctx }: StepWorld): Promise<FenceResult> {
  const [cluster, records] = await Promise.all([deps.cluster(input.run.source), deps.runs(input.run.source)]);
  const record = records.open(input.run.runId);
  await requireUnmarked(record, input);
  const markPath = record.markPath(input.epoch);
  const closed = await inParallel({ items: input.tables, limit: TABLES_AT_ONCE }, async ({ table }) => {
    const one: TableFence = { ctx, cluster, table, fence: 'disable' };
    const changed = await closeTable(one, markPath);
    return { changed, regions: await waitUntilClosed(one) };
  });
  const sinceMs = (await readOldestClockMs(cluster)) - BULK_LOAD_LOOKBACK_MS;
  await requireNoBulkLoads(cluster, { tables: input.tables.map(({ table }) => table), sinceMs });
  const provenAtMs = await readClockMs(cluster);
  await requireUnmarked(record, input);
  return {
    changed: closed.some(({ changed }) => changed),
    regions: closed.reduce((sum, { regions }) => sum + regions, 0),
    provenAtMs,
  };
}
