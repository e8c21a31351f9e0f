import { listShippedFamilies } from '../../activities/hbase/peer-match.ts';
import { OWN_PREFIX } from '../../workflows/contract/names.ts';
import type { PeerState, QueueState, WalEntry } from './state.ts';
import type { ModelWorld } from './world.ts';

/**
 * What peers that are no run's still have to ship of tables that are a run's. A peer whose cluster has no such table
 * stands still for good: nothing of ours may ever be there, not even of a table that is gone.
 */
export function listOursInForeignQueues({ members }: ModelWorld): string[] {
  return members.flatMap(({ state }) =>
    state.queues.flatMap((queue) => {
      const peer = state.peers.get(queue.peer);
      if (!peer || peer.id.startsWith(OWN_PREFIX)) return [];
      const tables = new Set(toUnshipped(queue).flatMap((entry) => (isOursToShip(entry, peer) ? [entry.table] : [])));
      return [...tables].map((table) => `${table} is in the queue of peer ${peer.id} on ${state.name}`);
    }),
  );
}

function toUnshipped({ groups }: QueueState): WalEntry[] {
  return [...groups.values()].flatMap(({ wals, position }) =>
    wals.flatMap(({ entries }, at) => (at === 0 ? entries.slice(position) : entries)),
  );
}

function isOursToShip({ table, scopes, cells }: WalEntry, peer: PeerState): boolean {
  const families = cells.map(({ family }) => family).filter((family) => (scopes[family] ?? 0) !== 0);
  return table.includes(OWN_PREFIX) && listShippedFamilies(peer, { table, families }).length > 0;
}
