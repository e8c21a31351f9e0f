import { listShippedFamilies } from '../../activities/hbase/peer-match.ts';
import { applyShipped } from './writes.ts';
import type { ClusterState, PeerState, QueueState, Wal, WalEntry } from './state.ts';

/** Replication sources: each reads one queue's group in order and ships what has a scope. At least once. */

const BATCH_ENTRIES = 20;

export function shipAll(state: ClusterState): void {
  for (const queue of state.queues) {
    for (const group of queue.groups.keys()) wake(state, queue, group);
  }
}

type Group = { wals: Wal[]; position: number; shipping: boolean };

function wake(state: ClusterState, queue: QueueState, groupName: string): void {
  const group = queue.groups.get(groupName);
  if (!group || group.shipping || !canShip(state, queue) || !hasWork(group)) return;
  group.shipping = true;
  state.clock.after(state.random.between(5, state.traits.shipDelayMs), () =>
    readBatch({ state, queue, group, groupName }),
  );
}

function canShip(state: ClusterState, queue: QueueState): boolean {
  const peer = state.peers.get(queue.peer);
  const server = state.servers.find((one) => one.name === queue.server);
  return peer !== undefined && server !== undefined && server.live && peer.enabledOn.has(server.name);
}

function hasWork({ wals, position }: Group): boolean {
  const first = wals[0];
  return first !== undefined && (position < first.entries.length || first.closed);
}

interface Source {
  state: ClusterState;
  queue: QueueState;
  group: Group;
  groupName: string;
}

function readBatch(source: Source): void {
  const { state, queue, group } = source;
  const peer = state.peers.get(queue.peer);
  if (!peer || !state.queues.includes(queue) || !canShip(state, queue)) return stopShipping(source);
  const first = group.wals[0];
  if (first && group.position >= first.entries.length && first.closed) return leaveWal(source);
  const entries = first?.entries.slice(group.position, group.position + BATCH_ENTRIES) ?? [];
  if (entries.length === 0) return stopShipping(source);
  const edits = entries.flatMap((entry) => toShipped(state, peer, entry));
  if (edits.length === 0) return advance(source, entries.length);
  send({ source, peer, edits, entries: entries.length, attempt: 1 });
}

/** A WAL leaves the queue only when it has been read to its end and everything of it has been shipped. */
function leaveWal(source: Source): void {
  const { state, queue, group, groupName } = source;
  group.wals.shift();
  group.position = 0;
  if (group.wals.length === 0) {
    queue.groups.delete(groupName);
    if (queue.groups.size === 0) state.queues.splice(state.queues.indexOf(queue), 1);
  }
  stopShipping(source);
  wake(state, queue, groupName);
}

function advance(source: Source, entries: number): void {
  source.group.position += entries;
  stopShipping(source);
  wake(source.state, source.queue, source.groupName);
}

function stopShipping({ group }: Source): void {
  group.shipping = false;
}

function toShipped(state: ClusterState, peer: PeerState, entry: WalEntry) {
  // What a holder reads while it is enabled is gone (hazards 51).
  const scoped = entry.cells.filter(({ family }) => (entry.scopes[family] ?? 0) !== 0);
  const cells = scoped.filter(
    ({ family }) => listShippedFamilies(peer, { table: entry.table, families: [family] }).length > 0,
  );
  const consumedBy = [...entry.consumedBy, state.clusterId];
  return cells.length === 0 ? [] : [{ table: entry.table, cells, consumedBy }];
}

interface Shipment {
  source: Source;
  peer: PeerState;
  edits: ReturnType<typeof toShipped>;
  entries: number;
  attempt: number;
}

/** A batch once sent lands, also when the peer is disabled meanwhile (hazards 1). */
function send(shipment: Shipment): void {
  const { state } = shipment.source;
  state.clock.after(state.random.between(5, 120), () => land(shipment));
}

function land(shipment: Shipment): void {
  const { source, edits, entries } = shipment;
  const accepted = tryToApply(shipment);
  // The answer can be lost although the batch landed: it is shipped again.
  if (accepted && !source.state.random.chance(0.02)) return finishShipment(source, entries);
  if (accepted && edits.length === 0) return finishShipment(source, entries);
  const backOffMs = Math.min(1_000 * shipment.attempt, 5_000);
  source.state.clock.after(backOffMs, () => retry({ ...shipment, attempt: shipment.attempt + 1 }));
}

function finishShipment(source: Source, entries: number): void {
  // The server died while it waited for the answer: the claimant starts at the position that was stored.
  if (
    !canShip(source.state, source.queue) &&
    source.state.servers.every((one) => one.name !== source.queue.server || !one.live)
  )
    return stopShipping(source);
  advance(source, entries);
}

function tryToApply({ source, peer, edits }: Shipment): boolean {
  const target = source.state.findCluster(peer.clusterKey);
  if (!target) return false;
  try {
    for (const edit of edits) {
      if (!edit.consumedBy.includes(target.clusterId)) applyShipped(target, edit);
    }
    return true;
  } catch {
    // Whatever it is, HBase tries the whole batch again for ever: that blocks the queue for all its tables.
    return false;
  }
}

function retry(shipment: Shipment): void {
  const { source } = shipment;
  const { state, queue } = source;
  if (!state.queues.includes(queue) || !canShip(state, queue)) return stopShipping(source);
  send(shipment);
}
