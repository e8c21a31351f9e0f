import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { Failure } from '../../activities/failure.ts';
import { isAlive, type ProcessRecord, removeRecord, signal, stopProcess, stopRecordedProcesses } from '../processes.ts';
import type { StartedHBaseCluster } from './cluster.ts';
import type { ClusterState } from './cluster-state.ts';
import { type ClusterPlace, getRegionServerProcess, startDaemons, toWhat, waitForDaemons } from './daemons.ts';

export function createHandle(place: ClusterPlace, state: ClusterState, records: ProcessRecord[]): StartedHBaseCluster {
  const processes = [...records];
  const quorum = `127.0.0.1:${state.ports.zooKeeper}`;
  const defaultFs = `hdfs://127.0.0.1:${state.ports.nameNode}`;
  const stop = () => stopCluster(place, state);
  return {
    name: state.name,
    line: state.line,
    binDir: place.folders.binDir,
    confDir: place.folders.confDir,
    logsDir: place.folders.logsDir,
    zkQuorum: quorum,
    clusterKey: `${quorum}:/hbase`,
    rootDir: `${defaultFs}/hbase`,
    defaultFs,
    regionServers: state.regionServers.length,
    get processes() {
      return processes.filter(isAlive);
    },
    stop,
    [Symbol.asyncDispose]: stop,
    killRegionServer: async (index) => {
      const record = getRegionServer(state, processes, index);
      await stopProcess(record, 10_000);
      await removeRecord(place.stateDir, record);
    },
    startRegionServer: async (index) => {
      processes.push(await startRegionServer({ place, state, processes, index }));
    },
    pauseRegionServer: (index) => signal(getRegionServer(state, processes, index), 'SIGSTOP'),
    resumeRegionServer: (index) => signal(getRegionServer(state, processes, index), 'SIGCONT'),
  };
}

async function stopCluster({ stateDir, folders }: ClusterPlace, state: ClusterState): Promise<void> {
  await stopRecordedProcesses(stateDir, { what: toWhat(state.name) });
  await rm(join(folders.clusterDir, 'cluster.json'), { force: true });
  await rm(folders.dataDir, { recursive: true, force: true });
}

interface RegionServerToStart {
  place: ClusterPlace;
  state: ClusterState;
  processes: readonly ProcessRecord[];
  index: number;
}

async function startRegionServer({ place, state, processes, index }: RegionServerToStart): Promise<ProcessRecord> {
  const daemons = getRegionServerProcess(state, index);
  const what = toWhat(state.name, daemons.process);
  if (processes.some((record) => record.what === what && isAlive(record))) {
    throw new Failure('sandbox.failed', `${what} runs already; kill it first.`, { cluster: state.name });
  }
  const record = await startDaemons(place, state.name, daemons);
  await waitForDaemons({ folders: place.folders, daemons, record });
  return record;
}

function getRegionServer(state: ClusterState, processes: readonly ProcessRecord[], index: number): ProcessRecord {
  const what = toWhat(state.name, getRegionServerProcess(state, index).process);
  const record = processes.findLast((candidate) => candidate.what === what);
  if (record !== undefined && isAlive(record)) return record;
  throw new Failure('sandbox.failed', `${what} does not run.`, { cluster: state.name });
}
