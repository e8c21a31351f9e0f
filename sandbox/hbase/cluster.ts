import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';

import { Failure } from '../../activities/failure.ts';
import { withFileLock } from '../file-lock.ts';
import { isAlive, listRecordedProcesses, type ProcessRecord, stopRecordedProcesses } from '../processes.ts';
import { runProgramOrFail } from '../run-program.ts';
import type { HBaseLineName } from '../versions.ts';
import { startRecordingArchives } from './class-archives.ts';
import {
  type ClusterState,
  createClusterState,
  getClusterFolders,
  readClusterState,
  writeClusterState,
} from './cluster-state.ts';
import { writeConf } from './conf.ts';
import { type ClusterPlace, getProcesses, isReady, startDaemons, toWhat, waitForDaemons } from './daemons.ts';
import { writeGateway } from './gateway.ts';
import { installHBase } from './install.ts';
import { createReporter, type OnProgress, reportWhile } from './progress.ts';
import { createHandle } from './started-cluster.ts';
import { getYarnConf } from './yarn-conf.ts';

export interface HBaseClusterOptions {
  /** Lower-case letters, digits and hyphens; unique within `stateDir`. */
  name: string;
  line: HBaseLineName;
  /** Receives `hbase/<name>/` (conf, data, logs, gateway commands) and `processes/`. */
  stateDir: string;
  /** Where lines are installed. @default defaultCacheDir() */
  cacheDir?: string;
  /** @default 1 */
  regionServers?: number;
  /** Several WALs a region server. @default false */
  multiwal?: boolean;
  /**
   * MapReduce on a YARN of its own instead of inside the caller's JVM. Its shuffle and application masters cannot be
   * bound to loopback; they accept job tokens only. @default false
   */
  yarn?: boolean;
  onProgress?: OnProgress;
}

/** A running cluster of the sandbox. Region servers are numbered from 1. */
export interface StartedHBaseCluster extends AsyncDisposable {
  readonly name: string;
  readonly line: HBaseLineName;
  /** Folder of the gateway commands `hbase`, `hadoop`, `hdfs`, `yarn`. */
  readonly binDir: string;
  readonly confDir: string;
  readonly logsDir: string;
  /** `127.0.0.1:<port>`. */
  readonly zkQuorum: string;
  /** `127.0.0.1:<port>:/hbase`, as `add_peer` takes it. */
  readonly clusterKey: string;
  /** `hdfs://127.0.0.1:<port>/hbase`. */
  readonly rootDir: string;
  /** `hdfs://127.0.0.1:<port>`. */
  readonly defaultFs: string;
  readonly regionServers: number;
  /** The JVMs of this cluster with pid and start time, as they are now. */
  readonly processes: readonly ProcessRecord[];
  /** Stops every process of the cluster and removes its data; logs and conf stay. Idempotent. */
  stop(): Promise<void>;
  /** kill -9, as a crash. The master notices after the session time-out of 8 s. */
  killRegionServer(index: number): Promise<void>;
  /** Starts a killed region server again, at the same port; returns when it serves. */
  startRegionServer(index: number): Promise<void>;
  /** SIGSTOP: the server answers nothing any more; after 8 s the master takes it for dead. */
  pauseRegionServer(index: number): void;
  /** SIGCONT. A server that was taken for dead meanwhile ends itself. */
  resumeRegionServer(index: number): void;
}

/**
 * Starts a real HBase cluster on 127.0.0.1: HDFS, ZooKeeper, master, region servers, optionally YARN, and the
 * commands of a gateway host. Installs the line first if need be. Returns when a table can be created, written, read
 * and dropped: about 12 s for one cluster on an idle machine with the line installed.
 *
 * The processes outlive the caller. A cluster of this name that runs already is joined if it is whole; what is left
 * of a crashed one is stopped and cleared. To stop it: the handle (`await using`), or from any other process
 * `stopRecordedProcesses(stateDir)`. Start several at once by calling this side by side.
 *
 * Throws `Failure`: `sandbox.missing-tool` without JDK or Maven, else `sandbox.failed` with the end of the log.
 */
export async function startHBaseCluster(options: HBaseClusterOptions): Promise<StartedHBaseCluster> {
  assertName(options.name);
  const { cacheDir, onProgress } = options;
  const installation = await installHBase(options.line, { cacheDir, onProgress });
  // The daemons' working directory is another, and their conf holds these paths.
  const stateDir = resolve(options.stateDir);
  const folders = getClusterFolders(stateDir, options.name);
  const place: ClusterPlace = { stateDir, folders, installation };
  const report = createReporter(`cluster ${options.name} (HBase ${options.line})`, onProgress);
  return await withFileLock(`${folders.clusterDir}.lock`, async () => {
    return (await joinRunning(place, options)) ?? (await startAnew(place, options, report));
  });
}

