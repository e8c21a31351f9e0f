import type { TableName } from '../../../workflows/contract/names.ts';
import { Failure } from '../../failure.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';

/** Up to here `watchRun` has looked; further back there is too much to read inside a fence. */
export const BULK_LOAD_LOOKBACK_MS = 120_000;

/** READONLY stops no bulk load, so the last look is the last thing before the mark (hazard 12). */
export async function requireNoBulkLoads(
  source: HBaseCluster,
  { tables, sinceMs }: { tables: TableName[]; sinceMs: number },
): Promise<void> {
  const [found] = await source.findBulkLoads(tables, sinceMs);
  if (!found) return;
  const { table, files } = found;
  const message = `${source.name}: ${files} files were bulk-loaded into ${table}; replication does not carry them.`;
  throw new Failure('cutover.failed', message, { cluster: source.name, table });
}
