import type { TableName } from '../../../workflows/contract/names.ts';
import type { FenceInput, FenceResult } from '../../../workflows/contract/step-data.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import { keepAlive } from '../../keep-alive.ts';
import type { FenceNote } from '../../run-record/note-values.ts';
import type { RunRecord } from '../../run-record/run-record.ts';
import { inParallel } from '../proof/in-parallel.ts';
import { readPlan } from '../proof/read-plan.ts';
import { callFenceCommand, waitUntilQuiet } from './fence-application.ts';
import { fenceTable, requireFree, waitUntilFenced, type TableFence } from './fence-one-table.ts';
import { requireUnmarked } from './marks.ts';
import { readClockMs } from './read-clocks.ts';

/** Each waits in the master, in one of its 30 threads for everybody, while its table's lock is held. */
export const TABLES_AT_ONCE = 16;

/** From the first call in here until the target opens, or the unfence, writers may be refused. */
export const fenceTables = defineActivity<'fenceTables'>({
  name: 'fenceTables',
  kind: 'change',
  summary: 'fence the writers',
  plan: (input) => ({
    cluster: input.run.source,
    summary: `fence ${input.tables.map(({ table }) => table).join(', ')} (${input.fence})`,
    command: describeFence(input),
    undo: 'the old value of each table, by the workflow or by the fence guard',
    doneWhen: 'every region refuses a checkAndPut that can never write',
  }),
  run: (input, world) =>
    keepAlive({ world, cluster: input.run.source, phase: 'fencing' }, (alive) => fenceAll(input, alive)),
});

async function fenceAll(input: FenceInput, world: StepWorld): Promise<FenceResult> {
  const [cluster, records] = await Promise.all([
    world.deps.cluster(input.run.source),
    world.deps.runs(input.run.source),
  ]);
  const record = records.open(input.run.runId);
  await requireUnmarked(record, input);
  if (input.fence !== 'command') await requireFree(cluster, namesOf(input), world.ctx);
  await noteFences(record, input);
  const done = await (input.fence === 'command'
    ? fenceApplication(input, cluster, world)
    : fenceInHBase({ input, cluster, record, world }));
  const provenAtMs = await readClockMs(cluster);
  // The guard may have won while the proof was under way, and have opened what was just proven.
  await requireUnmarked(record, input);
  return { ...done, provenAtMs };
}

async function noteFences(record: RunRecord, { tables, fence, epoch, command }: FenceInput): Promise<void> {
  const noteOf = (table: FenceInput['tables'][number]): FenceNote => ({
    ...table,
    fence,
    epoch,
    ...(command === undefined ? {} : { command }),
  });
  await inParallel({ items: tables, limit: TABLES_AT_ONCE }, (table) =>
    record.note<FenceNote>('fence', table.table, noteOf(table)),
  );
}

interface HBaseFence {
  input: FenceInput;
  cluster: HBaseCluster;
  record: RunRecord;
  world: StepWorld;
}

/** In parallel, since each table's regions turn one after another and writers wait for the last of them (hazard 15). */
async function fenceInHBase({ input, cluster, record, world }: HBaseFence) {
  const markPath = record.markPath(input.epoch);
  const fenced = await inParallel({ items: input.tables, limit: TABLES_AT_ONCE }, async ({ table }) => {
    const one: TableFence = { ctx: world.ctx, cluster, table, fence: 'readonly' };
    const changed = await fenceTable(one, markPath);
    return { changed, regions: await waitUntilFenced(one) };
  });
  return {
    changed: fenced.some(({ changed }) => changed),
    regions: fenced.reduce((sum, { regions }) => sum + regions, 0),
  };
}

async function fenceApplication(input: FenceInput, cluster: HBaseCluster, world: StepWorld) {
  const tables = namesOf(input);
  const { markerTable } = await readPlan(input.run, world.deps);
  await callFenceCommand(input, 'fence', world);
  await waitUntilQuiet({ cluster, tables, markerTable }, world);
  const regions = await inParallel({ items: tables, limit: TABLES_AT_ONCE }, (table) => cluster.listRegions(table));
  return { changed: true, regions: regions.flat().length };
}

function namesOf({ tables }: FenceInput): TableName[] {
  return tables.map(({ table }) => table);
}

function describeFence({ fence, command }: FenceInput): string {
  return fence === 'command' ? `${command ?? ''} fence` : 'Admin.modifyTable with READONLY => true';
}
