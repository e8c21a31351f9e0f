import type { ClusterName, FamilyName, PeerId, SnapshotName, TableName } from '../../workflows/contract/names.ts';
import type { BackupVerbs } from './backup-verbs.ts';
import type { FenceVerbs } from './fence-verbs.ts';
import type { FileStore } from './file-store.ts';
import type {
  CellData,
  DigestRange,
  RangeDigest,
  RowDigest,
  RowsDigestRequest,
  TouchedRows,
  TouchedRowsRequest,
} from './row-data.ts';
import type { BulkLoads, SurroundingVerbs } from './surroundings.ts';

export type {
  CellData,
  DigestRange,
  RangeDigest,
  RowDigest,
  RowsDigestRequest,
  TouchedRows,
  TouchedRowsRequest,
} from './row-data.ts';
export type { FenceProbe, TableLocks } from './fence-verbs.ts';
export type { FileEntry, FileStore } from './file-store.ts';
export type { BulkLoads, PeerLag, ProbedPort, Surroundings, UnloggedCount } from './surroundings.ts';

/**
 * Typed verbs over one cluster: the one seam behind which a real cluster (the resident agent) or the model of the
 * tests stands. Reading verbs never change anything. Changing verbs are single Admin calls: they do not look first;
 * a step does. A verb that fails throws `Failure`; only a typed not-found may be read as absent.
 *
 * Row keys and values travel as lower-case hex.
 */
export interface HBaseCluster extends SurroundingVerbs, BackupVerbs, FenceVerbs {
  readonly name: ClusterName;

  // --- what it is
  readFacts(): Promise<ClusterFacts>;
  /**
   * Wall clock of each live server and of the gateway, read in one go. No HBase call tells a server's clock, so with
   * `markerTable` (a run's own, a region per server) one row is put into each of its regions without a time and read
   * back: the stamp is the clock. Without it, or for a server without a region, it is the time of the server's last
   * report to the master, marked as `lowerBound`.
   */
  readClocks(markerTable?: TableName): Promise<ServerClock[]>;

  // --- tables
  listTables(): Promise<TableName[]>;
  readTable(table: TableName): Promise<TableDescription | undefined>;
  listRegions(table: TableName): Promise<RegionInfo[]>;
  /** True when a scan finds at least one cell. */
  hasRows(table: TableName): Promise<boolean>;
  listNamespaces(): Promise<string[]>;
  createNamespace(namespace: string): Promise<void>;
  deleteNamespace(namespace: string): Promise<void>;
  createTable(spec: CreateTableSpec): Promise<void>;
  enableTable(table: TableName): Promise<void>;
  disableTable(table: TableName, guard?: FenceGuardCheck): Promise<void>;
  deleteTable(table: TableName): Promise<void>;
  /**
   * One descriptor change; returns when every region has reopened with it. An epoch makes a late fence harmless:
   * it is compared with the mark just before the call.
   */
  alterTable(table: TableName, change: TableChange, guard?: FenceGuardCheck): Promise<void>;
  isEveryRegionOpen(table: TableName): Promise<boolean>;

  // --- snapshots
  listSnapshots(): Promise<SnapshotInfo[]>;
  /** FLUSH, TTL −2. Never on an enabled READONLY table: it hangs for ever on 2.6.1. */
  takeSnapshot(name: SnapshotName, table: TableName): Promise<void>;
  deleteSnapshot(name: SnapshotName): Promise<void>;
  cloneSnapshot(name: SnapshotName, table: TableName): Promise<void>;
  /** The table must exist and be disabled. */
  restoreSnapshot(name: SnapshotName): Promise<void>;
  /** Files and bytes of a snapshot's manifest, under this cluster's root or another one. */
  readSnapshotFiles(name: SnapshotName, rootUri?: string): Promise<SnapshotFiles | undefined>;

  // --- replication
  listPeers(): Promise<PeerInfo[]>;
  /** Born disabled: at creation on 2.0+, by an immediate disable on 1.x, where no family has a scope yet. */
  addPeer(peer: PeerSpec): Promise<void>;
  enablePeer(id: PeerId): Promise<void>;
  disablePeer(id: PeerId): Promise<void>;
  removePeer(id: PeerId): Promise<void>;
  setPeerTables(id: PeerId, tables: TableFamilies[]): Promise<void>;
  /** The queues of a peer as the queue store has them now. Any read error throws: never an empty answer. */
  readPeerQueues(id: PeerId): Promise<PeerQueues>;
  /** Starts a roll of every live server's WALs. The call returns BEFORE the roll has happened (sandbox.md A.6). */
  rollWals(): Promise<void>;
  /** Tables with bulk-load markers in WALs written since `sinceMs` (hazards 12); empty when there is none. */
  findBulkLoads(tables: TableName[], sinceMs: number): Promise<BulkLoads[]>;

  // --- rows
  putRow(table: TableName, put: { row: string; family: FamilyName; qualifier: string; value: string }): Promise<void>;
  readRow(table: TableName, row: string): Promise<CellData[] | undefined>;
  /** Puts one row into each region and returns the row keys. */
  putSentinels(table: TableName, value: string): Promise<string[]>;
  /** Rows of at most `limit`, digested; start inclusive, stop exclusive, '' is open. */
  digestRange(range: DigestRange): Promise<RangeDigest>;
  /** Per-row digests of a small range, for finding which rows differ. */
  digestRows(request: RowsDigestRequest): Promise<RowDigest[]>;
  /** Rows with any cell or delete marker in [fromMs, toMs): a raw scan, at most `limit` rows a page. */
  listTouchedRows(request: TouchedRowsRequest): Promise<TouchedRows>;

