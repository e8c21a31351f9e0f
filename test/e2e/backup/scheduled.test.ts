import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCatalogue, type RootCatalogue } from '../../../activities/catalogue/create-catalogue.ts';
import { checkLedger, loadTables, startWriter, type StartedWriter, WRITER_FAMILIES } from '../../../sandbox/index.ts';
import type { BackupAudit } from '../../../workflows/contract/backup/record.ts';
import type {
  BackupReport,
  DrillReport,
  ExpiryReport,
  RestoreReport,
} from '../../../workflows/contract/backup/step-data.ts';
import { runCli } from '../cli/run-cli.ts';
import { newNamespace, openClusters, type OpenedClusters } from '../hbase/open-clusters.ts';
import { digestWhole } from '../hbase/verb-tests.ts';
import { type Bench, openBench, sharedSandbox } from '../support.ts';
import {
  dropNamespaces,
  execute,
  makeOwnRoots,
  type OwnRoots,
  readFailure,
  removeOwnRoots,
  waitForFiring,
  waitUntilIdle,
} from './own-roots.ts';

const namespace = newNamespace();
const [LIVE, STATIC, BRIEF] = [`${namespace}:live`, `${namespace}:static`, `${namespace}:brief`] as const;
const OWN = { cluster: 'new', root: 'own' };

let opened: OpenedClusters;
let roots: OwnRoots;
beforeAll(async () => {
  opened = openClusters(sharedSandbox().clustersFile);
  roots = await makeOwnRoots(sharedSandbox(), namespace);
  await loadTables(roots.sandbox.clusters.old, [
    { name: LIVE, regions: 2, rows: 200, families: [...WRITER_FAMILIES] },
    { name: STATIC, regions: 2, rows: 4_000, bytesPerRow: 1_000 },
  ]);
});
afterAll(async () => {
  const namespaces = ['', 'newest', 'kept', 'offered'].map((suffix) => `${namespace}${suffix}`);
  for (const name of ['old', 'new']) await dropNamespaces(opened.cluster(name), namespaces);
  await removeOwnRoots(roots, opened.cluster('new'));
  await opened[Symbol.asyncDispose]();
});

/** Only the backup fires by its times, soon and once a minute; expiry and drill have one that hardly ever comes. */
function toBackups(offsetSeconds: number): string {
  return `
sets:
  ${namespace}:
    cluster: old
    tables: ['${namespace}:*']
    root: own
    schedule: { every: 1m, offset: ${offsetSeconds}s }
    keep: { last: 1 }
    expire: { cron: '0 0 29 2 *' }
    drill: { cron: '0 0 29 2 *', on: new }
`;
}

async function schedule(bench: Bench, args: string[]): Promise<void> {
  const { exitCode, stderr } = await runCli(bench, ['backup', 'schedule', ...args]);
  expect(exitCode, stderr).toBe(0);
}

/** The schedule fires at its time; then it is paused, so that the test decides about what follows. */
async function fireByTime(bench: Bench, offsetSeconds: number): Promise<BackupReport> {
  const file = path.join(bench.sandbox.stateDir, `${namespace}.yaml`);
  await writeFile(file, toBackups(offsetSeconds));
  await schedule(bench, ['apply', file, '--yes']);
  const report = await waitForFiring<BackupReport>(bench, { id: `hbase-backup/${namespace}`, known: 0 });
  await schedule(bench, ['pause', namespace, '--reason', 'the test fires']);
  await waitUntilIdle(bench, `hbase-backup/${namespace}`);
  return report;
}

async function fire<T>(bench: Bench, part: 'backup' | 'drill'): Promise<T> {
  const id = `hbase-${part}/${namespace}`;
  const { info } = await bench.temporal.schedule.getHandle(id).describe();
  await schedule(bench, ['run', namespace, '--only', part]);
  return waitForFiring<T>(bench, { id, known: info.recentActions.length });
}

