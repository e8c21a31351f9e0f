import { OWN_PREFIX, type TableName } from '../../../workflows/contract/names.ts';
import type { HBaseCluster, PeerInfo } from '../../hbase/cluster.ts';
import { doesPeerMatch } from '../../hbase/peer-match.ts';

type Peers = Pick<HBaseCluster, 'listPeers'>;

/** Peers that are no run's and would ship this table of a run, be they enabled or not. */
export async function listMarkerTakers(cluster: Peers, markerTable: TableName): Promise<PeerInfo[]> {
  return toMarkerTakers(await cluster.listPeers(), markerTable);
}

export function toMarkerTakers(peers: readonly PeerInfo[], markerTable: TableName): PeerInfo[] {
  return peers.filter((peer) => !peer.id.startsWith(OWN_PREFIX) && doesPeerMatch(peer, markerTable));
}

/** From when somebody's new peer takes the marker table, the run goes on as one that has none: nothing more is written. */
export async function toFreeMarker(source: Peers, markerTable: TableName | undefined): Promise<TableName | undefined> {
  if (markerTable === undefined) return undefined;
  return (await listMarkerTakers(source, markerTable)).length > 0 ? undefined : markerTable;
}
