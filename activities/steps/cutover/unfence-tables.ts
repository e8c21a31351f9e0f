import type { FenceInput, FenceResult } from '../../../workflows/contract/step-data.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import { keepAlive } from '../../keep-alive.ts';
import type { FenceNote } from '../../run-record/note-values.ts';
import type { RunRecord } from '../../run-record/run-record.ts';
import { inParallel } from '../proof/in-parallel.ts';
import { callFenceCommand } from './fence-application.ts';
import { unfenceTable, waitUntilWritable, type TableFence } from './fence-one-table.ts';
import { TABLES_AT_ONCE } from './fence-tables.ts';
import { requireUnfenceMark } from './marks.ts';
import { readClockMs } from './read-clocks.ts';

/** Gives writes back, by the values the run noted, and proves it per region. Never after the mark says cut over. */
export const unfenceTables = defineActivity<'unfenceTables'>({
  name: 'unfenceTables',
  kind: 'change',
  summary: 'give writes back on the source',
  plan: (input) => ({
    cluster: input.run.source,
    summary: `lift the fence of ${input.tables.map(({ table }) => table).join(', ')}`,
    command: input.fence === 'command' ? `${input.command ?? ''} unfence` : 'Admin.modifyTable or enableTable',
    undo: 'fence again, in another epoch',
    doneWhen: 'every region takes writes',
  }),
  run: (input, world) =>
    keepAlive({ world, cluster: input.run.source, phase: 'giving writes back' }, (alive) => unfenceAll(input, alive)),
});

async function unfenceAll(input: FenceInput, world: StepWorld): Promise<FenceResult> {
  const [cluster, records] = await Promise.all([
    world.deps.cluster(input.run.source),
    world.deps.runs(input.run.source),
  ]);
  const record = records.open(input.run.runId);
  await requireUnfenceMark(record, input);
  const done = await unfence(input, { cluster, record, world });
  const provenAtMs = await readClockMs(cluster);
  // Only now: without the note nobody would know the old value. The next epoch writes its own.
  await inParallel({ items: input.tables, limit: TABLES_AT_ONCE }, ({ table }) => record.removeNote('fence', table));
  return { ...done, provenAtMs };
}

interface Parts {
  cluster: HBaseCluster;
  record: RunRecord;
  world: StepWorld;
}

async function unfence(input: FenceInput, { cluster, record, world }: Parts) {
  if (input.fence === 'command') {
    await callFenceCommand(input, 'unfence', world);
    return { changed: true, regions: 0 };
  }
  const noted = await readOldValues(record);
  const { fence } = input;
  const opened = await inParallel({ items: input.tables, limit: TABLES_AT_ONCE }, ({ table, readOnlyBefore }) => {
    const one: TableFence = { ctx: world.ctx, cluster, table, fence };
    return giveBack(one, noted.get(table)?.readOnlyBefore ?? readOnlyBefore);
  });
  return {
    changed: opened.some(({ changed }) => changed),
    regions: opened.reduce((sum, { regions }) => sum + regions, 0),
  };
}

/** A table that was READONLY before the run stays so, and no region of it can prove itself writable. */
export async function giveBack(fence: TableFence, readOnlyBefore: boolean) {
  const changed = await unfenceTable(fence, readOnlyBefore);
  return { changed, regions: readOnlyBefore ? 0 : await waitUntilWritable(fence) };
}

async function readOldValues(record: RunRecord): Promise<Map<string, FenceNote>> {
  const notes = (await record.readNotes()).filter(({ kind }) => kind === 'fence');
  return new Map(notes.map(({ subject, value }) => [subject, value as FenceNote]));
}
