import { describe, expect, it } from 'vitest';
import type { PeerInfo } from '../../../activities/hbase/cluster.ts';
import { doesPeerMatch, listShippedFamilies } from '../../../activities/hbase/peer-match.ts';
import { peerInfo } from '../../support/preflight-facts.ts';

const table = 'shop:orders';
const entry = (...families: string[]) => [{ table, families }];
const CLASS = 'org.apache.hadoop.hbase.replication';

/** As `ReplicationPeerConfig.needToReplicate` answers. */
describe('listShippedFamilies', () => {
  const CASES: [what: string, change: Partial<PeerInfo>, ships: string[]][] = [
    ['all tables', { replicateAll: true }, ['f1', 'f2']],
    ['all tables without its namespace', { replicateAll: true, excludeNamespaces: ['shop'] }, []],
    ['all tables without it', { replicateAll: true, excludeTables: entry() }, []],
    ['all tables without one of its families', { replicateAll: true, excludeTables: entry('f1') }, ['f2']],
    ['its namespace', { namespaces: ['shop'] }, ['f1', 'f2']],
    [
      'its namespace and one family, of which the namespace wins',
      { namespaces: ['shop'], tables: entry('f1') },
      ['f1', 'f2'],
    ],
    ['the table', { tables: entry() }, ['f1', 'f2']],
    ['one family', { tables: entry('f2') }, ['f2']],
    ['another table', { tables: [{ table: 'shop:carts', families: [] }] }, []],
    ['nothing at all', {}, []],
    ['what only holds WALs', { replicateAll: true, endpoint: `${CLASS}.VerifyWALEntriesReplicationEndpoint` }, []],
    [
      'what only feeds replicas',
      { replicateAll: true, endpoint: `${CLASS}.regionserver.RegionReplicaReplicationEndpoint` },
      [],
    ],
    ['a class that nobody knows', { replicateAll: true, endpoint: 'com.acme.ToKafka' }, ['f1', 'f2']],
  ];
  it.each(CASES)('a peer of %s', (_what, change, ships) => {
    expect(listShippedFamilies(peerInfo(change), { table, families: ['f1', 'f2'] })).toEqual(ships);
    expect(doesPeerMatch(peerInfo(change), table)).toBe(ships.length > 0);
  });
});
