import { splitTableName, type TableName } from '../../../../workflows/contract/names.ts';
import type { Finding } from '../../../../workflows/contract/plan.ts';
import type { PeerInfo } from '../../../hbase/cluster.ts';
import { findingIf, type PreflightFacts, type SideFacts } from './facts.ts';
import { isBefore } from './versions.ts';

/** hbase.md §9: 21, 23, 24, 25, 26 and hazard 10. */
export function checkPeers(facts: PreflightFacts): Finding[] {
  const tables = facts.tables.map(({ table }) => table);
  return [
    ...[facts.source, facts.target].flatMap((side) => checkOtherPeers(side, tables)),
    ...checkTableLists(facts.source, tables),
    ...checkWalCompression(facts.source),
    ...checkBulkLoads(facts.source),
  ];
}

/** True when the peer ships `table` as soon as one of its families has scope 1. */
export function doesPeerMatch(peer: PeerInfo, table: TableName): boolean {
  const { namespace } = splitTableName(table);
  if (!peer.replicateAll) {
    return peer.namespaces.includes(namespace) || peer.tables.some((entry) => entry.table === table);
  }
  return !peer.excludeNamespaces.includes(namespace) && !peer.excludeTables.includes(table);
}

function checkOtherPeers({ name, facts }: SideFacts, tables: TableName[]): Finding[] {
  return facts.peers.flatMap((peer) => {
    const matched = tables.filter((table) => doesPeerMatch(peer, table));
    return findingIf(matched.length > 0, () => ({
      code: 'peer.matches-table',
      level: 'error',
      cluster: name,
      message:
        `Peer ${peer.id} of ${name} (to ${peer.clusterKey}) would ship ${matched.slice(0, 5).join(', ')} as well, ` +
        'once the replication scope is set.',
      fix: `Exclude the tables from peer ${peer.id}, or remove it; one left by a run: \`temporal-hbase clean <run>\`.`,
    }));
  });
}

/** Before 1.4 TABLE_CFS holds no namespace: the wrong tables would ship, or none. */
function checkTableLists({ name, facts }: SideFacts, tables: TableName[]): Finding[] {
  const named = tables.find((table) => table.includes(':'));
  return findingIf(named !== undefined && isBefore(facts.version, '1.4.0'), () => ({
    code: 'peer.no-namespaces',
    level: 'error',
    cluster: name,
    message: `HBase ${facts.version} on ${name} cannot name ${named ?? ''} in a peer: TABLE_CFS has no namespaces before 1.4.`,
    fix: 'Upgrade the source to 1.4 or newer, or migrate only tables of the default namespace.',
  }));
}

function checkWalCompression({ name, facts }: SideFacts): Finding[] {
  return findingIf(facts.settings['hbase.regionserver.wal.enablecompression'] === 'true', () => ({
    code: 'wal.compression',
    level: 'warn',
    cluster: name,
    message: `${name} compresses its WALs: replication of compressed WALs can stop or read wrong data (HBASE-26849).`,
    fix: 'Set hbase.regionserver.wal.enablecompression=false and restart the region servers.',
  }));
}

function checkBulkLoads({ name, facts }: SideFacts): Finding[] {
  const replicated = facts.settings['hbase.replication.bulkload.enabled'] === 'true';
  return findingIf(!replicated, () => ({
    code: 'bulk-loads.not-replicated',
    level: 'info',
    cluster: name,
    message: `${name} does not replicate bulk loads. One into a migrated table is noticed and holds its cutover.`,
    fix: 'Do not bulk load into these tables until the migration is done.',
  }));
}
