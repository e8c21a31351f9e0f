import type { TableName } from '../../../../workflows/contract/names.ts';
import type { Finding } from '../../../../workflows/contract/plan.ts';
import { checkOtherPeers } from './check-other-peers.ts';
import { findingIf, type PreflightFacts, type SideFacts } from './facts.ts';
import { findLagging } from './lagging-peers.ts';
import { isBefore } from './versions.ts';

/** hbase.md §9: 21, 23, 24, 25, 26 and hazards 10 and 25. */
export function checkPeers(facts: PreflightFacts): Finding[] {
  const tables = facts.tables.map(({ table }) => table);
  return [
    ...checkOtherPeers(facts),
    ...checkTableLists(facts.source, tables),
    ...checkWalCompression(facts.source),
    ...checkBulkLoads(facts),
    ...checkLags(facts.source),
    ...checkBuffers(facts.source),
  ];
}

/** Before 1.4 TABLE_CFS holds no namespace: the wrong tables would ship, or none. */
function checkTableLists({ name, facts }: SideFacts, tables: TableName[]): Finding[] {
  const named = tables.find((table) => table.includes(':'));
  return findingIf(named !== undefined && isBefore(facts.version, '1.4.0'), () => ({
    code: 'peer.no-namespaces',
    level: 'error',
    cluster: name,
    message: `HBase ${facts.version} on ${name} cannot name ${named ?? ''} in a peer: TABLE_CFS has no namespaces before 1.4.`,
    fix: 'Upgrade the source to 1.4 or newer, or migrate only tables of the default namespace.',
  }));
}

function checkWalCompression({ name, facts }: SideFacts): Finding[] {
  return findingIf(facts.settings['hbase.regionserver.wal.enablecompression'] === 'true', () => ({
    code: 'wal.compression',
    level: 'warn',
    cluster: name,
    message: `${name} compresses its WALs: replication of compressed WALs can stop or read wrong data (HBASE-26849).`,
    fix: 'Set hbase.regionserver.wal.enablecompression=false and restart the region servers.',
  }));
}

/** Replicated bulk loads go another way than edits: by references to files, which the sink fetches from the source. */
function checkBulkLoads({ source: { name, facts }, target }: PreflightFacts): Finding[] {
  if (facts.settings['hbase.replication.bulkload.enabled'] !== 'true') {
    return [
      {
        code: 'bulk-loads.not-replicated',
        level: 'info',
        cluster: name,
        message: `${name} does not replicate bulk loads. One into a migrated table is noticed and holds its cutover.`,
        fix: 'Do not bulk load into these tables until the migration is done.',
      },
    ];
  }
  return [
    {
      code: 'bulk-loads.replicated',
      level: 'warn',
      cluster: name,
      message:
        `${name} replicates bulk loads: one into a migrated table queues its files for this run's peer, and unless ` +
        `${target.name} can fetch them (hbase.replication.conf.dir there) that peer stands still until the migration is cancelled.`,
      fix: 'Do not bulk load into these tables until the migration is done, and accept this.',
    },
  ];
}

/** Hazard 25: what this run's peer reads ahead while it is disabled is taken from all of them. */
function checkLags({ name, facts, peerLags }: SideFacts): Finding[] {
  const lagging = findLagging(facts.peers, peerLags);
  return findingIf(lagging.length > 0, () => ({
    code: 'peer.lags',
    level: 'warn',
    cluster: name,
    message: `On ${name} replication is behind already: ${lagging.map(({ message }) => message).join('; ')}.`,
    fix: 'Find out why first: another peer makes it slower, and this migration would wait for the same servers.',
  }));
}

const SOURCE_BUFFER_BYTES = 64 * 2 ** 20;
const ALL_BUFFERS_BYTES = 256 * 2 ** 20;

/** From 2.0 on each WAL group of a disabled peer fills a buffer and keeps it, out of one quota of the server. */
function checkBuffers({ name, facts }: SideFacts): Finding[] {
  const { settings, peers } = facts;
  const groups =
    settings['hbase.wal.provider'] === 'multiwal' ? Number(settings['hbase.wal.regiongrouping.numgroups'] ?? 2) : 1;
  const each = Number(settings['replication.source.size.capacity'] ?? SOURCE_BUFFER_BYTES);
  const quota = Number(settings['replication.total.buffer.quota'] ?? ALL_BUFFERS_BYTES);
  const disabled = peers.filter(({ enabled }) => !enabled);
  const isFull = (disabled.length + 1) * groups * each >= quota;
  return findingIf(!isBefore(facts.version, '2.0.0') && disabled.length > 0 && isFull, () => ({
    code: 'peer.buffers',
    level: 'warn',
    cluster: name,
    message:
      `${name} has ${disabled.length} disabled peers (${disabled
        .slice(0, 3)
        .map(({ id }) => id)
        .join(', ')}): with one more, ` +
      'what they read ahead can fill replication.total.buffer.quota, and then no peer ships.',
    fix: 'Let the other migrations enable their peers first, remove peers nobody needs, or raise the quota.',
  }));
}
