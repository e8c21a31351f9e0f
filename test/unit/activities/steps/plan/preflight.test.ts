import { describe, expect, it } from 'vitest';
import type { PeerInfo } from '../../../../../activities/hbase/cluster.ts';
import type { PreflightFacts } from '../../../../../activities/steps/plan/preflight/facts.ts';
import { runPreflight } from '../../../../../activities/steps/plan/preflight/run-preflight.ts';
import { findBlocking } from '../../../../../workflows/contract/plan.ts';
import { toFixState } from '../../../../../activities/steps/plan/preflight/versions.ts';
import { family, healthyFacts, peerInfo, tableDescription } from '../../../../support/preflight-facts.ts';

/** Codes and levels after one change to a healthy pair. */
function findingsAfter(change: (facts: PreflightFacts) => void): string[] {
  const facts = healthyFacts();
  change(facts);
  const found = runPreflight(facts).map(({ level, code }) => `${level} ${code}`);
  return found.filter((finding) => finding !== HEALTHY);
}
/** What is said of every cluster as it comes. */
const HEALTHY = 'info bulk-loads.not-replicated';
const sourceTable = (facts: PreflightFacts) => facts.tables[0]!.source;
const sourceFamily = (facts: PreflightFacts) => sourceTable(facts).families[0]!;

const switchOff = (version: string) => (facts: PreflightFacts) => {
  facts.source.facts.version = version;
  facts.source.facts.settings['hbase.replication'] = 'false';
};

