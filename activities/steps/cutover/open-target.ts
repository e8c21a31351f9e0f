import type { TableName } from '../../../workflows/contract/names.ts';
import { defineActivity } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import { keepAlive } from '../../keep-alive.ts';
import type { StepContext } from '../../step-context.ts';
import { inParallel } from '../proof/in-parallel.ts';
import { TABLES_AT_ONCE } from './fence-tables.ts';
import { listMissingSentinels, toHex } from './sentinels.ts';

const POLL_MS = 75;
const OPEN_LIMIT_MS = 10 * 60_000;

/** The target's tables are enabled, writable and open in every region, and a probe was written and read. */
export const openTarget = defineActivity<'openTarget'>({
  name: 'openTarget',
  kind: 'change',
  summary: 'open the target for writes',
  plan: ({ run, tables, markerTable }) => ({
    cluster: run.target,
    summary: `open ${tables.join(', ')}`,
    command: `Admin.enableTable and READONLY => false where needed; ${describeProbe(markerTable)}`,
    undo: 'none: after the mark it only goes forward',
    doneWhen: `every region is open, and ${markerTable === undefined ? 'takes a write that changes nothing' : 'the probe rows are read back'}`,
  }),
  run: (input, world) =>
    keepAlive({ world, cluster: input.run.target, phase: 'opening the target' }, async () => {
      const target = await world.deps.cluster(input.run.target);
      const { tables, markerTable } = input;
      const isProbed = markerTable === undefined;
      const [opened] = await Promise.all([
        inParallel({ items: tables, limit: TABLES_AT_ONCE }, (table) =>
          openTable({ target, table, ctx: world.ctx, isProbed }),
        ),
        isProbed ? undefined : probeWrites({ target, table: markerTable, ctx: world.ctx }),
      ]);
      return { changed: opened.includes(true) };
    }),
});

function describeProbe(markerTable: TableName | undefined): string {
  return markerTable === undefined
    ? 'a checkAndPut that can never write, in each of their regions'
    : `a put into each region of ${markerTable}`;
}

interface OneTable {
  target: HBaseCluster;
  table: TableName;
  ctx: StepContext;
}

async function openTable({ target, table, ctx, isProbed }: OneTable & { isProbed: boolean }): Promise<boolean> {
  const now = await target.readTable(table);
  if (!now) throw new Failure('hbase.not-found', `${target.name}: table ${table} is gone.`, { table });
  if (!now.enabled) await target.enableTable(table);
  if (now.readOnly) await target.alterTable(table, { readOnly: false });
  const deadlineMs = ctx.nowMs() + OPEN_LIMIT_MS;
  while (!(await isOpen({ target, table, isProbed }))) {
    if (ctx.nowMs() > deadlineMs) throw toNotOpen(target, table);
    await ctx.sleep(POLL_MS);
  }
  return !now.enabled || now.readOnly;
}

/** Without a marker table each region is asked with a condition that never holds: it answers, and nothing is written. */
async function isOpen({ target, table, isProbed }: Omit<OneTable, 'ctx'> & { isProbed: boolean }): Promise<boolean> {
  if (!(await target.isEveryRegionOpen(table))) return false;
  if (!isProbed) return true;
  const { regions, writable } = await target.probeFence(table);
  return regions > 0 && writable.length === regions;
}

async function probeWrites({ target, table: markerTable, ctx }: OneTable): Promise<void> {
  const value = toHex(`open.${ctx.nowMs()}`);
  const rows = await target.putSentinels(markerTable, value);
  const sentinels = new Map(rows.map((row) => [row, value]));
  const missing = await listMissingSentinels({ target, markerTable }, sentinels);
  if (rows.length > 0 && missing.length === 0) return;
  const message = `${target.name}: ${missing.length} of ${rows.length} probes written to ${markerTable} are not read back.`;
  throw new Failure('step.not-converged', message, { cluster: target.name, table: markerTable });
}

function toNotOpen(target: HBaseCluster, table: TableName): Failure {
  return new Failure('step.not-converged', `${target.name}: regions of ${table} are still closed, or take no writes.`, {
    cluster: target.name,
    table,
  });
}
