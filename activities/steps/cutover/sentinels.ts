import type { TableName } from '../../../workflows/contract/names.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';

/** Rows written into the marker table on the source, and the newest value each must show on the target. */
export type Sentinels = Map<string, string>;

export interface MarkerTables {
  source: HBaseCluster;
  target: HBaseCluster;
  markerTable: TableName;
}

export function toHex(text: string): string {
  return Buffer.from(text, 'utf8').toString('hex');
}

/** One row per region of the marker table, which has a region per live server: every server's WAL gets one. */
export async function putSentinels(
  { source, markerTable }: Pick<MarkerTables, 'source' | 'markerTable'>,
  { sentinels, value }: { sentinels: Sentinels; value: string },
): Promise<void> {
  const hex = toHex(value);
  for (const row of await source.putSentinels(markerTable, hex)) sentinels.set(row, hex);
}

/** Rows whose value has not arrived. They corroborate; the queue proves (hazard 7). */
export async function listMissingSentinels(
  { target, markerTable }: Pick<MarkerTables, 'target' | 'markerTable'>,
  sentinels: Sentinels,
): Promise<string[]> {
  const rows = [...sentinels.keys()];
  const cells = await Promise.all(rows.map((row) => target.readRow(markerTable, row)));
  return rows.filter((row, at) => !cells[at]?.some(({ value }) => value === sentinels.get(row)));
}
