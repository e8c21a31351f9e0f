import type { ClusterCheck } from '../../../workflows/contract/step-data.ts';
import { type SideFacts, toGigabytes } from '../plan/preflight/facts.ts';

/** What a cluster's facts say, line by line. */
export function judgeCluster(side: SideFacts): ClusterCheck[] {
  return [...describe(side), ...judgeServers(side), ...judgeDisk(side), ...judgeClocks(side), ...judgePeers(side)];
}

function describe({ name, facts }: SideFacts): ClusterCheck[] {
  const rows: [fact: string, value: string][] = [
    ['version', `HBase ${facts.version}, Hadoop ${facts.hadoopVersion}`],
    ['runtime', `Java ${facts.javaVersion}, JRuby ${facts.jrubyVersion}`],
    ['cluster id', facts.clusterId],
    ['cluster key', facts.clusterKey],
    ['root', facts.rootDir],
  ];
  return rows.map(([fact, value]) => ({ cluster: name, fact, value, level: 'OK' }));
}

function judgeServers({ name, facts }: SideFacts): ClusterCheck[] {
  const { activeMaster, backupMasters, liveServers, deadServers, regions, regionsInTransition } = facts;
  return [
    line(
      { cluster: name, fact: 'master' },
      {
        value: activeMaster === '' ? 'none' : `${activeMaster}, ${backupMasters.length} backup`,
        failed: activeMaster === '',
        fix: 'Start a master.',
      },
    ),
    line(
      { cluster: name, fact: 'region servers' },
      {
        value: `${liveServers.length} live, ${deadServers.length} dead`,
        failed: liveServers.length === 0,
        warn: deadServers.length > 0,
        fix: 'Wait for the recovery of dead servers, or clear them with `clear_deadservers`.',
      },
    ),
    line(
      { cluster: name, fact: 'regions' },
      {
        value: `${regions}, ${regionsInTransition} in transition`,
        warn: regionsInTransition > 0,
        fix: 'Wait until they are open; look at the master page when they stay.',
      },
    ),
  ];
}

/** From here on held WALs are a danger (hazards 13). */
const NEARLY_FULL = 0.85;

function judgeDisk({ name, facts: { capacityBytes, freeBytes, walBytes } }: SideFacts): ClusterCheck[] {
  const used = capacityBytes > 0 ? 1 - freeBytes / capacityBytes : 0;
  const value = `${toGigabytes(freeBytes)} free of ${toGigabytes(capacityBytes)}, WALs ${toGigabytes(walBytes)}`;
  return [
    line(
      { cluster: name, fact: 'disk' },
      { value, warn: used >= NEARLY_FULL, fix: 'Free space before a migration holds WALs.' },
    ),
  ];
}

function judgeClocks({ name, clocks }: SideFacts): ClusterCheck[] {
  if (clocks.length === 0) return [];
  const times = clocks.map(({ clockMs }) => clockMs);
  const skewMs = Math.max(...times) - Math.min(...times);
  const fix = 'Synchronise the clocks (NTP).';
  // Servers tell their clock with their reports, which are 3 s old and more when they are busy.
  return [
    line({ cluster: name, fact: 'clock skew' }, { value: `${skewMs} ms between readings`, warn: skewMs > 10_000, fix }),
  ];
}

function judgePeers({ name, facts: { peers } }: SideFacts): ClusterCheck[] {
  const value = peers.map(({ id, enabled }) => `${id} ${enabled ? 'enabled' : 'disabled'}`).join(', ') || 'none';
  return [{ cluster: name, fact: 'replication peers', value, level: 'OK' }];
}

interface Judged {
  value: string;
  failed?: boolean;
  warn?: boolean;
  fix: string;
}

function line(about: { cluster: string; fact: string }, { value, failed, warn, fix }: Judged): ClusterCheck {
  const level = failed ? 'FAILED' : warn ? 'WARN' : 'OK';
  return { ...about, value, level, ...(level === 'OK' ? {} : { fix }) };
}
