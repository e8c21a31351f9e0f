import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadTables } from '../../../sandbox/index.ts';
import type { BackupAudit } from '../../../workflows/contract/backup/record.ts';
import type { BackupReport, ExpiryReport, RestoreReport } from '../../../workflows/contract/backup/step-data.ts';
import { newNamespace, openClusters, type OpenedClusters } from '../hbase/open-clusters.ts';
import { digestWhole } from '../hbase/verb-tests.ts';
import { openBench, sharedSandbox } from '../support.ts';
import { dropNamespaces, execute, makeOwnRoots, type OwnRoots, removeOwnRoots } from './own-roots.ts';

const namespace = newNamespace();
const STATIC = `${namespace}:static`;

let opened: OpenedClusters;
let roots: OwnRoots;
beforeAll(async () => {
  opened = openClusters(sharedSandbox().clustersFile);
  roots = await makeOwnRoots(sharedSandbox(), namespace);
  await loadTables(roots.sandbox.clusters.old, [{ name: STATIC, regions: 2, rows: 4_000, bytesPerRow: 1_000 }]);
});
afterAll(async () => {
  for (const name of ['old', 'new']) await dropNamespaces(opened.cluster(name), [namespace, `${namespace}local`]);
  await removeOwnRoots(roots, opened.cluster('new'));
  await opened[Symbol.asyncDispose]();
});

test('a root on a file system that all gateways share: increments, a restore and an expiry', async () => {
  await using bench = await openBench(roots.sandbox, `local-${namespace}`);
  const source = opened.cluster('old');
  const set = { root: 'local', set: 'local' };
  const backUp = () => execute<BackupReport>(bench, 'backUpTables', { cluster: 'old', ...set, tables: [STATIC] });
  const first = await backUp();
  expect(first).toMatchObject({ newBytes: first.bytes, skippedFiles: 0 });
  await source.putRow(STATIC, { row: '00', family: 'a', qualifier: 'q', value: '00' });
  const second = await backUp();
  expect(second.newBytes).toBeGreaterThan(0);
  expect(second.newBytes).toBeLessThan(second.bytes);

  const place = { cluster: 'new', ...set };
  const as = { namespace: `${namespace}local` };
  const restored = await execute<RestoreReport>(bench, 'restoreTables', { ...place, as });
  expect(restored.tables).toMatchObject([{ table: `${namespace}local:static`, compared: 'equal' }]);
  expect(await digestWhole(opened.cluster('new'), `${namespace}local:static`)).toEqual(
    await digestWhole(source, STATIC),
  );
  const expiry = await execute<ExpiryReport>(bench, 'expireBackups', { ...place, keep: { last: 1 }, grace: '0s' });
  expect(expiry).toMatchObject({ expired: [first.backupId], freed: { manifests: 1 } });
  const { root } = place;
  const audit = await execute<BackupAudit>(bench, 'verifyBackup', { cluster: 'old', root, backup: second.backupId });
  expect(audit.damaged).toEqual([]);
  expect(await bench.findNewLeaks()).toEqual([]);
});
