import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startHBaseCluster, type StartedHBaseCluster } from '../../../sandbox/hbase/cluster.ts';
import { isAlive, listRecordedProcesses, stopRecordedProcesses } from '../../../sandbox/processes.ts';
import { runProgram } from '../../../sandbox/run-program.ts';
import { waitUntil } from '../../support/wait-until.ts';

const TIME_LIMIT_MS = 300_000;

interface Call {
  input?: string;
  env?: Record<string, string>;
}

/** Runs a gateway command of the cluster; a failed one fails the test with its output. */
async function run(
  cluster: StartedHBaseCluster,
  argv: readonly [string, ...string[]],
  call: Call = {},
): Promise<string> {
  const [command, ...args] = argv;
  const env = { ...process.env, ...call.env };
  const options = { timeoutMs: TIME_LIMIT_MS, input: call.input ?? '', env };
  const result = await runProgram([join(cluster.binDir, command), ...args], options);
  expect(result.exitCode, `${argv.join(' ')}\n${result.stdout}\n${result.stderr}`).toBe(0);
  return result.stdout;
}

const shell = (cluster: StartedHBaseCluster, ...lines: string[]) =>
  run(cluster, ['hbase', 'shell', '-n'], { input: `${lines.join('\n')}\n` });

async function countRows(cluster: StartedHBaseCluster, table: string): Promise<number> {
  const output = await shell(cluster, `count '${table}'`);
  return Number(/^(\d+) row\(s\)/m.exec(output)?.[1]);
}