/** The root as it is, without Temporal and without a worker. */
function openRoot(): RootCatalogue {
  return createCatalogue({ files: opened.cluster('new').files, rootUri: roots.uris.own, nowMs: () => Date.now() });
}

async function listFiles(id: string): Promise<string[]> {
  const catalogue = openRoot();
  const { record } = (await catalogue.readOne(id)).state;
  const lists = await Promise.all(record.tables.map((table) => catalogue.readFiles(record, table)));
  return lists.flatMap(({ files }) => files.map((file) => file.path));
}

/** Every file and manifest of the root is of one of these backups, and all of theirs are there. */
async function expectNothingElse(ids: string[]): Promise<void> {
  const catalogue = openRoot();
  const { backups, damaged } = await catalogue.readAll();
  expect([backups.map(({ record }) => record.id), damaged]).toEqual([ids, []]);
  const { manifests, files } = await opened.cluster('new').listRoot(roots.uris.own);
  const snapshots = backups.flatMap(({ record }) => record.tables.map((table) => table.snapshot));
  expect(manifests.map(({ name }) => name).toSorted()).toEqual(snapshots.toSorted());
  const needed = new Set((await Promise.all(ids.map(listFiles))).flat());
  expect(files.map((file) => file.path).toSorted()).toEqual([...needed].toSorted());
  expect(await opened.cluster('new').files.list(`${roots.uris.own}/.temporal-hbase/trash`)).toEqual([]);
}

const restore = (bench: Bench, as: string, which: object = { set: namespace }) =>
  execute<RestoreReport>(bench, 'restoreTables', { ...OWN, ...which, as: { namespace: `${namespace}${as}` } });

async function expectSound(bench: Bench, backup: string): Promise<void> {
  const audit = await execute<BackupAudit>(bench, 'verifyBackup', { ...OWN, backup, by: 'test' });
  expect(audit.damaged).toEqual([]);
  expect(audit.files).toBeGreaterThan(0);
}

/** One HFile that only this backup needs is cut off. Answers its path. */
async function truncate(id: string, others: string[]): Promise<string> {
  const shared = new Set((await Promise.all(others.map(listFiles))).flat());
  const file = (await listFiles(id)).find((candidate) => !shared.has(candidate)) ?? '';
  const gateway = opened.gateway('new');
  const argv = [gateway.cluster.programs.hdfs, 'dfs', '-truncate', '-w', '100', `${roots.uris.own}/${file}`];
  const { exitCode, stderr } = await gateway.exec(argv, { timeoutMs: 120_000, login: true });
  expect(exitCode, stderr).toBe(0);
  return file;
}

async function loseByteOfRecord(id: string): Promise<string> {
  const { files } = opened.cluster('new');
  const record = `${roots.uris.own}/.temporal-hbase/backups/${id}/record.json`;
  const text = (await files.read(record)) ?? '';
  await files.remove(record);
  await files.create(record, text.slice(0, 100) + text.slice(101));
  return record;
}

/** Increments while the writer goes on, a table that is in one of them only, and one after the writer's last word. */
async function backUpMore(bench: Bench, writer: StartedWriter) {
  const source = opened.cluster('old');
  const second = await fire<BackupReport>(bench, 'backup');
  await source.disableTable(BRIEF);
  await source.deleteTable(BRIEF);
  await writer.waitForAcknowledged(100);
  const third = await fire<BackupReport>(bench, 'backup');
  await writer.waitForAcknowledged(100);
  await writer.stop();
  return { second, third, last: await fire<BackupReport>(bench, 'backup') };
}

