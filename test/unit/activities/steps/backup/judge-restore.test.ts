import { describe, expect, test } from 'vitest';
import {
  judgeRestore,
  requireAcceptable,
  type RestoreFacts,
} from '../../../../../activities/steps/backup/judge-restore.ts';
import type { ClusterFacts, PeerInfo } from '../../../../../activities/hbase/cluster.ts';
import type { BackedUpFamily, BackedUpTable } from '../../../../../workflows/contract/backup/record.ts';
import type { RestoreRequest } from '../../../../../workflows/contract/backup/requests.ts';
import { tableDescription } from '../../../../support/preflight-facts.ts';
import { buildRecord, buildTable } from '../../../backup/build-backup.ts';

const FAMILY: BackedUpFamily = {
  name: 'd',
  maxVersions: 1,
  ttlSeconds: 1,
  compression: 'NONE',
  dataBlockEncoding: 'NONE',
  attributes: {},
};
const PEER: PeerInfo = {
  id: 'dr',
  clusterKey: 'zk:2181:/hbase',
  enabled: false,
  replicateAll: true,
  tables: [],
  namespaces: [],
  excludeTables: [],
  excludeNamespaces: [],
  serial: false,
};

interface Given {
  request?: Partial<RestoreRequest>;
  facts?: Partial<ClusterFacts>;
  table?: Partial<BackedUpTable>;
  as?: string;
  exists?: boolean;
  isProtected?: boolean;
  version?: string;
}

function judge({ request = {}, facts = {}, table = {}, as = 'shop:a', exists = false, ...more }: Given): string[] {
  const backedUp = { ...buildTable({ table: 'shop:a', snapshot: 's', files: 1 }), families: [FAMILY], ...table };
  const cluster = { name: 'old', clusterId: 'c1', version: more.version ?? '2.6.1' };
  const known = {
    cluster: 'old',
    request: { overwrite: false, ...request },
    facts: { version: '2.6.1', freeBytes: 1e9, settings: {}, peers: [], ...facts },
    namespaces: ['shop'],
    protectedClusters: more.isProtected ? ['old', 'vault'] : [],
    otherClusters: ['vault', 'lab'],
    record: buildRecord({ startedAt: '2026-01-01T00:00:00Z', cluster }),
    tables: [{ backedUp, as, found: exists ? tableDescription(as) : undefined }],
  } as unknown as RestoreFacts;
  return judgeRestore(known).map(({ level, code }) => `${level} ${code}`);
}

describe('judgeRestore', () => {
  test('a table that is absent, on a cluster with room, is fine', () => {
    expect(judge({})).toEqual([]);
  });

  test.each<[string, Given, string]>([
    ['a protected cluster', { isProtected: true }, 'error cluster.protected'],
    ['too little space', { facts: { freeBytes: 2 } }, 'error disk.target-full'],
    ['a table that exists', { exists: true }, 'error restore.exists'],
    [
      'an overwrite by another name',
      { as: 'shop:b', exists: true, request: { overwrite: true } },
      'error restore.other-name',
    ],
    ['an altered table', { exists: true, request: { overwrite: true } }, 'info restore.schema-differs'],
    ['a peer of everything, also a disabled one', { facts: { peers: [PEER] } }, 'warn restore.replicated'],
    ['a backup of a newer line', { version: '3.0.0' }, 'warn restore.older-line'],
    ['a missing namespace', { as: 'lab:a' }, 'info namespace.created'],
    ['a codec', { table: { families: [{ ...FAMILY, compression: 'SNAPPY' }] } }, 'info restore.codec'],
    [
      'PREFIX_TREE on HBase 2',
      { table: { families: [{ ...FAMILY, dataBlockEncoding: 'PREFIX_TREE' }] } },
      'error family.prefix-tree',
    ],
    [
      'an encrypted family',
      { table: { families: [{ ...FAMILY, attributes: { ENCRYPTION: 'AES' } }] } },
      'warn family.encrypted',
    ],
  ])('%s is told', (_, given, finding) => {
    expect(judge(given)).toEqual([finding]);
  });

  test('a protected cluster is refused with those that could be taken', () => {
    const finding = { code: 'x', level: 'warn', message: 'm.', fix: 'f.' } as const;
    const place = { what: 'The restore', cluster: 'old' };
    expect(() => requireAcceptable([finding], { ...place, acceptWarnings: ['x'] })).not.toThrow();
    expect(() => requireAcceptable([finding], { ...place, acceptWarnings: [] })).toThrow('"acceptWarnings": ["x"]');
  });
});
