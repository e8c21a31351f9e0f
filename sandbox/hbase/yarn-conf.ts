import { join } from 'node:path';

import type { ClusterFolders } from './cluster-state.ts';
import type { YarnConf } from './conf.ts';
import type { HBaseInstallation } from './install.ts';
import { JVM_LIGHT, JVM_OPENS } from './jvm.ts';

const HOST = '127.0.0.1';

export const YARN_PORTS = [
  'resourceManager',
  'scheduler',
  'resourceTracker',
  'admin',
  'resourceManagerHttp',
  'nodeManager',
  'localizer',
  'nodeManagerHttp',
  'shuffle',
] as const;

export type YarnPorts = Record<(typeof YARN_PORTS)[number], number>;

export interface YarnPlace {
  ports: YarnPorts;
  folders: ClusterFolders;
  installation: HBaseInstallation;
}

/** A YARN of one node whose containers run with the class path of the installation: nothing is shipped. */
export function getYarnConf(place: YarnPlace): YarnConf {
  return { yarnSite: getYarnSite(place), mapredSite: getMapredSite(place), capacityScheduler: CAPACITY_SCHEDULER };
}

function getYarnSite({ ports, folders, installation }: YarnPlace): YarnConf['yarnSite'] {
  return {
    'yarn.resourcemanager.hostname': HOST,
    'yarn.resourcemanager.bind-host': HOST,
    'yarn.resourcemanager.address': `${HOST}:${ports.resourceManager}`,
    'yarn.resourcemanager.scheduler.address': `${HOST}:${ports.scheduler}`,
    'yarn.resourcemanager.resource-tracker.address': `${HOST}:${ports.resourceTracker}`,
    'yarn.resourcemanager.admin.address': `${HOST}:${ports.admin}`,
    'yarn.resourcemanager.webapp.address': `${HOST}:${ports.resourceManagerHttp}`,
    // Otherwise a client asks a stopped ResourceManager for a quarter of an hour.
    'yarn.resourcemanager.connect.max-wait.ms': 8000,
    'yarn.resourcemanager.nodemanagers.heartbeat-interval-ms': 100,
    'yarn.nodemanager.hostname': HOST,
    'yarn.nodemanager.bind-host': HOST,
    'yarn.nodemanager.address': `${HOST}:${ports.nodeManager}`,
    'yarn.nodemanager.localizer.address': `${HOST}:${ports.localizer}`,
    'yarn.nodemanager.webapp.address': `${HOST}:${ports.nodeManagerHttp}`,
    'yarn.nodemanager.aux-services': 'mapreduce_shuffle',
    'mapreduce.shuffle.port': ports.shuffle,
    'yarn.nodemanager.local-dirs': join(folders.dataDir, 'yarn-local'),
    'yarn.nodemanager.log-dirs': join(folders.logsDir, 'containers'),
    'yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage': 99.5,
    'yarn.nodemanager.resource.memory-mb': 4096,
    'yarn.nodemanager.resource.cpu-vcores': 8,
    'yarn.nodemanager.vmem-check-enabled': false,
    'yarn.nodemanager.pmem-check-enabled': false,
    'yarn.scheduler.minimum-allocation-mb': 128,
    'yarn.application.classpath': toContainerClassPath(folders, installation),
  };
}

function getMapredSite({ ports, folders, installation }: YarnPlace): YarnConf['mapredSite'] {
  const java = ['-Xmx300m', ...JVM_LIGHT, ...JVM_OPENS].join(' ');
  return {
    'mapreduce.framework.name': 'yarn',
    'mapreduce.application.classpath': toContainerClassPath(folders, installation),
    'mapreduce.shuffle.port': ports.shuffle,
    'yarn.app.mapreduce.am.staging-dir': '/tmp/staging',
    'yarn.app.mapreduce.am.resource.mb': 384,
    'yarn.app.mapreduce.am.command-opts': java,
    'mapreduce.map.memory.mb': 384,
    'mapreduce.reduce.memory.mb': 384,
    'mapreduce.map.java.opts': java,
    'mapreduce.reduce.java.opts': java,
    'mapreduce.task.io.sort.mb': 32,
    'mapreduce.map.speculative': false,
  };
}

const CAPACITY_SCHEDULER: YarnConf['capacityScheduler'] = {
  'yarn.scheduler.capacity.root.queues': 'default',
  'yarn.scheduler.capacity.root.default.capacity': 100,
  // With the default of a tenth, a second job would wait for the first.
  'yarn.scheduler.capacity.maximum-am-resource-percent': 0.9,
  'yarn.scheduler.capacity.root.default.maximum-am-resource-percent': 0.9,
};

function toContainerClassPath(folders: ClusterFolders, installation: HBaseInstallation): string {
  return [...installation.jars, folders.confDir].join(',');
}
