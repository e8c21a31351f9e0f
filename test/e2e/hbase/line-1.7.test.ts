import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HBaseCluster, PeerQueues } from '../../../activities/hbase/cluster.ts';
import type { ClusterConfig, SshTarget } from '../../../activities/inventory/inventory.ts';
import { startHBaseCluster } from '../../../sandbox/hbase/cluster.ts';
import { stopRecordedProcesses } from '../../../sandbox/processes.ts';
import { waitUntil } from '../../../sandbox/wait-until.ts';
import { startTestSshd, type TestSshd } from '../../support/sshd.ts';
import { defineBackupVerbTests } from './backup-verb-tests.ts';
import { connectClusters, type OpenedClusters } from './open-clusters.ts';
import { defineVerbTests } from './verb-tests.ts';

let stateDir: string;
let sshd: TestSshd;
let opened: OpenedClusters;

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'thb-line17-'));
  const [started, server] = await Promise.all([
    startHBaseCluster({ name: 'line17', line: '1.7.1', stateDir, regionServers: 2, multiwal: true }),
    startTestSshd(),
  ]);
  sshd = server;
  opened = connectClusters([toConfig(started.binDir, sshd.target())]);
});

afterAll(async () => {
  await opened?.[Symbol.asyncDispose]();
  await sshd?.stop();
  await stopRecordedProcesses(stateDir);
  await rm(stateDir, { recursive: true, force: true });
});

describe('HBase 1.7.1', () => {
  defineVerbTests(() => opened.cluster('line17'));
  defineBackupVerbTests(() => ({ cluster: opened.cluster('line17'), gateway: opened.gateway('line17') }));

  test('a peer is disabled at once, and its queues hold the newest WAL of every group of every server', async () => {
    const cluster = opened.cluster('line17');
    const tables = [{ table: 'shop:orders', families: ['a'] }];
    await cluster.addPeer({ id: 'p1', clusterKey: '127.0.0.1:1:/hbase', tables });
    expect(await cluster.listPeers()).toMatchObject([{ id: 'p1', enabled: false, replicateAll: false, tables }]);
    const { liveServers, queues, newestWals } = await waitUntil(() => readCoveringQueues(cluster, 'p1'), {
      what: 'a queue for every WAL group',
      timeoutMs: 60_000,
      describe: async () => JSON.stringify(await cluster.readPeerQueues('p1')),
    });
    expect(queues.map(({ server }) => server).toSorted()).toEqual(liveServers.toSorted());
    for (const server of liveServers) {
      expect(newestWals.filter((wal) => wal.server === server).length).toBeGreaterThan(1);
    }
    const changed = [{ table: 'shop:orders', families: [] }];
    await cluster.setPeerTables('p1', changed);
    expect(await cluster.listPeers()).toMatchObject([{ tables: changed }]);
    await cluster.removePeer('p1');
    expect(await cluster.listPeers()).toEqual([]);
  });
});

function toConfig(binDir: string, gateway: SshTarget): ClusterConfig {
  const program = (name: string): string => join(binDir, name);
  return {
    name: 'line17',
    gateways: [gateway],
    programs: { hbase: program('hbase'), hadoop: program('hadoop'), hdfs: program('hdfs'), yarn: program('yarn') },
    environment: {},
    copier: { kind: 'distcp', options: [] },
    mapReduce: { options: [] },
    workDir: join(stateDir, 'work'),
    protected: false,
    overrides: {},
  };
}

async function readCoveringQueues(cluster: HBaseCluster, id: string): Promise<PeerQueues | undefined> {
  const found = await cluster.readPeerQueues(id);
  const held = new Set(found.queues.flatMap(({ wals }) => wals.map(({ name }) => name)));
  return found.newestWals.every(({ name }) => held.has(name)) ? found : undefined;
}
