import type { TableName } from '../../../workflows/contract/names.ts';
import type { PlannedTable } from '../../../workflows/contract/plan.ts';
import type { WatchEvent } from '../../../workflows/contract/step-data.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import { inParallel } from './in-parallel.ts';

export interface SchemaWatch {
  source: HBaseCluster;
  target: HBaseCluster;
  tables: readonly PlannedTable[];
  /** Target tables that were seen as planned: before their restore they may be absent or differ. */
  settledOnTarget: Set<TableName>;
}

/** Dropped tables and changed descriptors on either side (hbase.md §10: a changed family blocks the sink). */
export async function watchSchemas(watch: SchemaWatch): Promise<WatchEvent[]> {
  const found = await inParallel({ items: watch.tables, limit: 8 }, async (planned) => [
    ...(await watchSource(watch, planned)),
    ...(await watchTarget(watch, planned)),
  ]);
  return found.flat();
}

async function watchSource({ source }: SchemaWatch, { table, schemaDigest }: PlannedTable): Promise<WatchEvent[]> {
  const now = await source.readTable(table);
  if (!now) return [toDropped(source, table)];
  return now.schemaDigest === schemaDigest ? [] : [toChanged(source, table)];
}

async function watchTarget(watch: SchemaWatch, { table, schemaDigest }: PlannedTable): Promise<WatchEvent[]> {
  const { target, settledOnTarget } = watch;
  const now = await target.readTable(table);
  if (now?.schemaDigest === schemaDigest) {
    settledOnTarget.add(table);
    return [];
  }
  if (!settledOnTarget.has(table)) return [];
  return [now ? toChanged(target, table) : toDropped(target, table)];
}

function toDropped({ name }: HBaseCluster, table: TableName): WatchEvent {
  const message = `${name}: table ${table} was dropped or renamed.`;
  return { key: `table-dropped:${name}:${table}`, kind: 'table-dropped', table, message };
}

function toChanged({ name }: HBaseCluster, table: TableName): WatchEvent {
  const message = `${name}: the schema of ${table} is not the planned one any more.`;
  return { key: `schema-changed:${name}:${table}`, kind: 'schema-changed', table, message };
}
