import { expect } from 'vitest';
import type { HBaseCluster } from '../../../activities/hbase/cluster.ts';
import type { Gateway } from '../../../activities/ssh/gateway.ts';
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
  const script = [
    "require 'java'",
    'conf = org.apache.hadoop.hbase.HBaseConfiguration.create',
    'connection = org.apache.hadoop.hbase.client.ConnectionFactory.createConnection(conf)',
    `table = org.apache.hadoop.hbase.TableName.valueOf('${table}')`,
    `connection.getAdmin.split(table, ['${row}'].pack('H*').to_java_bytes)`,
    'connection.close',
  ].join('; ');
  const argv = [gateway.cluster.programs.hbase, 'org.jruby.Main', '-e', script];
  const result = await gateway.exec(argv, { timeoutMs: 120_000, login: true });
  expect(result.exitCode, result.stderr.slice(-2000)).toBe(0);
}

/** 40 rows, one of them in two versions. */
export async function putRows(cluster: HBaseCluster, table: string): Promise<void> {
  const rows = Array.from({ length: 40 }, (_, i) => (i * 6).toString(16).padStart(2, '0'));
  const put = (row: string, value: string) => cluster.putRow(table, { row, family: 'a', qualifier: 'q', value });
  await Promise.all(rows.map((row) => put(row, '01')));
  await put('06', '02');
}
