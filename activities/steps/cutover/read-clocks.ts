import type { TableName } from '../../../workflows/contract/names.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';

/** How far a server's clock can be past its last report to the master (`hbase.regionserver.msginterval`). */
const REPORT_INTERVAL_MS = 3_000;

/**
 * The newest wall clock on a cluster: no cell it has stamped by itself is newer.
 *
 * @param markerTable makes it exact for every server that has a region of it; others get a margin.
 */
export async function readNewestClockMs(cluster: HBaseCluster, markerTable: TableName): Promise<number> {
  const clocks = await cluster.readClocks(markerTable);
  return Math.max(...clocks.map(({ clockMs, lowerBound }) => clockMs + (lowerBound ? REPORT_INTERVAL_MS : 0)));
}

/** The oldest wall clock: whatever is written from now on is stamped with this or later. */
export async function readOldestClockMs(cluster: HBaseCluster, markerTable?: TableName): Promise<number> {
  return Math.min(...(await cluster.readClocks(markerTable)).map(({ clockMs }) => clockMs));
}

/** What time it is there, to be shown: nothing may be proven by it. */
export async function readClockMs(cluster: HBaseCluster): Promise<number> {
  return Math.max(...(await cluster.readClocks()).map(({ clockMs }) => clockMs));
}
