import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { loadInventory } from '../../../activities/inventory/load-inventory.ts';
import { writeClustersFile } from '../../../sandbox/clusters-file.ts';
import type { StartedSshServer } from '../../../sandbox/ssh/start-ssh-server.ts';
import type { SandboxCluster } from '../../../sandbox/state.ts';

let stateDir: string;

beforeAll(async () => {
  stateDir = await mkdtemp(path.join(tmpdir(), 'thb-clusters-file-'));
  await writeFile(path.join(stateDir, 'client_key'), 'k', { mode: 0o600 });
  await writeFile(path.join(stateDir, 'known_hosts'), '');
});
afterAll(() => rm(stateDir, { recursive: true }));

describe('writeClustersFile', () => {
  test('writeClustersFile: the worker can load it', async () => {
    const inventory = loadInventory(await writeFor([1, 2]));
    expect([...inventory.clusters.keys()]).toEqual(['old', 'new']);
    expect(inventory.clusters.get('new')?.programs.hdfs).toBe('/sandbox/new/bin/hdfs');
  });

  test('writeClustersFile: gateways keep their order and their ports', async () => {
    const inventory = loadInventory(await writeFor([1, 2]));
    const targets = inventory.clusters.get('old')?.gateways.map(({ host, port }) => `${host}:${port}`);
    expect(targets).toEqual(['127.0.0.1:1', '127.0.0.1:2']);
  });

  test('writeClustersFile: the client switch has a check, the fence runs where the guard does', async () => {
    const { commands } = loadInventory(await writeFor([1]));
    const script = '/sandbox/switch-clients';
    expect(commands.get('switch-writers')).toMatchObject({ argv: [script, '-'], check: [script, '--check', '-'] });
    expect(commands.get('fence-writers')).toMatchObject({ argv: [script], runOn: 'old' });
  });

  test('writeClustersFile: alerts go to a file beside it', async () => {
    const { alerts } = loadInventory(await writeFor([1]));
    expect(alerts.get('file')?.command?.argv.at(-1)).toBe(`${stateDir}/alerts.jsonl`);
  });

  test('writeClustersFile: storage roots lie outside every root directory', async () => {
    const { storageRoots } = loadInventory(await writeFor([1]));
    expect(storageRoots.get('staging')?.uri).toBe('hdfs://old:8020/staging-of-migrations');
    for (const { uri } of storageRoots.values()) expect(uri).not.toContain('/hbase');
    expect(storageRoots.get('files')?.uri).toBe(`file://${stateDir}/storage`);
  });
});

function writeFor(ports: number[]): Promise<string> {
  const gateways = ports.map(toGateway);
  return writeClustersFile({
    stateDir,
    clusters: { old: toCluster('old', ports), new: toCluster('new', ports) },
    gateways: { old: gateways, new: gateways },
    switchScript: '/sandbox/switch-clients',
  });
}

function toCluster(name: 'old' | 'new', ports: number[]): SandboxCluster {
  return {
    name,
    binDir: `/sandbox/${name}/bin`,
    clusterKey: `${name}:2181:/hbase`,
    rootDir: `hdfs://${name}:8020/hbase`,
    gateways: ports.map((port) => `127.0.0.1:${port}`),
  };
}

function doNothing(): Promise<void> {
  return Promise.resolve();
}

function toGateway(port: number): StartedSshServer {
  return {
    host: '127.0.0.1',
    port,
    user: 'operator',
    keyFile: path.join(stateDir, 'client_key'),
    knownHostsFile: path.join(stateDir, 'known_hosts'),
    hostKey: 'ssh-ed25519 AAAA',
    logFile: '/dev/null',
    stop: doNothing,
    restart: doNothing,
    [Symbol.asyncDispose]: doNothing,
  };
}