/** `host:port` of every socket the process listens on. */
async function listListeners(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const links = await Promise.all((await readdir(folder)).map((fd) => readlink(join(folder, fd)).catch(() => '')));
  const own = new Set(links.flatMap((link) => /^socket:\[(\d+)]$/.exec(link)?.[1] ?? []));
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/${pid}/net/${name}`, 'utf8')));
  const rows = tables.flatMap((table) => table.trim().split('\n').slice(1)).map((row) => row.trim().split(/\s+/));
  const listening = '0A';
  return rows.filter((row) => row[3] === listening && own.has(row[9] ?? '')).map((row) => row[1] ?? '');
}

let stateDir: string;

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'hbase-cluster-'));
});

afterAll(async () => {
  await stopRecordedProcesses(stateDir);
  await rm(stateDir, { recursive: true, force: true });
});

describe('a pair of 2.4.17 and 2.6.1', () => {
  let source: StartedHBaseCluster;
  let target: StartedHBaseCluster;

  beforeAll(async () => {
    const [started, other] = await Promise.all([
      startHBaseCluster({ name: 'source', line: '2.4.17', stateDir }),
      startHBaseCluster({ name: 'target', line: '2.6.1', stateDir }),
    ]);
    source = started;
    target = other;
  });

  afterAll(async () => {
    await Promise.all([source?.stop(), target?.stop()]);
  });

  test('shell: works on both lines, the borrowed one included', async () => {
    for (const cluster of [source, target]) {
      const output = await shell(cluster, "create 'shell_works', 'f'", "put 'shell_works', 'r', 'f:q', 'v'", 'list');
      expect(output).toContain('shell_works');
    }
  });

  test('hbase version: tells the line', async () => {
    expect(await run(source, ['hbase', 'version'])).toContain('HBase 2.4.17');
    expect(await run(target, ['hbase', 'version'])).toContain('HBase 2.6.1-hadoop3');
  });

  test('HBASE_CLIENT_OPTS: heap and collector of the caller win', async () => {
    const script = 'puts java.lang.Runtime.runtime.max_memory / 1024 / 1024';
    const env = { HBASE_CLIENT_OPTS: '-Xmx300m -XX:+UseG1GC' };
    const output = await run(target, ['hbase', 'org.jruby.Main', '-e', script], { env });
    expect(Number(output.trim())).toBe(300);
  });

  test('hdfs and hadoop: write and read the cluster’s file system', async () => {
    await run(source, ['hdfs', 'dfs', '-put', '-', '/greeting'], { input: 'hello' });
    expect(await run(source, ['hadoop', 'fs', '-cat', '/greeting'])).toBe('hello');
    expect(await run(source, ['hdfs', 'dfs', '-ls', '/'])).toContain('/hbase');
  });

  test('snapshot export: 2.4.17 to 2.6.1, where it is cloned', async () => {
    await shell(
      source,
      "create 'exported', 'f'",
      "500.times { |i| put 'exported', format('%04d', i), 'f:q', 'v' }",
      "snapshot 'exported', 'exported_1'",
    );
    await run(source, ['hbase', 'snapshot', 'export', '-snapshot', 'exported_1', '-copy-to', target.rootDir]);
    expect(await run(target, ['hbase', 'snapshot', 'info', '-snapshot', 'exported_1'])).toContain('exported_1');
    await shell(target, "clone_snapshot 'exported_1', 'exported'");
    expect(await countRows(target, 'exported')).toBe(500);
  });

  test('replication: 2.4.17 ships to 2.6.1', async () => {
    await shell(target, "create 'replicated', 'f'");
    await shell(
      source,
      "create 'replicated', {NAME => 'f', REPLICATION_SCOPE => 1}",
      `add_peer 'p1', CLUSTER_KEY => '${target.clusterKey}', TABLE_CFS => {'replicated' => []}`,
      "50.times { |i| put 'replicated', format('%04d', i), 'f:q', 'v' }",
    );
    await waitUntil('all rows arrived', async () => (await countRows(target, 'replicated')) === 50, 120_000);
    await shell(source, "remove_peer 'p1'");
  });

  test('every daemon listens on loopback only', async () => {
    for (const { pid } of [...source.processes, ...target.processes]) {
      const listeners = await listListeners(pid);
      expect(listeners.length).toBeGreaterThan(0);
      const loopback = /^(0100007F|0000000000000000FFFF00000100007F):/;
      expect(listeners.filter((address) => !loopback.test(address))).toEqual([]);
    }
  });

  test('start: joins the running cluster of that name', async () => {
    const joined = await startHBaseCluster({ name: 'target', line: '2.6.1', stateDir });
    expect(joined.clusterKey).toBe(target.clusterKey);
    expect(joined.processes).toEqual(target.processes);
  });

  test('start: refuses to turn a running cluster into another', async () => {
    const other = startHBaseCluster({ name: 'target', line: '2.6.1', stateDir, regionServers: 2 });
    await expect(other).rejects.toMatchObject({ code: 'sandbox.failed' });
  });

  test('killed region server: comes back and has lost nothing', async () => {
    await shell(target, "create 'survivor', 'f'", "50.times { |i| put 'survivor', format('%04d', i), 'f:q', 'v' }");
    const killed = target.processes.find((record) => record.what.endsWith('regionserver-1'));
    await target.killRegionServer(1);
    expect(killed !== undefined && isAlive(killed)).toBe(false);
    await target.startRegionServer(1);
    expect(await countRows(target, 'survivor')).toBe(50);
  });

  test('stop: ends its processes, forgets them, and leaves the other cluster alone', async () => {
    const processes = source.processes;
    await source.stop();
    expect(processes.filter(isAlive)).toEqual([]);
    const recorded = (await listRecordedProcesses(stateDir)).map((record) => record.what);
    expect(recorded.filter((what) => what.startsWith('hbase/source'))).toEqual([]);
    expect(target.processes).toHaveLength(2);
  });
});

describe('1.7.1', () => {
  test('start: serves on this JDK, and its gateway reads with its own client', async () => {
    await using cluster = await startHBaseCluster({ name: 'old-line', line: '1.7.1', stateDir });
    const script = `
      hbase = org.apache.hadoop.hbase
      admin = hbase.client.ConnectionFactory.createConnection(hbase.HBaseConfiguration.create).admin
      puts admin.cluster_status.servers_size`;
    expect((await run(cluster, ['hbase', 'org.jruby.Main', '-e', script])).trim()).toBe('1');
    expect(await run(cluster, ['hbase', 'version'])).toContain('HBase 1.7.1');
  });
});

describe('2.6.1 with YARN, several WALs and two region servers', () => {
  test('snapshot export: runs as an application, over both servers', async () => {
    await using cluster = await startHBaseCluster({
      name: 'wide',
      line: '2.6.1',
      stateDir,
      regionServers: 2,
      multiwal: true,
      yarn: true,
    });
    await shell(
      cluster,
      "create 'wide', 'f', SPLITS => ['3', '6', '9']",
      "10.times { |i| put 'wide', i.to_s, 'f:q', 'v' }",
      "snapshot 'wide', 'wide_1'",
    );
    const copyTo = `${cluster.defaultFs}/backup`;
    await run(cluster, ['hbase', 'snapshot', 'export', '-snapshot', 'wide_1', '-copy-to', copyTo]);
    const applications = await run(cluster, ['yarn', 'application', '-list', '-appStates', 'FINISHED']);
    expect(applications).toMatch(/application_\d+_0001\s+ExportSnapshot-wide_1/);
    const wals = await run(cluster, ['hdfs', 'dfs', '-ls', '-R', '/hbase/WALs']);
    expect(new Set(wals.match(/regiongroup-\d+/g))).toEqual(new Set(['regiongroup-0', 'regiongroup-1']));
  });
});
