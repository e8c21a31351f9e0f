import type { Finding } from '../../../../workflows/contract/plan.ts';
import { findingIf, type PreflightFacts, type SideFacts } from './facts.ts';
import { isBefore } from './versions.ts';

/** hbase.md §9: 4 (cluster ids), 5 (masters), 6 (dead servers, regions in transition), 19, 32. */
export function checkClusters(facts: PreflightFacts): Finding[] {
  const { source, target } = facts;
  return [
    ...checkIdentity(facts),
    ...[source, target].flatMap((side) => [...checkMasters(side), ...checkServers(side), ...checkSnapshots(side)]),
    ...checkReplication(source),
  ];
}

function checkIdentity({ source, target }: PreflightFacts): Finding[] {
  const same = source.facts.clusterId === target.facts.clusterId;
  return findingIf(same, () => ({
    code: 'cluster.same-id',
    level: 'error',
    message: `${source.name} and ${target.name} both have the cluster id ${source.facts.clusterId}: replication drops every edit.`,
    fix: 'If the target was made by copying folders, remove its hbase.id and restart it; else correct the clusters file.',
  }));
}

function checkMasters({ name, facts }: SideFacts): Finding[] {
  const { activeMaster, backupMasters } = facts;
  return [
    ...findingIf(activeMaster === '', () => ({
      code: 'cluster.no-master',
      level: 'error',
      cluster: name,
      message: `${name} has no active master.`,
      fix: 'Start a master and wait until it is active.',
    })),
    ...findingIf(activeMaster !== '' && backupMasters.length === 0, () => ({
      code: 'cluster.no-backup-master',
      level: 'info',
      cluster: name,
      message: `${name} has no backup master: the migration waits while its only master is down.`,
      fix: 'Start a backup master.',
    })),
  ];
}

function checkServers({ name, facts }: SideFacts): Finding[] {
  const { deadServers, regionsInTransition, liveServers } = facts;
  return [
    ...findingIf(liveServers.length === 0, () => ({
      code: 'cluster.no-servers',
      level: 'error',
      cluster: name,
      message: `${name} has no live region server.`,
      fix: 'Start the region servers.',
    })),
    ...findingIf(deadServers.length > 0, () => ({
      code: 'cluster.dead-servers',
      level: 'warn',
      cluster: name,
      message: `${name} lists ${deadServers.length} dead servers: ${deadServers.slice(0, 3).join(', ')}.`,
      fix: 'Wait for their recovery, or clear them with `clear_deadservers`.',
    })),
    ...findingIf(regionsInTransition > 0, () => ({
      code: 'cluster.regions-in-transition',
      level: 'warn',
      cluster: name,
      message: `${name} has ${regionsInTransition} regions in transition: snapshots fail while a region is not open.`,
      fix: 'Wait until they are open; look at the master page when they stay.',
    })),
  ];
}

/** Off by an explicit `false` only, on 1.x; the setting is gone in 2.0. */
function checkReplication({ name, facts }: SideFacts): Finding[] {
  const off = facts.settings['hbase.replication'] === 'false' && isBefore(facts.version, '2.0.0');
  return findingIf(off, () => ({
    code: 'replication.off',
    level: 'error',
    cluster: name,
    message: `${name} has hbase.replication=false: peers ship nothing, silently.`,
    fix: 'Remove the setting and restart the region servers.',
  }));
}

function checkSnapshots({ name, facts }: SideFacts): Finding[] {
  const ttlSeconds = Number(facts.settings['hbase.master.snapshot.ttl'] ?? 0);
  const cannotOverrule = ttlSeconds > 0 && !facts.abilities.includes('snapshot-ttl');
  return [
    ...findingIf(facts.settings['hbase.snapshot.enabled'] === 'false', () => ({
      code: 'snapshot.disabled',
      level: 'error',
      cluster: name,
      message: `${name} has hbase.snapshot.enabled=false.`,
      fix: 'Enable snapshots on the master and restart it.',
    })),
    ...findingIf(cannotOverrule, () => ({
      code: 'snapshot.expires',
      level: 'warn',
      cluster: name,
      message: `${name} deletes snapshots after ${ttlSeconds} s and its version cannot exempt one: a copy may lose its files.`,
      fix: 'Raise hbase.master.snapshot.ttl above the time of the longest copy.',
    })),
  ];
}
