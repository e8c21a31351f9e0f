import type { PeerId, TableName } from '../../../workflows/contract/names.ts';
import type { HBaseCluster, ServerClock } from '../../hbase/cluster.ts';

/** HBase's default of `hbase.regionserver.msginterval`. */
const REPORT_INTERVAL_MS = 3_000;
/** A server's clock can be past its last report to the master by one interval, and by another when it misses one. */
const MISSED_REPORTS = 2;

/**
 * The newest wall clock on a cluster: no cell it has stamped by itself is newer.
 *
 * @param markerTable makes it exact for every server that has a region of it; others get a margin of two reports.
 */
export async function readNewestClockMs(cluster: HBaseCluster, markerTable?: TableName): Promise<number> {
  const clocks = await cluster.readClocks(markerTable);
  return Math.max(...clocks.map((clock) => clock.clockMs + toMarginMs(clock)));
}

function toMarginMs({ lowerBound, reportEveryMs = REPORT_INTERVAL_MS }: ServerClock): number {
  return lowerBound ? MISSED_REPORTS * reportEveryMs : 0;
}

/**
 * The newest clock at the last roll, without writing anything: a WAL is named by its server's clock. Behind a fence that
 * was proven before the roll no cell of a fenced table is newer, and there is no margin to guess.
 */
export async function readRolledClockMs(source: HBaseCluster, peerIds: readonly PeerId[]): Promise<number> {
  const listed = await Promise.all(peerIds.map((id) => source.readPeerQueues(id)));
  const rolledMs = listed.flatMap(({ newestWals }) => newestWals.map(({ startedMs }) => startedMs));
  return rolledMs.length > 0 ? Math.max(...rolledMs) : readNewestClockMs(source);
}

/** The oldest wall clock: whatever is written from now on is stamped with this or later. */
export async function readOldestClockMs(cluster: HBaseCluster, markerTable?: TableName): Promise<number> {
  return Math.min(...(await cluster.readClocks(markerTable)).map(({ clockMs }) => clockMs));
}

/** What time it is there, to be shown: nothing may be proven by it. */
export async function readClockMs(cluster: HBaseCluster): Promise<number> {
  return Math.max(...(await cluster.readClocks()).map(({ clockMs }) => clockMs));
}
