import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import type { ClusterConfig, SshTarget } from '../../../activities/inventory/inventory.ts';
import { startHBaseCluster } from '../../../sandbox/hbase/cluster.ts';
import { stopRecordedProcesses } from '../../../sandbox/processes.ts';
import { startTestSshd, type TestSshd } from '../../support/sshd.ts';
import { connectClusters, type OpenedClusters } from './open-clusters.ts';
import { defineVerbTests } from './verb-tests.ts';

let stateDir: string;
let sshd: TestSshd;
let opened: OpenedClusters;

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'thb-line17-'));
  const [started, server] = await Promise.all([
    startHBaseCluster({ name: 'line17', line: '1.7.1', stateDir, regionServers: 2 }),
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