  /** The cluster's default file system, for run records, marks and claims. */
  readonly files: FileStore;
  /** Releases the agent; idempotent. */
  close(): Promise<void>;
}

export interface ClusterFacts {
  clusterId: string;
  version: string;
  hadoopVersion: string;
  javaVersion: string;
  jrubyVersion: string;
  /** `quorum:port:znode`. */
  clusterKey: string;
  rootDir: string;
  defaultFs: string;
  homeDir: string;
  activeMaster: string;
  backupMasters: string[];
  liveServers: string[];
  deadServers: string[];
  regionsInTransition: number;
  regions: number;
  balancerOn?: boolean;
  capacityBytes: number;
  freeBytes: number;
  usedBytes: number;
  /** Bytes under WALs and oldWALs. */
  walBytes: number;
  peers: PeerInfo[];
  /** Settings that preflight judges: `hbase.replication`, WAL compression, snapshot TTL and so on. */
  settings: Record<string, string>;
  /** What this line's Admin API offers, probed by `respond_to?`. */
  abilities: string[];
}

export interface ServerClock {
  /** Server name, or `gateway`. */
  server: string;
  clockMs: number;
  /** The clock is at or past `clockMs`, by up to `reportEveryMs` if no report was missed: weak for a source's newest. */
  lowerBound?: true;
  /** `hbase.regionserver.msginterval`, as the gateway's configuration has it. */
  reportEveryMs?: number;
}

export interface CreateTableSpec {
  table: TableName;
  families: FamilySpec[];
  splitKeys: string[];
  attributes?: Record<string, string>;
}

export interface FamilySpec {
  name: FamilyName;
  scope?: number;
  maxVersions?: number;
  ttlSeconds?: number;
  /** As they are stored; the fields above win. */
  attributes?: Record<string, string>;
}

export interface FamilyDescription {
  name: FamilyName;
  scope: number;
  maxVersions: number;
  minVersions: number;
  ttlSeconds: number;
  keepDeletedCells: string;
  compression: string;
  dataBlockEncoding: string;
  bloomFilter: string;
  mob: boolean;
  encryption?: string;
  attributes: Record<string, string>;
}

export interface TableDescription {
  table: TableName;
  enabled: boolean;
  readOnly: boolean;
  durability: string;
  families: FamilyDescription[];
  coprocessors: string[];
  regions: number;
  /** Store file bytes as the servers report them. */
  sizeBytes: number;
  attributes: Record<string, string>;
  /** sha256 over the parts that must be equal on both sides: families and table attributes but scope, READONLY and compaction switches. */
  schemaDigest: string;
}

export interface RegionInfo {
  encodedName: string;
  startKey: string;
  endKey: string;
  server?: string;
  online: boolean;
}

export interface TableChange {
  readOnly?: boolean;
  scopes?: Record<FamilyName, number>;
  ttlSeconds?: Record<FamilyName, number>;
  /** Table attributes; null removes. */
  attributes?: Record<string, string | null>;
}

/** The fence of `epoch` is only applied while no mark of that epoch exists. */
export interface FenceGuardCheck {
  markPath: string;
}

export interface SnapshotInfo {
  name: SnapshotName;
  table: TableName;
  createdAtMs: number;
  ttlSeconds: number;
}

export interface SnapshotFiles {
  files: number;
  bytes: number;
  /** Split and merge references: ExportSnapshot fails on them below 2.5.14 and 2.6.3. */
  references: number;
  mobFiles: number;
  /** Files named by the manifest that are not there. */
  missing: number;
}

export interface TableFamilies {
  table: TableName;
  families: FamilyName[];
}

export interface PeerSpec {
  id: PeerId;
  clusterKey: string;
  tables: TableFamilies[];
}

export interface PeerInfo {
  id: PeerId;
  /** Empty for a holder. */
  clusterKey: string;
  enabled: boolean;
  replicateAll: boolean;
  tables: TableFamilies[];
  namespaces: string[];
  /** Of a peer for all tables. With families it loses only those. */
  excludeTables: TableFamilies[];
  excludeNamespaces: string[];
  serial: boolean;
  /** Class of the endpoint when it is not the usual one. A holder's ships to nobody, though 1.x says `replicateAll`. */
  endpoint?: string;
}

/** One peer's queues. "Drained" is judged from this by one pure function, never here. */
export interface PeerQueues {
  liveServers: string[];
  /** Servers with a crash procedure running; absent when the version cannot tell. */
  crashingServers: string[];
  queues: {
    /** Queue id as stored: `<peer>` or `<peer>-<dead server>…`. */
    queue: string;
    /** Server under whose znode it stands. */
    server: string;
    recovered: boolean;
    /** WAL file names with the time in the name and the group (multiwal). */
    wals: { name: string; group: string; startedMs: number }[];
  }[];
  /** HFile references waiting for bulk-load replication of this peer. */
  hfileRefs: number;
  /** Newest WAL each live server is writing, by group; from the server's WAL folder. */
  newestWals: { server: string; group: string; name: string; startedMs: number }[];
  bytes: number;
}
