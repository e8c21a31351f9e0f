import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export const CLUSTER_PORTS = [
  'nameNode',
  'nameNodeHttp',
  'dataNode',
  'dataNodeIpc',
  'dataNodeHttp',
  'zooKeeper',
  'master',
  'masterInfo',
] as const;

/** Ports of one cluster, all on 127.0.0.1. */
export type ClusterPorts = Record<(typeof CLUSTER_PORTS)[number], number>;

export interface ConfOptions {
  /** Folder that receives the files. */
  folder: string;
  /** Folder of everything the daemons store. */
  dataDir: string;
  ports: ClusterPorts;
  /** How many the cluster starts with. */
  regionServers: number;
  multiwal: boolean;
  /** Absent: MapReduce runs inside the caller's JVM. */
  yarn?: YarnConf;
}

export interface YarnConf {
  yarnSite: Properties;
  mapredSite: Properties;
  capacityScheduler: Properties;
}

export type Properties = Record<string, string | number | boolean>;

const HOST = '127.0.0.1';

/** Writes the conf folder that daemons and gateway commands share. */
export async function writeConf(options: ConfOptions): Promise<void> {
  await mkdir(options.folder, { recursive: true });
  const files: Record<string, string> = {
    'core-site.xml': formatXml(getCoreSite(options)),
    'hdfs-site.xml': formatXml(getHdfsSite(options)),
    'hbase-site.xml': formatXml(getHBaseSite(options)),
    'mapred-site.xml': formatXml(options.yarn?.mapredSite ?? getLocalMapredSite(options)),
    ...(options.yarn === undefined ? {} : formatYarn(options.yarn)),
    ...getLogging(),
  };
  const writes = Object.entries(files).map(([name, text]) => writeFile(join(options.folder, name), text));
  await Promise.all(writes);
}

