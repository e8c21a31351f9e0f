import type { HBaseCluster } from '../../activities/hbase/cluster.ts';
import { createModelCluster } from './cluster.ts';
import type { ModelClock } from './clock.ts';
import { createFileSystems, createModelFiles, type ModelFileSystem, type ModelFileSystems } from './files.ts';
import { createModelJobs, type ModelJobs } from './jobs.ts';
import type { Random } from './random.ts';
import { heldWalBytes } from './replication.ts';
import { addServer, killServer, moveRegion, splitRegion } from './servers.ts';
import { shipAll } from './shipping.ts';
import { liveServers, serverNowMs, type ClusterState, type ClusterTraits } from './state.ts';
import { bulkLoad, mutate, type Mutation } from './writes.ts';

export interface ModelWorldOptions {
  clusters: readonly string[];
  clock: ModelClock;
  random: Random;
  /** By cluster name. */
  traits?: Record<string, Partial<ClusterTraits>>;
  /** Chance that the driver of a job is killed while it works. */
  jobKillChance?: number;
  /** What a fence guard runs for an application fence. */
  runUnfenceCommand?: (argv: string[]) => Promise<void>;
  onFileCreated?: (cluster: string, path: string, content: string) => void;
}

/** Two or more clusters that can reach each other. */
export interface ModelWorld {
  readonly clock: ModelClock;
  readonly random: Random;
  readonly fileSystems: ModelFileSystems;
  member(name: string): ModelMember;
  readonly members: readonly ModelMember[];
}

/** One cluster: the verbs as steps see them, and what only the world can do to it. */
export interface ModelMember {
  readonly state: ClusterState;
  /** Without a worker's link: calls always arrive. */
  readonly cluster: HBaseCluster;
  readonly jobs: ModelJobs;
  /** A client's write; returns the stored cell once acknowledged. */
  mutate(table: string, mutation: Mutation): ReturnType<typeof mutate>;
  bulkLoad(table: string, rows: { row: string; family: string; qualifier: string; value: string }[]): void;
  killServer(name?: string): void;
  moveRegion(table: string): void;
  splitRegion(table: string): void;
  compact(table: string): void;
  /** Ends what hangs, as `Hbck.bypassProcedure` does. */
  bypassProcedures(): void;
}

const GIB = 2 ** 30;

export function createModelWorld(options: ModelWorldOptions): ModelWorld {
  const fileSystems = createFileSystems();
  const byKey = new Map<string, ClusterState>();
  const members = options.clusters.map((name) => createMember(options, { name, fileSystems, byKey }));
  return {
    clock: options.clock,
    random: options.random,
    fileSystems,
    members,
    member: (name) => {
      const found = members.find((one) => one.state.name === name);
      if (!found) throw new Error(`no cluster ${name} in the model`);
      return found;
    },
  };
}

interface Site {
  name: string;
  fileSystems: ModelFileSystems;
  byKey: Map<string, ClusterState>;
}

function createMember(options: ModelWorldOptions, site: Site): ModelMember {
  const { clock } = options;
  const { fileSystems } = site;
  const state = createState(options, site);
  const random = options.random.fork(`${site.name}/jobs`);
  const hanging = new Set<() => void>();
  const files = createModelFiles({
    fileSystems,
    homeUri: state.fileSystem.uri,
    clock,
    onCreated: (path, content) => options.onFileCreated?.(site.name, path, content),
  });
  const cluster = createModelCluster({ state, fileSystems, hanging }, files);
  const runUnfenceCommand = options.runUnfenceCommand ?? (() => Promise.resolve());
  const killChance = options.jobKillChance ?? 0;
  const programs = { state, fileSystems, cluster, runUnfenceCommand };
  return {
    state,
    cluster,
    jobs: createModelJobs({ cluster, clock, random, programs, killChance }),
    mutate: (table, mutation) => mutate(state, table, mutation),
    bulkLoad: (table, rows) => {
      const timestampMs = serverNowMs(state);
      bulkLoad(
        state,
        table,
        rows.map((row) => ({ ...row, timestampMs, type: 'put' as const })),
      );
    },
    killServer: (name) => {
      const live = liveServers(state);
      if (live.length > 0) killServer(state, name ?? state.random.pick(live).name);
    },
    moveRegion: (table) => moveRegion(state, table),
    splitRegion: (table) => splitRegion(state, table),
    compact: (name) => compactTable(state, name),
    bypassProcedures: () => {
      for (const release of hanging) release();
      hanging.clear();
    },
  };
}

function createState(
  { clock, random, traits = {} }: ModelWorldOptions,
  { name, fileSystems, byKey }: Site,
): ClusterState {
  const chosen = { ...DEFAULT_TRAITS, ...traits[name] };
  const clusterKey = `zk-${name}:2181:/hbase`;
  const uri = `hdfs://${name}:8020`;
  const fileSystem: ModelFileSystem = {
    uri,
    nodes: new Map([['/hbase/hbase.id', { content: name, bytes: 40, modifiedMs: 0 }]]),
    capacityBytes: chosen.capacityBytes,
    usedBytes: chosen.capacityBytes / 4,
    extraBytes: (path) => (holdsLogs(path) ? heldWalBytes(state) : 0),
  };
  const state: ClusterState = {
    ...createEmptyParts(),
    name,
    clock,
    random: random.fork(name),
    traits: chosen,
    clusterId: `id-${name}`,
    clusterKey,
    rootDir: `${uri}/hbase`,
    fileSystem,
    findCluster: (key) => byKey.get(key),
    wakeShippers: () => shipAll(state),
  };
  fileSystems.add(fileSystem);
  fileSystems.hbaseRoots.push(state.rootDir);
  byKey.set(clusterKey, state);
  for (let i = 1; i <= chosen.servers; i += 1) addServer(state, `rs${i}-${name}`);
  return state;
}

function createEmptyParts() {
  return {
    servers: [],
    tables: new Map(),
    namespaces: new Set(['default', 'hbase']),
    peers: new Map(),
    queues: [],
    wals: [],
    hfileRefs: new Map(),
    unloggedMutations: new Map(),
    otherPeerLags: [],
    nextId: 0,
  };
}

const DEFAULT_TRAITS: ClusterTraits = {
  version: '2.6.6',
  servers: 2,
  walGroups: 1,
  clockSkewMs: 0,
  queueClaimMs: 30_000,
  crashMs: 3_000,
  restartMs: 20_000,
  rollDelayMs: 2_000,
  shipDelayMs: 150,
  lineOne: false,
  capacityBytes: 1_000 * GIB,
  metricsOpen: true,
};

function holdsLogs(path: string): boolean {
  return path === '/' || path === '/hbase' || /^\/hbase\/(WALs|oldWALs)$/.test(path);
}

/** A major compaction, also when it was asked for as a minor one of all files (hazards 14). */
function compactTable(state: ClusterState, name: string): void {
  const table = state.tables.get(name);
  if (!table || !table.enabled || table.attributes['COMPACTION_ENABLED'] === 'false') return;
  const holdMs = Number(table.attributes['hbase.hstore.time.to.purge.deletes'] ?? 0);
  table.rows.compact({ rules: table.families, nowMs: serverNowMs(state), holdMs });
  for (const region of table.regions) Object.assign(region, { hasReferences: false, origin: undefined });
}
