import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { findFreePorts } from '../free-ports.ts';
import type { HBaseLineName } from '../versions.ts';
import { CLUSTER_PORTS, type ClusterPorts } from './conf.ts';
import { YARN_PORTS, type YarnPorts } from './yarn-conf.ts';

/** What `<stateDir>/hbase/<name>/cluster.json` says, so that any later process can join or stop the cluster. */
export interface ClusterState {
  name: string;
  line: HBaseLineName;
  multiwal: boolean;
  /** Present when the cluster has a YARN. */
  yarn?: YarnPorts;
  ports: ClusterPorts;
  /** In the order of their index, which starts at 1. */
  regionServers: RegionServerPorts[];
}

export interface RegionServerPorts {
  port: number;
  infoPort: number;
}

export interface ClusterShape {
  name: string;
  line: HBaseLineName;
  regionServers?: number;
  multiwal?: boolean;
  yarn?: boolean;
}

/** A cluster about to start: the defaults filled in, and ports that are free now. */
export async function createClusterState(shape: ClusterShape): Promise<ClusterState> {
  const regionServers = shape.regionServers ?? 1;
  const ports = await findFreePorts(CLUSTER_PORTS.length + YARN_PORTS.length + 2 * regionServers);
  const next = (): number => ports.pop() ?? 0;
  return {
    name: shape.name,
    line: shape.line,
    multiwal: shape.multiwal ?? false,
    ports: Object.fromEntries(CLUSTER_PORTS.map((name) => [name, next()])) as ClusterPorts,
    regionServers: Array.from({ length: regionServers }, () => ({ port: next(), infoPort: next() })),
    ...(shape.yarn ? { yarn: Object.fromEntries(YARN_PORTS.map((name) => [name, next()])) as YarnPorts } : {}),
  };
}

/** Where the parts of one cluster lie. */
export interface ClusterFolders {
  clusterDir: string;
  binDir: string;
  confDir: string;
  /** What the daemons store; worthless once they have ended. */
  dataDir: string;
  logsDir: string;
  /** Holds `<process>.ready` for each JVM that serves. */
  runDir: string;
}

export function getClusterFolders(stateDir: string, name: string): ClusterFolders {
  const clusterDir = join(stateDir, 'hbase', name);
  const inside = (folder: string): string => join(clusterDir, folder);
  return {
    clusterDir,
    binDir: inside('bin'),
    confDir: inside('conf'),
    dataDir: inside('data'),
    logsDir: inside('logs'),
    runDir: inside('run'),
  };
}

export async function writeClusterState(folders: ClusterFolders, state: ClusterState): Promise<void> {
  await mkdir(folders.clusterDir, { recursive: true });
  const path = join(folders.clusterDir, 'cluster.json');
  await writeFile(`${path}.tmp`, JSON.stringify(state, null, 2));
  await rename(`${path}.tmp`, path);
}

/** undefined when the cluster was never started here, or was stopped. */
export async function readClusterState(folders: ClusterFolders): Promise<ClusterState | undefined> {
  try {
    return JSON.parse(await readFile(join(folders.clusterDir, 'cluster.json'), 'utf8')) as ClusterState;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