describe('runPreflight', () => {
  it('a healthy pair: has no findings', () => {
    expect(findingsAfter(() => {})).toEqual([]);
  });

  const CASES: [what: string, change: (facts: PreflightFacts) => void, finding: string][] = [
    ['equal cluster ids', (f) => (f.target.facts.clusterId = 'id-old'), 'error cluster.same-id'],
    ['no master', (f) => (f.source.facts.activeMaster = ''), 'error cluster.no-master'],
    ['no backup master', (f) => (f.source.facts.backupMasters = []), 'info cluster.no-backup-master'],
    ['no servers', (f) => (f.target.facts.liveServers = []), 'error cluster.no-servers'],
    ['a dead server', (f) => (f.source.facts.deadServers = ['r3']), 'warn cluster.dead-servers'],
    ['a region in transition', (f) => (f.target.facts.regionsInTransition = 1), 'warn cluster.regions-in-transition'],
    ['snapshots off', (f) => (f.source.facts.settings['hbase.snapshot.enabled'] = 'false'), 'error snapshot.disabled'],
    ['a disabled table', (f) => (sourceTable(f).enabled = false), 'error table.disabled'],
    ['a READONLY table', (f) => (sourceTable(f).readOnly = true), 'error table.read-only'],
    ['unlogged writes', (f) => (sourceTable(f).durability = 'SKIP_WAL'), 'error table.skip-wal'],
    ['asynchronous WAL', (f) => (sourceTable(f).durability = 'ASYNC_WAL'), 'info table.async-wal'],
    ['PREFIX_TREE', (f) => (sourceFamily(f).dataBlockEncoding = 'PREFIX_TREE'), 'error family.prefix-tree'],
    ['a MOB family', (f) => (sourceFamily(f).mob = true), 'error family.mob'],
    ['an encrypted family', (f) => (sourceFamily(f).encryption = 'AES'), 'warn family.encrypted'],
    ['kept deletes', (f) => (sourceFamily(f).keepDeletedCells = 'TRUE'), 'info family.keep-deleted-cells'],
    [
      'NEW_VERSION_BEHAVIOR',
      (f) => (sourceFamily(f).attributes['NEW_VERSION_BEHAVIOR'] = 'true'),
      'error family.new-version-behavior',
    ],
    ['an unknown coprocessor', (f) => sourceTable(f).coprocessors.push('com.acme.Audit'), 'warn table.coprocessor'],
    ['a Phoenix table', (f) => sourceTable(f).coprocessors.push('org.apache.phoenix.X'), 'error table.phoenix'],
    ['Phoenix beside it', (f) => f.source.tableNames.push('SYSTEM.CATALOG'), 'info cluster.phoenix'],
    ['a missing namespace', (f) => (f.target.namespaces = ['default']), 'info namespace.created'],
    [
      'compressed WALs',
      (f) => (f.source.facts.settings['hbase.regionserver.wal.enablecompression'] = 'true'),
      'warn wal.compression',
    ],
    [
      'replicated bulk loads',
      (f) => (f.source.facts.settings['hbase.replication.bulkload.enabled'] = 'true'),
      'warn bulk-loads.replicated',
    ],
    ['a full target', (f) => (f.target.facts.freeBytes = 2e9), 'error disk.target-full'],
    ['a tight target', (f) => (f.target.facts.freeBytes = 4e9), 'warn disk.target-tight'],
    [
      'a nearly full source',
      (f) => Object.assign(f.source.facts, { capacityBytes: 1e11, freeBytes: 1e10 }),
      'warn disk.source-nearly-full',
    ],
    ['a full staging root', (f) => (f.staging = { uri: 'hdfs://s/x', freeBytes: 5 }), 'error disk.staging-full'],
    ['some skew', (f) => f.target.clocks.push({ server: 'r', clockMs: 33_000 }), 'warn clock.skew'],
    ['much skew', (f) => f.target.clocks.push({ server: 'r', clockMs: 62_000 }), 'error clock.skew'],
    [
      'a claim',
      (f) => f.target.claims.push({ table: 'shop:orders', workflowId: 'w', runId: 'r' }),
      'error run.claimed',
    ],
    [
      'a path that cannot be written',
      (f) => f.failedProbes.push({ cluster: 'old', folder: '/x', what: 'the root', message: 'denied' }),
      'error path.not-writable',
    ],
    [
      'rows on the target',
      (f) => (f.tables[0]!.target = { ...tableDescription('shop:orders'), hasRows: true }),
      'error target.has-data',
    ],
    [
      'an empty table on the target',
      (f) => (f.tables[0]!.target = { ...tableDescription('shop:orders'), hasRows: false }),
      'info target.empty-table',
    ],
    [
      'an empty table with other families',
      (f) => (f.tables[0]!.target = { ...tableDescription('shop:orders'), families: [family('x')], hasRows: false }),
      'error target.schema-differs',
    ],
    ['region replicas', (f) => (sourceTable(f).attributes['REGION_REPLICATION'] = '2'), 'warn table.region-replicas'],
    [
      'a file tracker',
      (f) => (sourceTable(f).attributes['hbase.store.file-tracker.impl'] = 'FILE'),
      'warn table.file-tracker',
    ],
    [
      'a split policy',
      (f) => (sourceTable(f).attributes['SPLIT_POLICY'] = 'com.acme.Split'),
      'warn table.split-policy',
    ],
    ['quotas on the source', (f) => f.surroundings.source.quotas.push('table shop:orders'), 'info quota.not-carried'],
    ['quotas on the target', (f) => f.surroundings.target.quotas.push('namespace shop'), 'warn quota.on-target'],
    ['grants', (f) => f.surroundings.source.grants.push('table shop:orders'), 'warn acl.not-carried'],
    ['visibility labels', (f) => (f.surroundings.source.hasLabels = true), 'warn cells.visibility-labels'],
    [
      'Kerberos on one side',
      (f) => (f.target.facts.settings['hbase.security.authentication'] = 'kerberos'),
      'warn security.kerberos',
    ],
    ['an encrypted root', (f) => (f.surroundings.target.encryptionZone = '/hbase'), 'warn hdfs.encryption-zone'],
    ['an HDFS quota', (f) => (f.surroundings.target.spaceLeftBytes = 2e9), 'error disk.target-quota'],
    [
      'metrics out of reach',
      (f) => f.source.unlogged.push({ server: 'r2', why: 'refused' }),
      'warn metrics.unreadable',
    ],
    [
      'what may not be read',
      (f) => f.surroundings.source.unread.push({ what: 'permissions', why: 'AccessDenied' }),
      'warn surroundings.unreadable',
    ],
    [
      'a closed port',
      (f) => f.closedPorts.push({ host: 'new-zk', port: 2181, why: 'Connection refused' }),
      'warn network.target-unreachable',
    ],
    [
      'another peer that lags',
      (f) => {
        f.source.facts.peers.push(peerInfo({ id: 'other' }));
        f.source.peerLags.push({ server: 'r1', peer: 'other', lagMs: 3_600_000, queuedWals: 9 });
      },
      'warn peer.lags',
    ],
    [
      'three disabled peers',
      (f) => f.source.facts.peers.push(...['a', 'b', 'c'].map((id) => peerInfo({ id, enabled: false }))),
      'warn peer.buffers',
    ],
    ['a lossy sink', (f) => (f.target.facts.version = '2.5.9'), 'warn bug.HBASE-28850'],
  ];
  it.each(CASES)('%s: is found', (_what, change, finding) => {
    expect(findingsAfter(change)).toEqual([finding]);
  });

  it('a wave of 300 tables: is the largest, since a history is bounded', () => {
    const wave = (size: number) => (facts: PreflightFacts) => {
      facts.tables = Array.from({ length: size }, (_, at) => ({ ...facts.tables[0]!, table: `shop:t${at}` }));
    };
    expect(findingsAfter(wave(300))).not.toContain('error wave.too-large');
    expect(findingsAfter(wave(301))).toContain('error wave.too-large');
  });

  it('disabled peers: fill no shared buffer when they are few, nor on 1.x', () => {
    const disabled = (ids: string[]) => ids.map((id) => peerInfo({ id, enabled: false }));
    expect(findingsAfter((f) => f.source.facts.peers.push(...disabled(['a', 'b'])))).toEqual([]);
    const onLineOne = findingsAfter((f) => {
      f.source.facts.version = '1.7.1';
      f.source.facts.peers.push(...disabled(['a', 'b', 'c']));
    });
    expect(onLineOne).not.toContain('warn peer.buffers');
  });

  it('a peer that is idle or disabled: does not lag, whatever its servers report', () => {
    const lag = { server: 'r1', peer: 'other', lagMs: 3_600_000, queuedWals: 1 };
    const withLag = (change: Partial<PeerInfo>, queuedWals: number) => (f: PreflightFacts) => {
      f.source.facts.peers.push(peerInfo({ id: 'other', ...change }));
      f.source.peerLags.push({ ...lag, queuedWals });
    };
    expect(findingsAfter(withLag({}, 1))).toEqual([]);
    expect(findingsAfter(withLag({ enabled: false }, 9))).toEqual([]);
  });

  it('an HDFS quota with room for every replica: is nothing to say', () => {
    expect(findingsAfter((f) => (f.surroundings.target.spaceLeftBytes = 3e9))).toEqual([]);
  });

  it('the default store file tracker: is nothing to say', () => {
    const name = 'hbase.store.file-tracker.impl';
    expect(findingsAfter((f) => (sourceTable(f).attributes[name] = 'DEFAULT'))).toEqual([]);
  });

  it('replication switched off: is an error on 1.x only', () => {
    expect(findingsAfter(switchOff('1.7.1'))).toContain('error replication.off');
    expect(findingsAfter(switchOff('2.6.5'))).toEqual([]);
  });

  it('an unknown coprocessor: stops a target whose master does not check it', () => {
    const found = findingsAfter((facts) => {
      sourceTable(facts).coprocessors.push('com.acme.Audit');
      facts.target.facts.version = '2.1.9';
    });
    expect(found).toContain('error table.coprocessor');
  });

  it('namespaced tables before 1.4: cannot be named in a peer', () => {
    expect(findingsAfter((facts) => (facts.source.facts.version = '1.2.12'))).toContain('error peer.no-namespaces');
  });

  it.each([['2.4.17'], ['2.6.1']])(
    'a source of %s and a target of 2.6.1: need one acceptance, nothing else',
    (from) => {
      const facts = healthyFacts();
      facts.source.facts.version = from;
      facts.target.facts.version = '2.6.1';
      const findings = runPreflight(facts);
      expect(findBlocking(findings, []).map(({ code }) => code)).toEqual(['bug.HBASE-29987']);
      expect(findBlocking(findings, ['bug.HBASE-29987'])).toEqual([]);
    },
  );

  it('an error: cannot be accepted', () => {
    const facts = healthyFacts();
    facts.failedProbes.push({ cluster: 'old', folder: '/x', what: 'the root', message: 'denied' });
    expect(findBlocking(runPreflight(facts), ['path.not-writable'])).toHaveLength(1);
  });
});

describe('toFixState', () => {
  it.each([
    ['2.6.5', 'fixed'],
    ['2.6.10', 'fixed'],
    ['3.0.0', 'fixed'],
    ['2.6.1-hadoop3', { fixedIn: '2.6.4' }],
    ['2.5.12', { fixedIn: '2.5.13' }],
    ['2.4.18', 'no-fix-in-line'],
  ])('%s against 2.5.13 and 2.6.4', (version, expected) => {
    expect(toFixState(version, ['2.5.13', '2.6.4'])).toEqual(expected);
  });
});
