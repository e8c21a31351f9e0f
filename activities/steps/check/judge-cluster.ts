import type { ClusterCheck } from '../../../workflows/contract/step-data.ts';
import { READING_ERROR_MS } from '../plan/preflight/check-clocks.ts';
import { isHBaseBackupOn, type SideFacts, toGigabytes } from '../plan/preflight/facts.ts';
import { findLagging } from '../plan/preflight/lagging-peers.ts';

/** What a cluster's facts say, line by line, in the order in which they are shown. */
export function judgeCluster(side: SideFacts): ClusterCheck[] {
  const judged: [fact: string, Judged][] = [
    ...describe(side),
    ['masters', judgeMasters(side)],
    ['region servers', judgeServers(side)],
    ['dead servers', judgeDeadServers(side)],
    ['regions in transition', judgeRegions(side)],
    ['replication peers', judgePeers(side)],
    ['free space', judgeSpace(side)],
    ['clock skew', judgeClocks(side)],
    ['metrics', judgeMetrics(side)],
  ];
  return judged.map(([fact, line]) => toLine({ cluster: side.name, fact }, line));
}

interface Judged {
  value: string;
  failed?: boolean;
  warn?: boolean;
  fix?: string;
}

function toLine(about: { cluster: string; fact: string }, { value, failed, warn, fix }: Judged): ClusterCheck {
  const level = failed ? 'FAILED' : warn ? 'WARN' : 'OK';
  return { ...about, value, level, ...(level === 'OK' || fix === undefined ? {} : { fix }) };
}

function describe({ facts }: SideFacts): [fact: string, Judged][] {
  const { settings } = facts;
  const authentication = settings['hbase.security.authentication'] ?? 'simple';
  return [
    ['version', { value: `HBase ${facts.version}, Hadoop ${facts.hadoopVersion}` }],
    ['runtime', { value: `Java ${facts.javaVersion}, JRuby ${facts.jrubyVersion}` }],
    ['cluster id', { value: facts.clusterId }],
    ['quorum', { value: facts.clusterKey }],
    ['root directory', { value: facts.rootDir }],
    ['authentication', { value: authentication }],
    ['hbase backup', { value: isHBaseBackupOn(facts) ? 'configured; it is left alone' : 'not configured' }],
  ];
}

function judgeMasters({ facts: { activeMaster, backupMasters } }: SideFacts): Judged {
  const backups = backupMasters.length === 0 ? 'no backup' : `backup ${backupMasters.join(' ')}`;
  const value = activeMaster === '' ? 'none' : `${activeMaster}, ${backups}`;
  return { value, failed: activeMaster === '', fix: 'Start a master.' };
}

function judgeServers({ facts: { liveServers, regions } }: SideFacts): Judged {
  const value = `${liveServers.length} live with ${regions} regions`;
  return { value, failed: liveServers.length === 0, fix: 'Start the region servers.' };
}

function judgeDeadServers({ facts: { deadServers } }: SideFacts): Judged {
  const names = deadServers.slice(0, 3).join(' ');
  const value = deadServers.length === 0 ? '0' : `${deadServers.length}: ${names}${deadServers.length > 3 ? ' …' : ''}`;
  const fix = 'Wait for the recovery of dead servers, or clear them with `clear_deadservers`.';
  return { value, warn: deadServers.length > 0, fix };
}

function judgeRegions({ facts: { regionsInTransition } }: SideFacts): Judged {
  const fix = 'Wait until they are open; look at the master page when they stay.';
  return { value: String(regionsInTransition), warn: regionsInTransition > 0, fix };
}

function judgePeers({ facts: { peers }, peerLags }: SideFacts): Judged {
  const lagging = findLagging(peers, peerLags);
  const named = peers.map(({ id, enabled }) => `${id} ${enabled ? 'enabled' : 'disabled'}`);
  const value = [...named, ...lagging.map(({ message }) => `behind: ${message}`)].join(', ') || 'none';
  return { value, warn: lagging.length > 0, fix: 'Find out why a peer is behind before another one is added.' };
}

/** From here on held WALs are a danger (hazards 13). */
const NEARLY_FULL = 0.85;

function judgeSpace({ facts: { capacityBytes, freeBytes, walBytes, rootDir } }: SideFacts): Judged {
  const used = capacityBytes > 0 ? 1 - freeBytes / capacityBytes : 0;
  const [fileSystem] = /^\w+:\/\/[^/]*/.exec(rootDir) ?? ['the file system of the root directory'];
  const value =
    `${toGigabytes(freeBytes)} of ${toGigabytes(capacityBytes)} of disk are free on ${fileSystem}, ` +
    `where every replica counts; its WALs hold ${toGigabytes(walBytes)}, counted once`;
  return { value, warn: used >= NEARLY_FULL, fix: 'Free space before a migration holds WALs.' };
}

function judgeClocks({ clocks }: SideFacts): Judged {
  const times = clocks.map(({ clockMs }) => clockMs);
  const skewMs = times.length === 0 ? 0 : Math.max(...times) - Math.min(...times);
  const value = `${skewMs} ms between readings of ${times.length} clocks`;
  return { value, warn: skewMs > READING_ERROR_MS, fix: 'Synchronise the clocks (NTP).' };
}

function judgeMetrics({ unlogged }: SideFacts): Judged {
  const [blind] = unlogged.filter(({ mutations }) => mutations === undefined);
  const readable = unlogged.filter(({ mutations }) => mutations !== undefined).length;
  const why = blind === undefined ? '' : `; ${blind.server}: ${blind.why ?? 'no answer'}`;
  const fix = 'Open the info port of the region servers to the gateway: writes without WAL are seen there only.';
  return { value: `of ${readable} of ${unlogged.length} servers${why}`, warn: blind !== undefined, fix };
}
