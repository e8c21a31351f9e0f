import type { HBaseCluster } from '../../hbase/cluster.ts';

/** The newest wall clock on a cluster: no cell it has stamped by itself is newer. */
export async function readNewestClockMs(cluster: HBaseCluster): Promise<number> {
  return Math.max(...(await cluster.readClocks()).map(({ clockMs }) => clockMs));
}

/** The oldest wall clock: whatever is written from now on is stamped with this or later. */
export async function readOldestClockMs(cluster: HBaseCluster): Promise<number> {
  return Math.min(...(await cluster.readClocks()).map(({ clockMs }) => clockMs));
}