test('a schedule makes increments under a writer, expiry leaves what is needed, and damage is named', async () => {
  const { sandbox } = roots;
  await using bench = await openBench(sandbox, `scheduled-${namespace}`);
  const source = opened.cluster('old');
  await using writer = await startWriter({
    stateDir: sandbox.stateDir,
    name: `scheduled-${namespace}`,
    cluster: sandbox.clusters.old,
    tables: [{ name: LIVE, preloadedRows: 200 }],
    rate: 60,
  });

  const offsetSeconds = (new Date().getUTCSeconds() + 8) % 60;
  const first = await fireByTime(bench, offsetSeconds);
  expect(first).toMatchObject({ newBytes: first.bytes, skippedFiles: 0, failed: [] });
  const { record } = (await openRoot().readOne(first.backupId)).state;
  expect([record.cause, new Date(record.nominalAt ?? '').getUTCSeconds()]).toEqual(['schedule', offsetSeconds]);

  await source.createTable({ table: BRIEF, families: [{ name: 'a', maxVersions: 1 }], splitKeys: [] });
  await source.putRow(BRIEF, { row: '01', family: 'a', qualifier: 'q', value: '01' });
  await writer.waitForAcknowledged(100);
  const [proof, { second, third, last }] = await Promise.all([
    fire<DrillReport>(bench, 'drill'),
    backUpMore(bench, writer),
  ]);
  expect(proof).toMatchObject({ backupId: first.backupId, result: 'equal', differences: [] });
  for (const increment of [second, third, last]) {
    expect(increment.newBytes).toBeGreaterThan(0);
    expect(increment.newBytes).toBeLessThan(increment.bytes);
    expect(increment.skippedFiles).toBeGreaterThan(0);
  }
  expect(second.tables).toEqual([BRIEF, LIVE, STATIC]);
  expect(third.tables).toEqual([LIVE, STATIC]);

  const staying = [first, third, last].map(({ backupId }) => backupId);
  await execute(bench, 'keepBackup', { ...OWN, backup: third.backupId, by: 'test', reason: 'audit' });
  const expiry = await execute<ExpiryReport>(bench, 'expireBackups', {
    ...OWN,
    set: namespace,
    keep: { last: 1 },
    grace: '1s',
  });
  expect(expiry.expired).toContain(second.backupId);
  expect(expiry.freed.files).toBeGreaterThan(0);
  await expectNothingElse(staying);
  for (const id of staying) await expectSound(bench, id);

  const [newest] = await Promise.all([
    restore(bench, 'newest'),
    restore(bench, 'kept', { backup: third.backupId, tables: [LIVE] }),
  ]);
  expect(newest.backupId).toBe(last.backupId);
  expect(newest.tables.map(({ compared }) => compared)).toEqual(['equal', 'equal']);
  const renamed = { [LIVE]: `${namespace}newest:live` };
  const check = await checkLedger({ ledger: writer.ledgerFile, cluster: sandbox.clusters.new, renamed });
  expect(check).toMatchObject({ lost: [], resurrected: [], unexpected: [] });
  expect(check.acknowledged).toBeGreaterThan(300);
  expect(await digestWhole(opened.cluster('new'), `${namespace}newest:static`)).toEqual(
    await digestWhole(source, STATIC),
  );

  const file = await truncate(last.backupId, [first.backupId, third.backupId]);
  const torn = await loseByteOfRecord(third.backupId);
  const refused = await readFailure(restore(bench, 'offered', { backup: last.backupId }));
  expect(refused.type).toBe('backup.damaged');
  expect(refused.message).toContain(`is ${first.backupId}`);
  const place = ['--cluster', OWN.cluster, '--root', OWN.root];
  const audits = await Promise.all(
    [last, third].map(({ backupId }) => runCli(bench, ['backup', 'verify', ...place, backupId])),
  );
  expect(audits.map(({ exitCode }) => exitCode === 0)).toEqual([false, false]);
  expect(audits[0]?.stdout).toContain(`${LIVE}: ${file} is missing or cut off`);
  expect(audits[1]?.stderr).toContain(torn);
  const { stops } = await execute<ExpiryReport>(bench, 'expireBackups', { ...OWN, keep: { last: 1 }, dryRun: true });
  expect(stops.join('\n')).toContain(torn);
  expect(await restore(bench, 'offered')).toMatchObject({ backupId: first.backupId });

  await schedule(bench, ['delete', namespace, '--yes']);
  expect(await bench.findNewLeaks()).toEqual([]);
});
