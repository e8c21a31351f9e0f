import { BULK_LIMIT_MS, type Ask, type Change } from './ask.ts';
import type { HBaseCluster } from './cluster.ts';
import { replies } from './replies.ts';

type ReplicationVerbs = Pick<
  HBaseCluster,
  | 'listPeers'
  | 'addPeer'
  | 'enablePeer'
  | 'disablePeer'
  | 'removePeer'
  | 'setPeerTables'
  | 'readPeerQueues'
  | 'rollWals'
  | 'findBulkLoads'
>;

export function createReplicationVerbs(ask: Ask, change: Change): ReplicationVerbs {
  return {
    listPeers: () => ask(replies.peers, 'listPeers'),
    addPeer: (peer) => change('addPeer', { args: { ...peer } }),
    enablePeer: (id) => change('enablePeer', { args: { id } }),
    disablePeer: (id) => change('disablePeer', { args: { id } }),
    removePeer: (id) => change('removePeer', { args: { id } }),
    setPeerTables: (id, tables) => change('setPeerTables', { args: { id, tables } }),
    readPeerQueues: (id) => ask(replies.queues, 'readPeerQueues', { args: { id } }),
    rollWals: () => change('rollWals', { args: {} }),
    findBulkLoads: (tables, sinceMs) =>
      ask(replies.bulkLoads, 'findBulkLoads', { args: { tables, sinceMs }, limitMs: BULK_LIMIT_MS }),
  };
}