/** Hadoop's configuration format. */
export function formatXml(properties: Properties): string {
  const rows = Object.entries(properties).map(
    ([name, value]) => `<property><name>${name}</name><value>${escapeXml(String(value))}</value></property>\n`,
  );
  return `<?xml version="1.0"?>\n<configuration>\n${rows.join('')}</configuration>\n`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function formatYarn(yarn: YarnConf): Record<string, string> {
  return { 'yarn-site.xml': formatXml(yarn.yarnSite), 'capacity-scheduler.xml': formatXml(yarn.capacityScheduler) };
}

function getCoreSite({ ports, dataDir }: ConfOptions): Properties {
  return {
    'fs.defaultFS': `hdfs://${HOST}:${ports.nameNode}`,
    'hadoop.tmp.dir': join(dataDir, 'hadoop'),
    // A stopped NameNode should be a quick error, not minutes of silence.
    'ipc.client.connect.max.retries.on.timeouts': 3,
  };
}

function getHdfsSite({ ports, dataDir }: ConfOptions): Properties {
  return {
    'dfs.replication': 1,
    'dfs.namenode.name.dir': pathToFileURL(join(dataDir, 'namenode')).href,
    'dfs.datanode.data.dir': pathToFileURL(join(dataDir, 'datanode')).href,
    'dfs.namenode.rpc-address': `${HOST}:${ports.nameNode}`,
    'dfs.namenode.http-address': `${HOST}:${ports.nameNodeHttp}`,
    'dfs.datanode.address': `${HOST}:${ports.dataNode}`,
    'dfs.datanode.ipc.address': `${HOST}:${ports.dataNodeIpc}`,
    'dfs.datanode.http.address': `${HOST}:${ports.dataNodeHttp}`,
    'dfs.datanode.max.transfer.threads': 4096,
    'dfs.namenode.datanode.registration.ip-hostname-check': false,
    'dfs.namenode.safemode.extension': 0,
    'dfs.namenode.fs-limits.min-block-size': 0,
    'dfs.permissions.enabled': false,
    'dfs.client.block.write.replace-datanode-on-failure.enable': false,
    'dfs.heartbeat.interval': 1,
    // Sandbox only, never on a real cluster: the data need not survive a power cut.
    'dfs.namenode.edits.noeditlogchannelflush': true,
    // Sandbox only. On a single DataNode a file is often closed a moment before the NameNode has heard of its last
    // block, and the client then sleeps this long (default 400): boots, creates and snapshots are 2–8 times faster.
    'dfs.client.block.write.locateFollowingBlock.initial.delay.ms': 20,
  };
}

function getHBaseSite(options: ConfOptions): Properties {
  return {
    'hbase.rootdir': `hdfs://${HOST}:${options.ports.nameNode}/hbase`,
    'hbase.cluster.distributed': true,
    'hbase.tmp.dir': join(options.dataDir, 'hbase'),
    ...getServerAddresses(options.ports),
    ...getZooKeeper(options),
    ...getWal(options.multiwal),
    ...SMALL,
    ...QUICK,
    // The master starts the moment all of them have reported, and spreads the regions over all.
    'hbase.master.wait.on.regionservers.mintostart': options.regionServers,
    'hbase.master.wait.on.regionservers.maxtostart': options.regionServers,
    'hbase.replication': true,
    'replication.source.ratio': 1,
    'hbase.snapshot.enabled': true,
  };
}

function getServerAddresses(ports: ClusterPorts): Properties {
  return {
    'hbase.master.port': ports.master,
    'hbase.master.info.port': ports.masterInfo,
    'hbase.master.info.bindAddress': HOST,
    'hbase.master.ipc.address': HOST,
    'hbase.master.hostname': 'localhost',
    'hbase.regionserver.info.bindAddress': HOST,
    'hbase.regionserver.ipc.address': HOST,
    // The name of this setting differs between 1.x and 2.x.
    'hbase.regionserver.hostname': 'localhost',
    'hbase.unsafe.regionserver.hostname': 'localhost',
  };
}

function getZooKeeper({ ports, dataDir }: ConfOptions): Properties {
  return {
    'hbase.zookeeper.quorum': HOST,
    'hbase.zookeeper.property.clientPort': ports.zooKeeper,
    'hbase.zookeeper.property.clientPortAddress': HOST,
    'hbase.zookeeper.property.dataDir': join(dataDir, 'zookeeper'),
    'hbase.zookeeper.property.admin.enableServer': false,
    'hbase.zookeeper.property.maxClientCnxns': 1000,
    'zookeeper.znode.parent': '/hbase',
    // Sandbox only: a killed region server is noticed after 8 s instead of 90. ZooKeeper allows sessions of 2 to 20 ticks.
    'hbase.zookeeper.property.tickTime': 1000,
    'zookeeper.session.timeout': 8000,
  };
}

function getWal(multiwal: boolean): Properties {
  // The asynchronous provider reaches into HDFS internals and breaks where HBase was built for another Hadoop.
  const provider: Properties = multiwal
    ? { 'hbase.wal.provider': 'multiwal', 'hbase.wal.regiongrouping.delegate.provider': 'filesystem' }
    : { 'hbase.wal.provider': 'filesystem' };
  return {
    ...provider,
    'hbase.wal.meta_provider': 'filesystem',
    'hbase.procedure.store.region.wal.provider': 'filesystem',
  };
}

/** Two clusters must fit a laptop. */
const SMALL: Properties = {
  'hbase.regionserver.handler.count': 10,
  'hbase.master.handler.count': 10,
  'hbase.regionserver.metahandler.count': 5,
  'hbase.hregion.memstore.flush.size': 32 * 1024 * 1024,
  'hbase.regionserver.global.memstore.size': 0.3,
  // A chunk of 2 MB for each family of each region: a hundred small regions would take more than the heap.
  'hbase.hregion.memstore.mslab.enabled': false,
  'hfile.block.cache.size': 0.2,
};

/** Sandbox only: shorter pauses, so that tests need not wait for what takes minutes on a real cluster. */
const QUICK: Properties = {
  'hbase.master.wait.on.regionservers.interval': 100,
  'hbase.regionserver.msginterval': 1000,
  'hbase.procedure.remote.dispatcher.delay.msec': 20,
  'hbase.client.retries.number': 12,
  // A source that found nothing to ship, or no sink, looks again after 0.1 s, at most 2 s instead of 5 minutes.
  'replication.source.sleepforretries': 100,
  'replication.source.maxretriesmultiplier': 20,
  // A dead server's queues are taken over at once instead of after 30 to 60 s.
  'replication.sleep.before.failover': 500,
  // WALs and HFiles that nothing holds go within seconds: a test that needs one must hold it, as in real life.
  'hbase.master.cleaner.interval': 5000,
  'hbase.master.logcleaner.ttl': 5000,
  // The master of 2.4 can miss that a snapshot gave its lock back, and the snapshot then waits for this instead of
  // 10 minutes: `LockProcedure` looks for the release, then suspends itself, and nothing wakes it for one in between.
  'hbase.master.procedure.local.master.locks.timeout.ms': 20_000,
};

function getLocalMapredSite({ dataDir }: ConfOptions): Properties {
  return {
    'mapreduce.framework.name': 'local',
    'mapreduce.local.map.tasks.maximum': 2,
    'mapreduce.task.io.sort.mb': 32,
    'mapreduce.cluster.local.dir': join(dataDir, 'mapred'),
    'mapreduce.jobtracker.staging.root.dir': join(dataDir, 'staging'),
  };
}

/** Daemons log to stdout, which goes to a file; commands to stderr, as a real gateway's do. */
function getLogging(): Record<string, string> {
  return {
    'log4j2-daemon.properties': formatLog4j2('SYSTEM_OUT'),
    'log4j2-client.properties': formatLog4j2('SYSTEM_ERR'),
    'log4j-daemon.properties': formatLog4j1('System.out'),
    'log4j-client.properties': formatLog4j1('System.err'),
  };
}

function formatLog4j2(target: string): string {
  return `rootLogger.level = \${sys:sandbox.log.level:-INFO}
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = ${target}
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %-5p [%t] %c{2}: %m%n
logger.block.name = BlockStateChange
logger.block.level = WARN
logger.zookeeper.name = org.apache.zookeeper
logger.zookeeper.level = ERROR
`;
}

function formatLog4j1(target: string): string {
  return `sandbox.log.level=INFO
log4j.rootLogger=\${sandbox.log.level},console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.target=${target}
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d{ISO8601} %-5p [%t] %c{2}: %m%n
log4j.logger.BlockStateChange=WARN
log4j.logger.org.apache.zookeeper=ERROR
`;
}
