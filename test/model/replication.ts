import type { BulkLoads, PeerQueues, PeerSpec, TableFamilies } from '../../activities/hbase/cluster.ts';
import { createQueue } from './servers.ts';
import {
  hbaseFailed,
  liveServers,
  notFound,
  pause,
  requirePeer,
  type ClusterState,
  type PeerState,
  type QueueState,
} from './state.ts';

/** Peers and their queues: the Admin's replication calls. */

const REFRESH_MS = [5, 60] as const;

export async function addPeer(state: ClusterState, spec: PeerSpec): Promise<void> {
  requireNewId(state, spec.id);
  if (spec.clusterKey === state.clusterKey) throw hbaseFailed(state, 'should not replicate to itself');
  if (!state.findCluster(spec.clusterKey)) throw hbaseFailed(state, `Can't get peerClusterId for ${spec.clusterKey}`);
  const { id, clusterKey, tables } = structuredClone(spec);
  await bearPeer(state, { id, clusterKey, tables });
}

/** Its queues keep every WAL from the one being written, as long as it is disabled (sandbox.md A.9). */
export async function addHolder(state: ClusterState, id: string): Promise<void> {
  requireNewId(state, id);
  const { lineOne } = state.traits;
  await bearPeer(state, { id, clusterKey: '', replicateAll: lineOne, endpoint: HOLDING_ENDPOINT });
}

const HOLDING_ENDPOINT = 'org.apache.hadoop.hbase.replication.VerifyWALEntriesReplicationEndpoint';

function requireNewId(state: ClusterState, id: string): void {
  if (id.includes('-')) throw hbaseFailed(state, `IllegalArgumentException: Found invalid peer name: ${id}`);
  if (state.peers.has(id)) throw hbaseFailed(state, `ReplicationPeer ${id} already exists`);
}

/** Somebody else's, of whatever configuration: disabled until it is enabled. */
export async function addOtherPeer(state: ClusterState, spec: NewPeer): Promise<void> {
  requireNewId(state, spec.id);
  await bearPeer(state, structuredClone(spec));
}

export type NewPeer = Pick<PeerState, 'id' | 'clusterKey'> & Partial<Omit<PeerState, 'enabled' | 'enabledOn'>>;
const PLAIN = {
  replicateAll: false,
  tables: [],
  namespaces: [],
  excludeTables: [],
  excludeNamespaces: [],
  serial: false,
};

async function bearPeer(state: ClusterState, spec: NewPeer): Promise<void> {
  const enabledOn = new Set<string>();
  const peer: PeerState = { ...structuredClone(PLAIN), ...spec, enabled: state.traits.lineOne, enabledOn };
  state.peers.set(peer.id, peer);
  if (state.traits.lineOne) await addOnLineOne(state, peer);
  else await reachEveryServer(state, (server) => addQueueOnce(state, peer.id, server));
}

/** 1.x only writes ZooKeeper: servers hear of it on their own, and the peer is enabled until it is disabled. */
async function addOnLineOne(state: ClusterState, peer: PeerState): Promise<void> {
  for (const { name } of liveServers(state)) {
    peer.enabledOn.add(name);
    state.clock.after(state.random.between(20, 3_000), () => addQueueOnce(state, peer.id, name));
  }
  await pause(state, [20, 100]);
  await setEnabled(state, peer, false);
}

function addQueueOnce(state: ClusterState, id: string, serverName: string): void {
  const server = state.servers.find((one) => one.name === serverName && one.live);
  const known = state.queues.some((queue) => queue.peer === id && queue.server === serverName && !queue.recovered);
  if (server && !known && state.peers.has(id)) createQueue(state, id, server);
}

async function reachEveryServer(state: ClusterState, tell: (server: string) => void): Promise<void> {
  for (const { name } of liveServers(state)) {
    await pause(state, REFRESH_MS);
    tell(name);
  }
}

