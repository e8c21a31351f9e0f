import type { PeerId } from '../../../../workflows/contract/names.ts';
import type { PeerInfo, PeerLag } from '../../../hbase/cluster.ts';

const LIMIT_MS = 10 * 60_000;

export interface LaggingPeer {
  id: PeerId;
  message: string;
}

/**
 * Enabled peers that are far behind on some server, by what the servers report. A queue that only holds the WAL being
 * written is not behind, whatever is reported: before 2.3 an idle peer's lag grows (hbase.md §2.6).
 */
export function findLagging(peers: readonly PeerInfo[], lags: readonly PeerLag[]): LaggingPeer[] {
  return peers.flatMap(({ id, enabled }) => {
    const behind = lags.filter(({ peer, lagMs, queuedWals }) => peer === id && lagMs >= LIMIT_MS && queuedWals > 1);
    const worst = behind.toSorted((a, b) => b.lagMs - a.lagMs)[0];
    if (!enabled || !worst) return [];
    const { server, lagMs, queuedWals } = worst;
    return [
      { id, message: `peer ${id} by ${Math.round(lagMs / 60_000)} min on ${server}, with ${queuedWals} WALs queued` },
    ];
  });
}
