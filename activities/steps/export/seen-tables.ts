import type { TableLineage } from '../../../workflows/contract/backup/archive.ts';
import type { ExportedTableFile, ExportPlan } from '../../../workflows/contract/backup/export.ts';
import { Failure } from '../../failure.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import type { RunRecord } from '../../run-record/run-record.ts';
import { readLineage } from '../archive/read-lineage.ts';
import { toRecordedSchema } from '../backup/recorded-schema.ts';
import { inParallel } from '../proof/in-parallel.ts';

/** What a table was when the export began. */
export type KeptTable = Pick<
  ExportedTableFile,
  'table' | 'families' | 'attributes' | 'schemaDigest' | 'regions' | 'lineage'
>;

interface Looking {
  record: RunRecord;
  cluster: HBaseCluster;
  plan: ExportPlan;
}

/** The first look stays in the run's record: what a later attempt sees may be another table by that name. */
export function keepTables({ record, cluster, plan }: Looking): Promise<KeptTable[]> {
  return inParallel({ items: plan.exported, limit: 8 }, ({ table }) =>
    record.keepFirst(`export ${table}`, () => look({ cluster, plan }, table)),
  );
}

/** What `keepTables` has kept of one table. */
export async function readKept({ record, cluster, plan }: Looking, table: string): Promise<KeptTable> {
  return record.keepFirst(`export ${table}`, () => look({ cluster, plan }, table));
}

export function readLineages({ cluster, plan }: Omit<Looking, 'record'>): Promise<TableLineage[]> {
  const tables = plan.exported.map(({ table }) => table);
  return readLineage(cluster, { tables, rootDir: plan.cluster.rootDir });
}

async function look({ cluster, plan }: Omit<Looking, 'record'>, table: string): Promise<KeptTable> {
  const [description, regions, [lineage]] = await Promise.all([
    cluster.readTable(table),
    cluster.listRegions(table),
    readLineage(cluster, { tables: [table], rootDir: plan.cluster.rootDir }),
  ]);
  if (!description || !lineage) {
    throw new Failure('hbase.not-found', `${table} is gone from ${cluster.name} since the plan.`, {
      cluster: cluster.name,
      table,
    });
  }
  return {
    table,
    ...toRecordedSchema(description),
    regions: regions
      .map(({ startKey, endKey }) => ({ startKey, endKey }))
      .toSorted((a, b) => (a.startKey < b.startKey ? -1 : 1)),
    lineage,
  };
}
