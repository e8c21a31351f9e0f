import type { ClusterFacts, FileStore, HBaseCluster } from '../../activities/hbase/cluster.ts';
import { describeSnapshot, listRoot, listSnapshotFiles } from './backup-roots.ts';
import { closeSnapshotReading, digestSnapshot, openSnapshotReading } from './readings.ts';
import {
  addHolder,
  addPeer,
  findBulkLoads,
  heldWalBytes,
  readPeerQueues,
  removePeer,
  setPeerState,
  setPeerTables,
} from './replication.ts';
import { HOME } from './files.ts';
import { createRowVerbs, writeToEachRegion } from './row-verbs.ts';
import { readServerClocks, readUnloggedMutations, requestRoll } from './servers.ts';
import * as snapshots from './snapshots.ts';
import { hbaseFailed, liveServers, notFound, requireTable, toPeerInfo, type ClusterState } from './state.ts';
import * as tables from './tables.ts';
import { copyFile, listHeldWals, readWalRange, readWalRows } from './wal-archive.ts';

/** The verbs of one modelled cluster: single Admin calls with HBase's own refusals. */
export function createModelCluster(world: snapshots.SnapshotWorld, files: FileStore): HBaseCluster {
  const { state } = world;
  return {
    name: state.name,
    files,
    readFacts: async () => readFacts(state),
    readClocks: async (markerTable) => readServerClocks(state, writeToEachRegion(state, markerTable)),
    ...createTableVerbs(state),
    ...createSnapshotVerbs(world),
    ...createBackupVerbs(world),
    ...createReplicationVerbs(state),
    ...createRowVerbs(state),
    ...createSurroundingVerbs(state),
    close: async () => {},
  };
}

function createTableVerbs(state: ClusterState) {
  return {
    listTables: async () => [...state.tables.keys()],
    readTable: async (name) => {
      const table = state.tables.get(name);
      return table && tables.describeTable(table);
    },
    listRegions: async (name) => tables.describeRegions(requireTable(state, name)),
    listNamespaces: async () => [...state.namespaces],
    createNamespace: async (name) => {
      if (state.namespaces.has(name)) throw hbaseFailed(state, `NamespaceExistException: ${name}`);
      state.namespaces.add(name);
    },
    deleteNamespace: async (name) => {
      if (!state.namespaces.has(name)) throw notFound(state, `NamespaceNotFoundException: ${name}`);
      const used = [...state.tables.keys()].some((table) => table.startsWith(`${name}:`));
      if (used) throw hbaseFailed(state, `ConstraintException: namespace ${name} is not empty`);
      state.namespaces.delete(name);
    },
    createTable: (spec) => tables.createTable(state, spec),
    enableTable: (name) => tables.enableTable(state, name),
    disableTable: (name, guard) => tables.disableTable(state, name, guard),
    deleteTable: (name) => tables.deleteTable(state, name),
    alterTable: (table, change, guard) => tables.alterTable(state, { table, change, guard }),
    isEveryRegionOpen: async (name) => requireTable(state, name).regions.every(({ server }) => server !== undefined),
    giveBack: (table, as) => tables.giveBack(state, { table, ...as }),
    readTableLocks: async (names) => tables.readTableLocks(state, names),
    probeFence: async (name) => tables.probeFence(state, name),
  } satisfies Partial<HBaseCluster>;
}

function createSnapshotVerbs(world: snapshots.SnapshotWorld) {
  return {
    listSnapshots: async () => snapshots.listSnapshots(world),
    takeSnapshot: (name, table) => snapshots.takeSnapshot(world, name, table),
    deleteSnapshot: (name) => snapshots.deleteSnapshot(world, name),
    cloneSnapshot: (name, table) => snapshots.cloneSnapshot(world, name, table),
    restoreSnapshot: (name) => snapshots.restoreSnapshot(world, name),
    readSnapshotFiles: async (name, rootUri) => snapshots.measureSnapshot(world, name, rootUri),
  } satisfies Partial<HBaseCluster>;
}

function createBackupVerbs(world: snapshots.SnapshotWorld) {
  return {
    listSnapshotFiles: async (place) => listSnapshotFiles(world, place),
    describeSnapshot: async (place) => describeSnapshot(world, place),
    listRoot: async (rootUri) => listRoot(world, rootUri),
    openSnapshotReading: (reading) => openSnapshotReading(world, reading),
    digestSnapshot: async (page) => digestSnapshot(world, page),
    closeSnapshotReading: async (scratchUri) => closeSnapshotReading(world, scratchUri),
    addHolder: (id) => addHolder(world.state, id),
    listHeldWals: async (id) => listHeldWals(world.state, id),
    copyFile: (copy) => copyFile(world, copy),
    readWalRange: async (uri) => readWalRange(world, uri),
    readWalRows: async (page) => readWalRows(world, page),
  } satisfies Partial<HBaseCluster>;
}

function createReplicationVerbs(state: ClusterState) {
  return {
    listPeers: async () => [...state.peers.values()].map(toPeerInfo),
    addPeer: (peer) => addPeer(state, peer),
    enablePeer: (id) => setPeerState(state, id, true),
    disablePeer: (id) => setPeerState(state, id, false),
    removePeer: (id) => removePeer(state, id),
    setPeerTables: (id, wanted) => setPeerTables(state, id, wanted),
    readPeerQueues: async (id) => readPeerQueues(state, id),
    rollWals: async () => requestRoll(state),
    findBulkLoads: async (names, sinceMs) => findBulkLoads(state, names, sinceMs),
  } satisfies Partial<HBaseCluster>;
}

/** Nothing stands around these tables. */
function createSurroundingVerbs(state: ClusterState) {
  return {
    readUnloggedMutations: async () => readUnloggedMutations(state),
    readSurroundings: async () => ({ quotas: [], grants: [], hasLabels: false, unread: [] }),
    readPeerLags: async () => [...state.otherPeerLags],
    probePorts: async (endpoints) => endpoints.map(probePort),
  } satisfies Partial<HBaseCluster>;
}

function probePort({ host, port }: { host: string; port: number }) {
  if (host.endsWith('.invalid')) return { host, port, why: 'the name does not resolve' };
  return port === 1 ? { host, port, why: 'Connection refused' } : { host, port };
}

function readFacts(state: ClusterState): ClusterFacts {
  const { traits, fileSystem } = state;
  const live = liveServers(state).map(({ name }) => name);
  const walBytes = heldWalBytes(state);
  const regions = [...state.tables.values()].flatMap((table) => table.regions);
  return {
    clusterId: state.clusterId,
    version: traits.version,
    hadoopVersion: '3.3.6',
    javaVersion: '17.0.15',
    jrubyVersion: '9.3.13.0',
    clusterKey: state.clusterKey,
    rootDir: state.rootDir,
    defaultFs: fileSystem.uri,
    homeDir: HOME,
    activeMaster: `master-${state.name},16000,1`,
    backupMasters: [],
    liveServers: live,
    deadServers: state.servers.filter((server) => server.crashing).map(({ name }) => name),
    regionsInTransition: 0,
    regions: regions.length,
    balancerOn: true,
    capacityBytes: traits.capacityBytes,
    freeBytes: traits.capacityBytes - fileSystem.usedBytes - walBytes,
    usedBytes: fileSystem.usedBytes + walBytes,
    walBytes,
    peers: [...state.peers.values()].map(toPeerInfo),
    settings: {
      'hbase.replication': 'true',
      'hbase.regionserver.wal.enablecompression': 'false',
      'hbase.snapshot.enabled': 'true',
    },
    abilities: [],
  };
}
