import type { TableName } from '../../../workflows/contract/names.ts';
import type { FenceInput } from '../../../workflows/contract/step-data.ts';
import type { StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import { inParallel } from '../proof/in-parallel.ts';
import { toFreeMarker } from '../replication/marker-takers.ts';
import { readOldestClockMs } from './read-clocks.ts';

/** How long no write may be seen. */
const QUIET_MS = 1_000;
const LOOKS = 60;
const TABLES_AT_ONCE = 8;

/** Calls the named command with `fence` or `unfence`; HBase itself knows nothing of this fence. */
export async function callFenceCommand(input: FenceInput, action: 'fence' | 'unfence', world: StepWorld) {
  const { run, epoch, tables } = input;
  const name = requireCommand(input);
  const call = {
    action,
    input: { runId: run.runId, epoch, tables: tables.map(({ table }) => table) },
    signal: world.ctx.signal,
  };
  const { exitCode, outputTail } = await world.deps.runCommand(name, call);
  if (exitCode === 0) return;
  throw new Failure('cutover.failed', `Command ${name} ${action} ended with exit code ${exitCode}.`, {
    cluster: run.source,
    command: `${name} ${action}`,
    logTail: outputTail,
  });
}

/**
 * Until no wave table saw an edit through one roll and a quiet interval (hazard 16). Counts from the SLOWEST server's
 * clock, since cells carry the clock of their server. Blind to writes with client-set timestamps in the past.
 */
export async function waitUntilQuiet(
  { cluster, tables, markerTable }: { cluster: HBaseCluster; tables: TableName[]; markerTable?: TableName | undefined },
  { ctx }: StepWorld,
): Promise<void> {
  let busy: TableName[] = [];
  for (let look = 0; look < LOOKS; look += 1) {
    const fromMs = await readOldestClockMs(cluster, await toFreeMarker(cluster, markerTable));
    await cluster.rollWals();
    await ctx.sleep(QUIET_MS);
    busy = await listTouchedTables({ cluster, tables, fromMs });
    if (busy.length === 0) return;
    ctx.progress({ phase: `waiting for ${busy.length} tables to fall quiet` });
  }
  throw new Failure(
    'cutover.failed',
    `${cluster.name}: the application is fenced, but ${busy.join(', ')} still see writes.`,
    { cluster: cluster.name, table: busy[0] ?? '' },
  );
}

interface TouchedQuestion {
  cluster: HBaseCluster;
  tables: TableName[];
  fromMs: number;
}

async function listTouchedTables({ cluster, tables, fromMs }: TouchedQuestion): Promise<TableName[]> {
  const window = { fromMs, toMs: Number.MAX_SAFE_INTEGER, startRow: '', limit: 1 };
  const touched = await inParallel({ items: tables, limit: TABLES_AT_ONCE }, async (table) => {
    const { rows } = await cluster.listTouchedRows({ table, ...window });
    return rows.length > 0 ? [table] : [];
  });
  return touched.flat();
}

export function requireCommand({ run, command }: FenceInput): string {
  if (command !== undefined) return command;
  throw new Failure('request.invalid', 'cutover.fenceCommand: a fence of kind `command` needs the name of one.', {
    cluster: run.source,
  });
}
