import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { Failure } from '../../activities/failure.ts';
import { isAlive, type ProcessRecord, startRecorded } from '../processes.ts';
import { waitUntil } from '../wait-until.ts';
import { getArchiveFlags } from './class-archives.ts';
import type { ClusterFolders, ClusterState } from './cluster-state.ts';
import type { HBaseInstallation } from './install.ts';
import { JVM_LIGHT, JVM_OPENS } from './jvm.ts';

/** A cluster about to run, or running. */
export interface ClusterPlace {
  stateDir: string;
  folders: ClusterFolders;
  installation: HBaseInstallation;
}

/** One JVM of a cluster and the daemons in it. */
export interface DaemonProcess {
  /** `control`, `regionserver-1`, `yarn`: names log, record and ready file. */
  process: string;
  roles: string[];
  heapMb: number;
}

/**
 * One JVM for what is never killed alone, one for each region server, which fault tests kill: less memory and a
 * quicker start than a JVM for each daemon.
 */
export function getControlProcess(): DaemonProcess {
  return { process: 'control', roles: ['zookeeper', 'namenode', 'datanode', 'master'], heapMb: 448 };
}

export function getRegionServerProcess(state: ClusterState, index: number): DaemonProcess {
  const ports = state.regionServers[index - 1];
  if (ports === undefined) {
    throw new Failure('internal', `cluster ${state.name} has no region server ${index}.`, { cluster: state.name });
  }
  const role = `regionserver:${ports.port}:${ports.infoPort}`;
  return { process: `regionserver-${index}`, roles: [role], heapMb: 576 };
}

export function getYarnProcess(): DaemonProcess {
  return { process: 'yarn', roles: ['resourcemanager', 'nodemanager'], heapMb: 256 };
}

export function getProcesses(state: ClusterState): DaemonProcess[] {
  return [
    getControlProcess(),
    ...state.regionServers.map((_, position) => getRegionServerProcess(state, position + 1)),
    ...(state.yarn !== undefined ? [getYarnProcess()] : []),
  ];
}

/** Name of a cluster's process in the records: `hbase/<cluster>/<process>`. */
export function toWhat(cluster: string, process?: string): string {
  return process === undefined ? `hbase/${cluster}` : `hbase/${cluster}/${process}`;
}

export async function startDaemons(
  place: ClusterPlace,
  cluster: string,
  daemons: DaemonProcess,
): Promise<ProcessRecord> {
  const { folders, installation, stateDir } = place;
  const readyFile = getReadyFile(folders, daemons);
  await mkdir(folders.runDir, { recursive: true });
  await rm(readyFile, { force: true });
  const what = toWhat(cluster, daemons.process);
  return startRecorded(stateDir, {
    what,
    command: installation.java.java,
    args: [...getJvmFlags(place, daemons), `-Dsandbox.process=${what}`, 'Daemons', readyFile, ...daemons.roles],
    cwd: folders.clusterDir,
    // By environment, not by argument, so that `ps` stays readable.
    env: { CLASSPATH: [...installation.jars, folders.confDir].join(':') },
    logFile: join(folders.logsDir, `${daemons.process}.log`),
    // What they hold is thrown away with them, and an orderly end takes up to a minute.
    stopSignal: daemons.process === 'yarn' ? 'SIGTERM' : 'SIGKILL',
  });
}

function getJvmFlags(place: ClusterPlace, daemons: DaemonProcess): string[] {
  const { folders } = place;
  const logs = ['hbase', 'hadoop', 'yarn'].map((product) => `-D${product}.log.dir=${folders.logsDir}`);
  return [
    `-Xmx${daemons.heapMb}m`,
    ...JVM_LIGHT,
    '-XX:ReservedCodeCacheSize=160m',
    '-Djava.net.preferIPv4Stack=true',
    ...JVM_OPENS,
    ...getArchiveFlags(place, daemons.process),
    ...logs,
    `-Dlog4j2.configurationFile=${join(folders.confDir, 'log4j2-daemon.properties')}`,
    `-Dlog4j.configuration=file:${join(folders.confDir, 'log4j-daemon.properties')}`,
  ];
}

function getReadyFile(folders: ClusterFolders, daemons: DaemonProcess): string {
  return join(folders.runDir, `${daemons.process}.ready`);
}

export function isReady(folders: ClusterFolders, daemons: DaemonProcess): boolean {
  return existsSync(getReadyFile(folders, daemons));
}

export interface DaemonsToAwait {
  folders: ClusterFolders;
  daemons: DaemonProcess;
  record: ProcessRecord;
}

/** Waits until all daemons of the JVM serve. Throws `Failure('sandbox.failed')` with the end of the log. */
export async function waitForDaemons({ folders, daemons, record }: DaemonsToAwait): Promise<void> {
  const probe = async (): Promise<true | undefined> => {
    if (isReady(folders, daemons)) return true;
    if (isAlive(record)) return undefined;
    throw new Failure('sandbox.failed', `${record.what} ended while it started. Log: ${record.logFile}`, {
      logTail: await readEnd(record.logFile),
    });
  };
  await waitUntil(probe, { what: record.what, timeoutMs: 240_000, describe: () => readEnd(record.logFile) });
}

async function readEnd(logFile: string | undefined): Promise<string> {
  return logFile === undefined ? '' : (await readFile(logFile, 'utf8')).slice(-1000);
}
