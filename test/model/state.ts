import type { PeerInfo, PeerLag } from '../../activities/hbase/cluster.ts';
import { Failure } from '../../activities/failure.ts';
import type { ModelClock } from './clock.ts';
import type { ModelFileSystem } from './files.ts';
import type { Random } from './random.ts';
import type { Cell, FamilyRules, RowStore } from './rows.ts';

/** Everything one modelled cluster consists of. Only the files of this folder touch it. */
export interface ClusterState {
  readonly name: string;
  readonly clock: ModelClock;
  readonly random: Random;
  readonly traits: ClusterTraits;
  readonly clusterId: string;
  readonly clusterKey: string;
  readonly rootDir: string;
  readonly fileSystem: ModelFileSystem;
  readonly servers: ServerState[];
  readonly tables: Map<string, TableState>;
  readonly namespaces: Set<string>;
  readonly peers: Map<string, PeerState>;
  readonly queues: QueueState[];
  /** Every log ever written, oldest first. */
  readonly wals: Wal[];
  /** HFiles waiting for bulk-load replication, by peer. */
  readonly hfileRefs: Map<string, number>;
  /** The cluster a peer's key names. */
  findCluster(clusterKey: string): ClusterState | undefined;
  /** Something has changed that a waiting shipper of any cluster may go on with. */
  wakeShippers(): void;
  /** By server name. */
  readonly unloggedMutations: Map<string, number>;
  /** Of other people's peers; a test sets them. */
  readonly otherPeerLags: PeerLag[];
  nextId: number;
}

export interface ClusterTraits {
  version: string;
  servers: number;
  /** WAL groups of one server; above 1 is multiwal. */
  walGroups: number;
  /** How far this cluster's clocks are ahead of the true time. */
  clockSkewMs: number;
  /** A dead server's queue stays where it was for this long (hazards 2). */
  queueClaimMs: number;
  /** How long a crash procedure runs: its regions are offline. */
  crashMs: number;
  /** After this a server starts again on the same host, with another name. */
  restartMs: number;
  /** Upper bound of the time between a roll's call and the roll (sandbox.md A.6). */
  rollDelayMs: number;
  /** Upper bound of the time until a source reads what was appended. */
  shipDelayMs: number;
  /** Peers are born enabled and refreshed asynchronously (hbase.md §2.1). */
  lineOne: boolean;
  capacityBytes: number;
  /** The servers' metrics pages answer. */
  metricsOpen: boolean;
}

export interface ServerState {
  name: string;
  live: boolean;
  crashing: boolean;
  rollPending: boolean;
  /** The log being written, by group. */
  current: Map<string, Wal>;
}

export interface Wal {
  name: string;
  server: string;
  group: string;
  startedMs: number;
  closed: boolean;
  /** The server's clock; it is moved to oldWALs a while after. */
  closedMs?: number;
  entries: WalEntry[];
}

export interface WalEntry {
  table: string;
  cells: Omit<Cell, 'sequence'>[];
  /** As the region knew it when it wrote: an edit without scope is never shipped, whatever comes later. */
  scopes: Record<string, number>;
  consumedBy: string[];
  /** HFiles of a bulk load; its rows are not in the log. */
  bulkLoadFiles: number;
  atMs: number;
}

export interface TableState {
  name: string;
  enabled: boolean;
  families: Map<string, FamilyState>;
  readOnly: boolean;
  attributes: Record<string, string>;
  durability: string;
  coprocessors: string[];
  regions: RegionState[];
  rows: RowStore;
  /** Ends when the operation holding the table's lock ends. */
  lock: Promise<void>;
  /** Who holds the lock, and then who waits for it, in the order of their turns. */
  queued: TableWork[];
}

export interface TableWork {
  what: string;
  /** What it will leave behind. */
  readOnly?: boolean | undefined;
  enabled?: boolean;
}

export interface FamilyState extends FamilyRules {
  name: string;
  scope: number;
  attributes?: Record<string, string>;
}

export interface RegionState {
  encodedName: string;
  startKey: string;
  endKey: string;
  server: string | undefined;
  /** What the open region enforces: it lags behind the table's descriptor until it has reopened. */
  readOnly: boolean;
  scopes: Record<string, number>;
  /** A daughter that still reads its parent's files. */
  hasReferences: boolean;
  /** The file that a clone or a restore has linked in; it is the region's own until something is written. */
  origin?: { path: string; bytes: number; sequence: number } | undefined;
}

export interface PeerState extends PeerInfo {
  /** Servers that know the peer is enabled; a refresh reaches them one after another. */
  enabledOn: Set<string>;
}

export interface QueueState {
  /** `<peer>`, or `<peer>-<dead server>` once claimed. */
  id: string;
  peer: string;
  /** Under whose name it stands: who ships it, when that server lives. */
  server: string;
  recovered: boolean;
  groups: Map<string, { wals: Wal[]; position: number; shipping: boolean }>;
}

export function hbaseFailed(state: { name: string }, message: string): Failure {
  return new Failure('hbase.failed', `${state.name}: ${message}`, { cluster: state.name });
}

export function notFound(state: { name: string }, message: string): Failure {
  return new Failure('hbase.not-found', `${state.name}: ${message}`, { cluster: state.name });
}

export function requireTable(state: ClusterState, name: string): TableState {
  const table = state.tables.get(name);
  if (!table) throw notFound(state, `TableNotFoundException: ${name}`);
  return table;
}

export function requirePeer(state: ClusterState, id: string): PeerState {
  const peer = state.peers.get(id);
  if (!peer) throw notFound(state, `ReplicationPeerNotFoundException: ${id}`);
  return peer;
}

export function toPeerInfo(state: PeerState): PeerInfo {
  const info: PeerInfo & Partial<PeerState> = structuredClone(state);
  delete info.enabledOn;
  return info;
}

export function liveServers(state: ClusterState): ServerState[] {
  return state.servers.filter((server) => server.live);
}

export function serverNowMs(state: ClusterState): number {
  return state.clock.nowMs() + state.traits.clockSkewMs;
}

export function mintNumber(state: ClusterState): number {
  state.nextId += 1;
  return state.nextId;
}

/** As HBase names regions: an expiry leaves alone what has another name. */
export function mintRegionName(state: ClusterState): string {
  return mintNumber(state).toString(16).padStart(32, '0');
}

/** A pause of the model's own making, between its bounds by chance. */
export function pause(state: ClusterState, [fromMs, toMs]: readonly [number, number]): Promise<void> {
  return state.clock.sleep(state.random.between(fromMs, toMs));
}
