import type { ClusterName, PeerId, TableName } from '../../../workflows/contract/names.ts';
import type { PeerRef } from '../../../workflows/contract/step-data.ts';
import { Failure } from '../../failure.ts';
import type { HBaseCluster, PeerInfo } from '../../hbase/cluster.ts';

export async function readPeer(cluster: HBaseCluster, id: PeerId): Promise<PeerInfo | undefined> {
  return (await cluster.listPeers()).find((peer) => peer.id === id);
}

/** @throws Failure `peer.changed` when somebody removed it: its WALs are going, so the run cannot go on. */
export async function requirePeer(cluster: HBaseCluster, id: PeerId): Promise<PeerInfo> {
  const peer = await readPeer(cluster, id);
  if (peer) return peer;
  throw new Failure('peer.changed', `Peer ${id} is gone from ${cluster.name}: the WALs it held may be gone too.`, {
    cluster: cluster.name,
  });
}

/** How a peer differs from what the run wants, in words; undefined when it does not. */
export function findPeerDifference(peer: PeerInfo, wanted: PeerRef): string | undefined {
  if (peer.clusterKey !== wanted.clusterKey) return `it ships to ${peer.clusterKey} instead of ${wanted.clusterKey}`;
  if (peer.replicateAll) return 'it replicates all tables';
  if (peer.namespaces.length > 0) return `it replicates namespaces ${peer.namespaces.join(', ')}`;
  return findTableDifference(peer.tables, wanted.tables);
}

type Entries = { table: TableName; families: string[] }[];

/** No families mean all of them. */
export function findTableDifference(found: Entries, wanted: Entries): string | undefined {
  const here = found.map(toText).toSorted();
  const there = wanted.map(toText).toSorted();
  return here.join() === there.join() ? undefined : `its tables are ${here.join(' ')} instead of ${there.join(' ')}`;
}

function toText({ table, families }: Entries[number]): string {
  return families.length === 0 ? table : `${table}(${families.toSorted().join('|')})`;
}

export function toForeignPeerFailure({ cluster, id, difference }: ForeignPeer): Failure {
  return new Failure('peer.changed', `Peer ${id} exists on ${cluster}, but ${difference}.`, { cluster });
}

export interface ForeignPeer {
  cluster: ClusterName;
  id: PeerId;
  difference: string;
}
