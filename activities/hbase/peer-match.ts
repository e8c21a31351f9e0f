import { type FamilyName, splitTableName, type TableName } from '../../workflows/contract/names.ts';
import type { PeerInfo } from './cluster.ts';

/** Classes that ship to no other cluster: one holds WALs for nobody, one feeds the replicas of the same table. */
const NOWHERE = ['VerifyWALEntriesReplicationEndpoint', 'RegionReplicaReplicationEndpoint'];

/** What a peer carries may say `all tables` and still mean nothing: its class decides. */
export function shipsNowhere({ endpoint }: Pick<PeerInfo, 'endpoint'>): boolean {
  return endpoint !== undefined && NOWHERE.some((name) => endpoint.endsWith(`.${name}`));
}

/** True when the peer ships `table` as soon as one of its families has scope 1. */
export function doesPeerMatch(peer: PeerInfo, table: TableName): boolean {
  return !shipsNowhere(peer) && toFamilyFilter(peer, table) !== undefined;
}

/** Those of `families` that the peer ships once they have scope 1. */
export function listShippedFamilies(
  peer: PeerInfo,
  { table, families }: { table: TableName; families: readonly FamilyName[] },
): FamilyName[] {
  const isShipped = shipsNowhere(peer) ? undefined : toFamilyFilter(peer, table);
  return isShipped === undefined ? [] : families.filter(isShipped);
}

/**
 * As `ReplicationPeerConfig.needToReplicate` decides: a named namespace ships whole, and an excluded table with families
 * loses only those. undefined: nothing of the table.
 */
function toFamilyFilter(peer: PeerInfo, table: TableName): ((family: FamilyName) => boolean) | undefined {
  const { namespace } = splitTableName(table);
  if (peer.replicateAll) {
    if (peer.excludeNamespaces.includes(namespace)) return undefined;
    const excluded = peer.excludeTables.find((entry) => entry.table === table);
    if (excluded === undefined) return () => true;
    return excluded.families.length === 0 ? undefined : (family) => !excluded.families.includes(family);
  }
  if (peer.namespaces.includes(namespace)) return () => true;
  const named = peer.tables.find((entry) => entry.table === table);
  if (named === undefined) return undefined;
  return (family) => named.families.length === 0 || named.families.includes(family);
}
