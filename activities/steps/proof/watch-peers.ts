import { OWN_PREFIX, type PeerId, type TableName } from '../../../workflows/contract/names.ts';
import type { PeerRef, WatchEvent } from '../../../workflows/contract/step-data.ts';
import type { PeerInfo, PeerLag } from '../../hbase/cluster.ts';
import { findLagging } from '../plan/preflight/lagging-peers.ts';
import { toMarkerTakers } from '../replication/marker-takers.ts';
import { isRetired } from '../replication/retired-peers.ts';

export interface PeerWatch {
  peerIds: readonly PeerId[];
  /** What the run noted before it added each peer, oldest first. */
  noted: readonly PeerRef[];
  /** Peers that were seen enabled and then disabled for `DISABLED_TOO_LONG_MS`. */
  disabledTooLong: ReadonlySet<PeerId>;
  now: readonly PeerInfo[];
}

/** The run disables a peer for seconds only, to take a table out of it. */
export const DISABLED_TOO_LONG_MS = 60_000;

/**
 * A peer that somebody removed has lost its WALs, one that somebody disabled fills the disk, one that carries more
 * ships what nobody asked for. The run itself enables peers, takes tables out, and retires a peer whose tables moved
 * to newer ones.
 */
export function judgePeers({ peerIds, noted, disabledTooLong, now }: PeerWatch): WatchEvent[] {
  return peerIds.flatMap((id) => {
    const peer = now.find((one) => one.id === id);
    if (!peer) return [toEvent(id, { key: 'removed', message: `peer ${id} is gone, and with it the WALs it held` })];
    const own = noted.findIndex((ref) => ref.id === id);
    const disabled = disabledTooLong.has(id) && !isRetired(peer, noted.slice(own + 1));
    const changes = [
      ...(disabled ? [{ key: 'disabled', message: `peer ${id} was disabled` }] : []),
      ...findConfigChanges(peer, noted[own]),
    ];
    return changes.map((change) => toEvent(id, change));
  });
}

/** Hazard 25: while our peer is disabled it keeps read buffers that all peers share. Said, and left to a person. */
export function judgeOthers(
  { peerIds, noted, now }: Omit<PeerWatch, 'disabledTooLong'>,
  lags: PeerLag[],
): WatchEvent[] {
  const own = new Set([...peerIds, ...noted.map(({ id }) => id)]);
  const others = now.filter(({ id }) => !own.has(id));
  return findLagging(others, lags).map(({ id, message }) => ({
    key: `peer-lags:${id}`,
    kind: 'peer-lags',
    message: `Replication that is not ours is behind: ${message}. If it was not so before, the buffers of this run's peer slow it.`,
  }));
}

/** A peer of somebody else that came after the plan and ships the run's own table: its cluster does not have it. */
export function judgeMarkerTakers({ noted, now }: Pick<PeerWatch, 'noted' | 'now'>): WatchEvent[] {
  const own = noted.flatMap(({ tables }) => tables.map(({ table }) => table)).filter(isOwnTable);
  return own.flatMap((table) =>
    toMarkerTakers(now, table).map(({ id }) => ({
      key: `marker-taken:${id}`,
      kind: 'marker-taken',
      message:
        `Peer ${id} takes every new table since this run began, also its own table ${table}: the run writes nothing more into it ` +
        `and keeps it at its end. What was written before can stop that peer: exclude the table there, ` +
        `append_peer_exclude_tableCFs '${id}', {'${table}' => []}.`,
    })),
  );
}

/** A bulk load into a wave table whose files nobody fetches: no drain can be proven while they are queued (D18). */
export const REFS_TOO_LONG_MS = 5 * 60_000;

export function judgeStuckRefs(
  refs: ReadonlyMap<PeerId, { count: number; sinceMs: number }>,
  nowMs: number,
): WatchEvent[] {
  const stuck = [...refs].filter(([, { sinceMs }]) => nowMs - sinceMs >= REFS_TOO_LONG_MS);
  return stuck.map(([id, { count }]) => ({
    key: `hfile-refs:${id}`,
    kind: 'hfile-refs',
    message: `${count} bulk-loaded files wait in the queue of peer ${id}, and the target does not fetch them: no drain can be proven.`,
  }));
}

function isOwnTable(table: TableName): boolean {
  return table.startsWith(OWN_PREFIX);
}

type Change = { key: string; message: string };

function findConfigChanges(is: PeerInfo, noted: PeerRef | undefined): Change[] {
  if (!noted) return [];
  const allowed = new Map(noted.tables.map(({ table, families }) => [table, new Set(families)]));
  const isForeign = ({ table, families }: PeerInfo['tables'][number]): boolean =>
    !allowed.has(table) || families.some((family) => !allowed.get(table)?.has(family));
  const widened = is.replicateAll || is.namespaces.length > 0 || is.tables.some(isForeign);
  return [
    ...(widened ? [{ key: 'widened', message: `peer ${is.id} carries more than this run gave it` }] : []),
    ...(is.clusterKey === noted.clusterKey
      ? []
      : [{ key: 'moved', message: `peer ${is.id} now ships to ${is.clusterKey}` }]),
  ];
}

function toEvent(id: PeerId, { key, message }: Change): WatchEvent {
  return {
    key: `peer-changed:${id}:${key}`,
    kind: 'peer-changed',
    message: `Somebody changed replication: ${message}.`,
  };
}
