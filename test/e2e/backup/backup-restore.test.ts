import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HBaseCluster } from '../../../activities/hbase/cluster.ts';
import { loadTables, WRITER_FAMILIES } from '../../../sandbox/index.ts';
import type { BackupReport, DrillReport, RestoreReport } from '../../../workflows/contract/backup/step-data.ts';
import { lookAtBackups } from './eyes.ts';
import { newNamespace, openClusters, type OpenedClusters } from '../hbase/open-clusters.ts';
import { digestWhole } from '../hbase/verb-tests.ts';
import { type Bench, openSharedBench, sharedSandbox } from '../support.ts';

let opened: OpenedClusters;
beforeAll(() => {
  opened = openClusters(sharedSandbox().clustersFile);
});
afterAll(() => opened[Symbol.asyncDispose]());

const ROOT = 'backups';

function execute<T>({ temporal, taskQueue }: Bench, type: string, request: object): Promise<T> {
  const workflowId = `${type}-${newNamespace()}`;
  return temporal.workflow.execute(type, { taskQueue, workflowId, args: [{ root: ROOT, ...request }] });
}

/** What a run may have left: manifests, tables and namespaces with our prefix. */
async function listOurs(cluster: HBaseCluster): Promise<string[]> {
  const [tables, namespaces, snapshots] = await Promise.all([
    cluster.listTables(),
    cluster.listNamespaces(),
    cluster.listSnapshots(),
  ]);
  const names = [...tables, ...namespaces, ...snapshots.map(({ name }) => name)];
  return names.filter((name) => name.startsWith('thb_'));
}

test('a backup of one cluster comes back on another, is proven there, and restores in place', async () => {
  const namespace = newNamespace();
  const rescued = `${namespace}r`;
  await using bench = await openSharedBench();
  const [source, target] = [opened.cluster('old'), opened.cluster('new')];
  const wide = `${namespace}:wide`;
  await loadTables(bench.sandbox.clusters.old, [
    { name: wide, regions: 6, rows: 6_000 },
    { name: `${namespace}:brief`, regions: 2, rows: 300, families: [...WRITER_FAMILIES] },
  ]);
  const before = await digestWhole(source, wide);

  const backup = await execute<BackupReport>(bench, 'backUpTables', {
    cluster: 'old',
    tables: [`${namespace}:*`],
    set: namespace,
    digests: true,
    allowOtherCluster: true,
  });
  expect(backup.tables).toEqual([`${namespace}:brief`, wide]);

  const moved = await execute<RestoreReport>(bench, 'restoreTables', {
    cluster: 'new',
    set: namespace,
    as: { namespace: rescued },
  });
  expect(moved.tables.map(({ table, compared }) => [table, compared])).toEqual([
    [`${rescued}:brief`, 'equal'],
    [`${rescued}:wide`, 'equal'],
  ]);
  expect(await digestWhole(target, `${rescued}:wide`)).toEqual(before);

  const proof = await execute<DrillReport>(bench, 'testRestore', { cluster: 'new', set: namespace });
  expect(proof).toMatchObject({ backupId: backup.backupId, result: 'equal', differences: [] });
  expect(proof.tables.find(({ table }) => table === wide)?.rows).toBe(before.rows);
  expect([...(await listOurs(source)), ...(await listOurs(target))]).toEqual([]);
  await lookAtBackups(bench, namespace);

  await execute(bench, 'restoreTables', { cluster: 'new', set: namespace, tables: [wide] });
  for (const cluster of [source, target]) {
    await cluster.putRow(wide, { row: '00', family: 'a', qualifier: 'q', value: '00' });
    const request = { cluster: cluster.name, set: namespace, tables: [wide], overwrite: true };
    const inPlace = await execute<RestoreReport>(bench, 'restoreTables', request);
    expect(await digestWhole(cluster, wide)).toEqual(before);
    const { failsafe = '' } = inPlace.tables[0] ?? {};
    expect(await listOurs(cluster)).toEqual([failsafe]);
    const kept = `${namespace}:kept`;
    await cluster.cloneSnapshot(failsafe, kept);
    expect((await digestWhole(cluster, kept)).rows).toBe(before.rows + 1);
    await cluster.deleteSnapshot(failsafe);
  }
  expect(await bench.findNewLeaks()).toEqual([]);
});