function assertName(name: string): void {
  if (/^[a-z][a-z0-9-]{0,30}$/.test(name)) return;
  throw new Failure('request.invalid', `cluster name "${name}": use lower-case letters, digits and hyphens.`);
}

/** The running cluster of this name, when every one of its processes lives and it answers. */
async function joinRunning(
  place: ClusterPlace,
  options: HBaseClusterOptions,
): Promise<StartedHBaseCluster | undefined> {
  const state = await readClusterState(place.folders);
  if (state === undefined) return undefined;
  const records = await listLiving(place.stateDir, state);
  if (records === undefined || !(await answers(place))) return undefined;
  const wanted = toShape(options);
  const running = toShape({ ...state, regionServers: state.regionServers.length, yarn: state.yarn !== undefined });
  if (wanted !== running) {
    throw new Failure(
      'sandbox.failed',
      `Cluster ${state.name} runs already, as ${running}, not as ${wanted}. Stop it first.`,
      {
        cluster: state.name,
      },
    );
  }
  return createHandle(place, state, records);
}

/** One record per process of the cluster, or undefined when one of them is gone or never became ready. */
async function listLiving(stateDir: string, state: ClusterState): Promise<ProcessRecord[] | undefined> {
  const records = (await listRecordedProcesses(stateDir)).filter(isAlive);
  const folders = getClusterFolders(stateDir, state.name);
  const living = getProcesses(state)
    .filter((daemons) => isReady(folders, daemons))
    .flatMap((daemons) => records.filter((record) => record.what === toWhat(state.name, daemons.process)));
  return living.length === getProcesses(state).length ? living : undefined;
}

/** Alive is not ready: a cluster whose machine slept may hang for good. */
async function answers({ folders }: ClusterPlace): Promise<boolean> {
  try {
    await runProgramOrFail([`${folders.binDir}/hbase`, 'Ready', '30'], { timeoutMs: 60_000 });
    return true;
  } catch (error) {
    if (error instanceof Failure && error.code === 'sandbox.failed') return false;
    throw error;
  }
}

function toShape(options: Pick<HBaseClusterOptions, 'line' | 'regionServers' | 'multiwal' | 'yarn'>): string {
  const servers = `${options.regionServers ?? 1} region server(s)`;
  return [options.line, servers, options.multiwal && 'multiwal', options.yarn && 'YARN'].filter(Boolean).join(', ');
}

async function startAnew(
  place: ClusterPlace,
  options: HBaseClusterOptions,
  report: (message: string) => void,
): Promise<StartedHBaseCluster> {
  await stopRecordedProcesses(place.stateDir, { what: toWhat(options.name) });
  await rm(place.folders.clusterDir, { recursive: true, force: true });
  const state = await createClusterState(options);
  await writeFiles(place, state);
  await writeClusterState(place.folders, state);
  try {
    const records = await reportWhile(report, 'starting', startAll(place, state));
    const processes = getProcesses(state).map((daemons) => daemons.process);
    await startRecordingArchives({ ...place, what: toWhat(state.name, 'record-archives'), processes });
    report('ready');
    return createHandle(place, state, records);
  } catch (error) {
    await stopRecordedProcesses(place.stateDir, { what: toWhat(options.name) });
    throw error;
  }
}

async function writeFiles({ folders, installation }: ClusterPlace, state: ClusterState): Promise<void> {
  await writeConf({
    folder: folders.confDir,
    dataDir: folders.dataDir,
    ports: state.ports,
    regionServers: state.regionServers.length,
    multiwal: state.multiwal,
    ...(state.yarn === undefined ? {} : { yarn: getYarnConf({ ports: state.yarn, folders, installation }) }),
  });
  await writeGateway({ clusterDir: folders.clusterDir, installation });
}

/** All at once: a region server waits for its master by itself, and JVMs start best side by side. */
async function startAll(place: ClusterPlace, state: ClusterState): Promise<ProcessRecord[]> {
  return await Promise.all(
    getProcesses(state).map(async (daemons) => {
      const record = await startDaemons(place, state.name, daemons);
      await waitForDaemons({ folders: place.folders, daemons, record });
      return record;
    }),
  );
}
