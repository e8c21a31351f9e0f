import type { ReplicationBacklog } from '../../../workflows/contract/status.ts';
import type { PeerQueues } from '../../hbase/cluster.ts';

/** What is held for the peers, each WAL once. Display only: the WAL being written always counts (HBASE-28114). */
export function measureBacklog(peers: PeerQueues[], nowMs: number): ReplicationBacklog {
  const wals = new Map(
    peers.flatMap(({ queues }) => queues.flatMap((queue) => queue.wals)).map((wal) => [wal.name, wal.startedMs]),
  );
  const oldest = Math.min(...wals.values());
  return {
    wals: wals.size,
    // The peers of one run hold the same WALs, so the largest figure is nearest to what is on disk.
    bytes: Math.max(0, ...peers.map(({ bytes }) => bytes)),
    oldestMs: Number.isFinite(oldest) ? Math.max(0, nowMs - oldest) : 0,
    asOf: new Date(nowMs).toISOString(),
  };
}
