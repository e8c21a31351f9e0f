import { expect } from 'vitest';
import type { HBaseCluster } from '../../../activities/hbase/cluster.ts';
import type { Gateway } from '../../../activities/ssh/gateway.ts';
import { waitUntil } from '../../../sandbox/wait-until.ts';
import { newNamespace, withNamespace } from './open-clusters.ts';

export interface BackupVerbSubject {
  cluster: HBaseCluster;
  gateway: Gateway;
}

interface Place {
  namespace: string;
  table: string;
  rootUri: string;
}

/** A table with a row in each of its four regions, and an empty backup root. */
export async function withBackupRoot(cluster: HBaseCluster, work: (place: Place) => Promise<void>): Promise<void> {
  const { defaultFs } = await cluster.readFacts();
  await withNamespace(cluster, newNamespace(), async (namespace) => {
    const table = `${namespace}:t`;
    const rootUri = `${defaultFs}/tmp/backups/${namespace}`;
    const families = [{ name: 'a', maxVersions: 3 }];
    await cluster.createTable({ table, families, splitKeys: ['40', '80', 'c0'] });
    await cluster.putSentinels(table, 'abcd');
    try {
      await work({ namespace, table, rootUri });
    } finally {
      for (const path of [rootUri, `${rootUri}.scratch`]) await cluster.files.remove(path, { recursive: true });
    }
  });
}

export async function exportSnapshot(gateway: Gateway, name: string, rootUri: string): Promise<void> {
  const tool = 'org.apache.hadoop.hbase.snapshot.ExportSnapshot';
  const argv = [gateway.cluster.programs.hbase, tool, '-snapshot', name, '-copy-to', rootUri, '-mappers', '1'];
  const result = await gateway.exec(argv, { timeoutMs: 120_000, login: true });
  expect(result.exitCode, result.stderr.slice(-2000)).toBe(0);
}

export async function split(gateway: Gateway, { table, row }: { table: string; row: string }): Promise<void> {
  await runScript(gateway, [
    "require 'java'",
    'conf = org.apache.hadoop.hbase.HBaseConfiguration.create',
    'connection = org.apache.hadoop.hbase.client.ConnectionFactory.createConnection(conf)',
    `table = org.apache.hadoop.hbase.TableName.valueOf('${table}')`,
    `connection.getAdmin.split(table, ['${row}'].pack('H*').to_java_bytes)`,
    'connection.close',
  ]);
}

/** 40 rows, one of them in two versions. */
export async function putRows(cluster: HBaseCluster, table: string): Promise<void> {
  const rows = Array.from({ length: 40 }, (_, i) => (i * 6).toString(16).padStart(2, '0'));
  const put = (row: string, value: string) => cluster.putRow(table, { row, family: 'a', qualifier: 'q', value });
  await Promise.all(rows.map((row) => put(row, '01')));
  await put('06', '02');
}

/** `c` the client's package, `b` bytes of a text, `t` the table. */
export function openTable(table: string): string[] {
  return [
    "require 'java'",
    'c = Java::OrgApacheHadoopHbaseClient',
    'b = proc { |text| text.to_java_bytes }',
    'conf = org.apache.hadoop.hbase.HBaseConfiguration.create',
    'connection = c::ConnectionFactory.createConnection(conf)',
    `t = connection.getTable(org.apache.hadoop.hbase.TableName.valueOf('${table}'))`,
  ];
}

export async function runScript(gateway: Gateway, lines: string[]): Promise<void> {
  const argv = [gateway.cluster.programs.hbase, 'org.jruby.Main', '-e', lines.join('; ')];
  const result = await gateway.exec(argv, { timeoutMs: 120_000, login: true });
  expect(result.exitCode, result.stderr.slice(-2000)).toBe(0);
}

export async function waitForHolder(cluster: HBaseCluster, id: string): Promise<void> {
  const covers = async (): Promise<true | undefined> => {
    const { newestWals, queues } = await cluster.readPeerQueues(id);
    const held = new Set(queues.flatMap(({ wals }) => wals.map(({ name }) => name)));
    return newestWals.length > 0 && newestWals.every(({ name }) => held.has(name)) ? true : undefined;
  };
  await waitUntil(covers, {
    what: 'a queue for every WAL group',
    timeoutMs: 60_000,
    describe: async () => JSON.stringify(await cluster.readPeerQueues(id)),
  });
}
