import type {
  ClusterFacts,
  FamilyDescription,
  PeerInfo,
  Surroundings,
  TableDescription,
} from '../../activities/hbase/cluster.ts';
import type { PreflightFacts, SideFacts, TableFacts } from '../../activities/steps/plan/preflight/facts.ts';
import { parseMigrationRequest } from '../../workflows/contract/requests/migrate-tables.ts';

/** Facts of a healthy pair and one plain table: what each test changes is all that is wrong. */
export function healthyFacts(): PreflightFacts {
  const parsed = parseMigrationRequest({ source: 'old', target: 'new', tables: ['shop:orders'] });
  if ('problems' in parsed) throw new Error(parsed.message);
  return {
    request: parsed.request,
    source: side('old', '2.6.5'),
    target: side('new', '2.6.5'),
    tables: [tableFacts('shop:orders')],
    failedProbes: [],
    surroundings: { source: nothingAround(), target: nothingAround() },
    closedPorts: [],
    peerClusters: [],
  };
}

function nothingAround(): Surroundings {
  return { quotas: [], grants: [], hasLabels: false, unread: [] };
}

export function clusterFacts(name: string, version: string): ClusterFacts {
  return {
    clusterId: `id-${name}`,
    version,
    hadoopVersion: '3.4.3',
    javaVersion: '17',
    jrubyVersion: '9.3',
    clusterKey: `${name}-zk:2181:/hbase`,
    rootDir: `hdfs://${name}:8020/hbase`,
    defaultFs: `hdfs://${name}:8020`,
    homeDir: `hdfs://${name}:8020/user/hbase`,
    activeMaster: 'm1,16000,1',
    backupMasters: ['m2,16000,1'],
    liveServers: ['r1,16020,1', 'r2,16020,1'],
    deadServers: [],
    regionsInTransition: 0,
    regions: 10,
    capacityBytes: 1e13,
    freeBytes: 5e12,
    usedBytes: 5e12,
    walBytes: 0,
    peers: [],
    settings: {},
    abilities: ['snapshot-ttl', 'peer-born-disabled'],
  };
}

function side(name: string, version: string): SideFacts {
  return {
    name,
    facts: clusterFacts(name, version),
    clocks: [{ server: 'r1,16020,1', clockMs: 1_000 }],
    namespaces: ['default', 'hbase', 'shop'],
    tableNames: [],
    unlogged: [{ server: 'r1,16020,1', mutations: 0 }],
    peerLags: [],
    claims: [],
  };
}

export function family(name: string): FamilyDescription {
  return {
    name,
    scope: 0,
    maxVersions: 1,
    minVersions: 0,
    ttlSeconds: 2_147_483_647,
    keepDeletedCells: 'FALSE',
    compression: 'NONE',
    dataBlockEncoding: 'NONE',
    bloomFilter: 'ROW',
    mob: false,
    attributes: {},
  };
}

export function tableDescription(table: string): TableDescription {
  return {
    table,
    enabled: true,
    readOnly: false,
    durability: 'USE_DEFAULT',
    families: [family('cf')],
    coprocessors: [],
    regions: 2,
    sizeBytes: 1e9,
    attributes: {},
    schemaDigest: 'digest',
  };
}

export function tableFacts(table: string): TableFacts {
  return { table, source: tableDescription(table) };
}

/** A peer that ships nothing yet, changed as a test needs it. */
export function peerInfo(change: Partial<PeerInfo>): PeerInfo {
  return {
    id: 'p',
    clusterKey: 'zk:2181:/hbase',
    enabled: true,
    replicateAll: false,
    tables: [],
    namespaces: [],
    excludeTables: [],
    excludeNamespaces: [],
    serial: false,
    ...change,
  };
}
