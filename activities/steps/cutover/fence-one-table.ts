import type { TableName } from '../../../workflows/contract/names.ts';
import { Failure } from '../../failure.ts';
import type { HBaseCluster, TableDescription, TableLocks } from '../../hbase/cluster.ts';
import type { StepContext } from '../../step-context.ts';

/** A fence that HBase itself holds; an application's fence is in `fence-application.ts`. */
export interface TableFence {
  ctx: StepContext;
  cluster: HBaseCluster;
  table: TableName;
  /** `disable` is READONLY until everything is proven, and disabled from just before the mark on. */
  fence: 'readonly' | 'disable';
}

/** A table with thousands of regions reopens for minutes; longer is for a person to look at. */
const PROOF_LIMIT_MS = 15 * 60_000;
const POLL_MS = 75;
/** A region moves in less. */
const FREE_LIMIT_MS = 3_000;

/**
 * @param markPath compared just before the change: a fence whose epoch is decided is not set.
 * @returns whether it was changed.
 */
export async function fenceTable({ cluster, table }: TableFence, markPath: string): Promise<boolean> {
  const now = await requireTable(cluster, table);
  if (!now.readOnly) await cluster.alterTable(table, { readOnly: true }, { markPath });
  return !now.readOnly;
}

/** The second half of `disable`, after which nothing in HBase adds to the table any more, bulk loads included. */
export async function closeTable({ cluster, table }: TableFence, markPath: string): Promise<boolean> {
  const { enabled } = await requireTable(cluster, table);
  if (enabled) await cluster.disableTable(table, { markPath });
  return enabled;
}

/** Gives the table back as it was before, also behind a fence that is still queued. Returns whether it was not so. */
export async function unfenceTable({ cluster, table, fence }: TableFence, readOnlyBefore: boolean): Promise<boolean> {
  const now = await requireTable(cluster, table);
  await cluster.giveBack(table, { readOnly: readOnlyBefore, enable: fence === 'disable' });
  return now.readOnly !== readOnlyBefore || (fence === 'disable' && !now.enabled);
}

/**
 * A fence that would wait for somebody else is not asked for: it would stand in the table's queue, and stop writers
 * whenever it comes to its turn. What passes by itself in a moment, such as a region that moves, is waited for.
 *
 * @throws Failure `cutover.failed`; nothing was fenced.
 */
export async function requireFree(cluster: HBaseCluster, tables: TableName[], ctx: StepContext): Promise<void> {
  const deadlineMs = ctx.nowMs() + FREE_LIMIT_MS;
  for (;;) {
    const busy = (await cluster.readTableLocks(tables)).filter(({ waitsFor }) => waitsFor.length > 0);
    if (busy.length === 0) return;
    if (ctx.nowMs() >= deadlineMs) throw toBusy(cluster, busy);
    await ctx.sleep(POLL_MS);
  }
}

function toBusy(cluster: HBaseCluster, busy: TableLocks[]): Failure {
  const [first] = busy;
  const others = busy.length > 1 ? `, and ${busy.length - 1} more tables are busy` : '';
  const message =
    `${cluster.name}: a fence of ${first?.table} would have to wait: ${first?.waitsFor.slice(0, 3).join('; ')}${others}. ` +
    'Nothing was fenced. Let it end, or end it, and approve again.';
  return new Failure('cutover.failed', message, { cluster: cluster.name, table: first?.table ?? '' });
}

/** Until no region takes a write (hazard 16). Returns the number of regions. */
export async function waitUntilFenced(fence: TableFence): Promise<number> {
  return pollUntilProven(fence, judgeFenced);
}

/** Until no region is open. Returns the number of regions. */
export async function waitUntilClosed(fence: TableFence): Promise<number> {
  return pollUntilProven(fence, judgeClosed);
}

/** Until every region takes writes. Returns the number of regions. */
export async function waitUntilWritable(fence: TableFence): Promise<number> {
  return pollUntilProven(fence, judgeWritable);
}

type Judgement = { regions: number } | { missing: string };

async function judgeFenced({ cluster, table }: TableFence): Promise<Judgement> {
  const { regions, rejected, writable, unknown } = await cluster.probeFence(table);
  if (regions > 0 && rejected === regions) return { regions };
  return { missing: `${writable.length} of ${regions} regions take writes, ${unknown.length} do not answer` };
}

async function judgeWritable({ cluster, table }: TableFence): Promise<Judgement> {
  const { regions, writable, rejected, unknown } = await cluster.probeFence(table);
  if (regions > 0 && writable.length === regions) return { regions };
  return { missing: `${rejected} of ${regions} regions reject writes, ${unknown.length} do not answer` };
}

async function judgeClosed({ cluster, table }: TableFence): Promise<Judgement> {
  const [{ enabled }, regions] = await Promise.all([requireTable(cluster, table), cluster.listRegions(table)]);
  const online = regions.filter((region) => region.online).length;
  if (!enabled && online === 0) return { regions: regions.length };
  return { missing: enabled ? 'it is enabled' : `${online} of ${regions.length} regions are still open` };
}

async function pollUntilProven(fence: TableFence, judge: (fence: TableFence) => Promise<Judgement>): Promise<number> {
  const { ctx, cluster, table } = fence;
  const deadlineMs = ctx.nowMs() + PROOF_LIMIT_MS;
  for (;;) {
    const judged = await judge(fence);
    if ('regions' in judged) return judged.regions;
    if (ctx.nowMs() > deadlineMs) {
      const message = `${cluster.name}: the fence of ${table} is not in place: ${judged.missing}.`;
      throw new Failure('step.not-converged', message, { cluster: cluster.name, table });
    }
    await ctx.sleep(POLL_MS);
  }
}

async function requireTable(cluster: HBaseCluster, table: TableName): Promise<TableDescription> {
  const found = await cluster.readTable(table);
  if (found) return found;
  throw new Failure('hbase.not-found', `${cluster.name}: table ${table} is gone.`, { cluster: cluster.name, table });
}