export async function setPeerState(state: ClusterState, id: string, enabled: boolean): Promise<void> {
  const peer = requirePeer(state, id);
  const word = enabled ? 'enabled' : 'disabled';
  if (peer.enabled === enabled) throw hbaseFailed(state, `DoNotRetryIOException: peer ${id} has already been ${word}`);
  await setEnabled(state, peer, enabled);
}

async function setEnabled(state: ClusterState, peer: PeerState, enabled: boolean): Promise<void> {
  peer.enabled = enabled;
  await reachEveryServer(state, (server) => {
    // A later call may have turned it meanwhile.
    if (peer.enabled) peer.enabledOn.add(server);
    else peer.enabledOn.delete(server);
    state.wakeShippers();
  });
}

export async function removePeer(state: ClusterState, id: string): Promise<void> {
  requirePeer(state, id);
  state.peers.delete(id);
  state.hfileRefs.delete(id);
  await pause(state, REFRESH_MS);
  const gone = state.queues.filter((queue) => queue.peer === id);
  for (const queue of gone) state.queues.splice(state.queues.indexOf(queue), 1);
}

export async function setPeerTables(state: ClusterState, id: string, tables: TableFamilies[]): Promise<void> {
  const peer = requirePeer(state, id);
  await pause(state, REFRESH_MS);
  if (!state.peers.has(id)) throw notFound(state, `ReplicationPeerNotFoundException: ${id}`);
  peer.tables = structuredClone(tables);
  state.wakeShippers();
}

export function readPeerQueues(state: ClusterState, id: string): PeerQueues {
  const queues = state.queues.filter((queue) => queue.peer === id);
  return {
    liveServers: liveServers(state).map(({ name }) => name),
    crashingServers: state.servers.filter((server) => server.crashing).map(({ name }) => name),
    queues: queues.map(describeQueue),
    hfileRefs: state.hfileRefs.get(id) ?? 0,
    newestWals: liveServers(state).flatMap(({ name, current }) =>
      [...current.values()].map((wal) => ({
        server: name,
        group: wal.group,
        name: wal.name,
        startedMs: wal.startedMs,
      })),
    ),
    bytes: queues.reduce((sum, queue) => sum + queueBytes(queue), 0),
  };
}

function describeQueue(queue: QueueState): PeerQueues['queues'][number] {
  const wals = [...queue.groups.values()].flatMap((group) => group.wals);
  return {
    queue: queue.id,
    server: queue.server,
    recovered: queue.recovered,
    wals: wals.map(({ name, group, startedMs }) => ({ name, group, startedMs })),
  };
}

export const ENTRY_BYTES = 100;

function queueBytes(queue: QueueState): number {
  const wals = [...queue.groups.values()].flatMap((group) => group.wals);
  return wals.reduce((sum, wal) => sum + wal.entries.length * ENTRY_BYTES, 0);
}

/** Logs that a queue still names, and those being written. */
export function heldWalBytes(state: ClusterState): number {
  const held = new Set(state.queues.flatMap((queue) => [...queue.groups.values()].flatMap((group) => group.wals)));
  for (const server of liveServers(state)) for (const wal of server.current.values()) held.add(wal);
  return [...held].reduce((sum, wal) => sum + wal.entries.length * ENTRY_BYTES, 0);
}

export function findBulkLoads(state: ClusterState, tables: string[], sinceMs: number): BulkLoads[] {
  const entries = state.wals.flatMap((wal) => wal.entries);
  const loads = entries.filter(({ bulkLoadFiles, atMs }) => bulkLoadFiles > 0 && atMs >= sinceMs);
  return tables.flatMap((table) => {
    const mine = loads.filter((load) => load.table === table);
    if (mine.length === 0) return [];
    const files = mine.reduce((sum, { bulkLoadFiles }) => sum + bulkLoadFiles, 0);
    return [{ table, files, lastAtMs: Math.max(...mine.map(({ atMs }) => atMs)) }];
  });
}
