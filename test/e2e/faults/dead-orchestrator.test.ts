import { afterAll, beforeAll, expect, test } from 'vitest';
import { BackupClient } from '../../../client/index.ts';
import { loadTables, startSandbox, type StartedSandbox, type StartedWriter } from '../../../sandbox/index.ts';
import { waitUntil } from '../../../sandbox/wait-until.ts';
import { newNamespace } from '../hbase/open-clusters.ts';
import { ACCEPTED, approveWhenReady, openBench, startTraffic, waitForStatus, type Bench } from '../support.ts';

const MAX_WRITE_PAUSE_MS = 30_000;

let sandbox: StartedSandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ regionServers: 2, pinnedTemporal: true });
});

afterAll(async () => {
  await sandbox?.stop();
});

/** Approves and returns as soon as the writer is refused: regions that moved before may have refused writes too. */
async function approveUntilFenced(bench: Bench, { workflowId, writer }: { workflowId: string; writer: StartedWriter }) {
  await approveWhenReady(bench, workflowId);
  const { refused: before } = await writer.readCounts();
  const refused = async () => ((await writer.readCounts()).refused > before ? true : undefined);
  await waitUntil(refused, { what: 'the fence, as the writer sees it', timeoutMs: 180_000, pollMs: 20 });
}

function request(namespace: string) {
  return {
    source: 'old',
    target: 'new',
    tables: [`${namespace}:*`],
    name: namespace,
    cutover: { switchClients: 'switch-writers', maxWritePause: `${MAX_WRITE_PAUSE_MS / 1_000}s` },
    acceptWarnings: ACCEPTED,
  };
}

test('worker and Temporal killed inside the fence: the guard gives writes back in time, and the run returns to the gate', async () => {
  const namespace = newNamespace();
  await using bench = await openBench(sandbox.description, namespace);
  await using writer = await startTraffic(bench, [{ name: `${namespace}:t`, regions: 8, rows: 300 }], {
    name: namespace,
  });
  const { workflowId } = await bench.hbase.startMigration(request(namespace));
  await approveUntilFenced(bench, { workflowId, writer });
  await Promise.all([bench.killWorker(), sandbox.temporal.kill()]);

  await writer.waitForAcknowledged(20, 2 * MAX_WRITE_PAUSE_MS);
  expect((await writer.readCounts()).cluster).toBe('old');
  for (const { fromMs, untilMs = Infinity } of await writer.readRefusals()) {
    expect(untilMs - fromMs).toBeLessThanOrEqual(MAX_WRITE_PAUSE_MS);
  }

  await sandbox.temporal.restart();
  await bench.startWorker();
  const gate = await waitForStatus(bench, workflowId, {
    what: 'the gate after the failed cutover',
    is: ({ phase, cutovers }) => phase === 'awaiting-approval' && cutovers.length === 1,
  });
  expect(gate.cutovers[0]).toMatchObject({ outcome: 'unfenced' });
  await approveWhenReady(bench, workflowId);
  const report = await bench.hbase.waitForMigration(workflowId);
  await writer.stop();
  expect(report).toMatchObject({ phase: 'done', leaks: [] });
  expect(await writer.check(sandbox.clusters.new)).toMatchObject({ lost: [], resurrected: [] });
});

test('worker, Temporal and a region server killed while a backup is exported: one backup, whole, and nothing left', async () => {
  const namespace = newNamespace();
  await using bench = await openBench(sandbox.description, namespace);
  await loadTables(sandbox.description.clusters.old, [{ name: `${namespace}:t`, regions: 8, rows: 2_000 }]);
  const backups = new BackupClient({ client: bench.temporal, taskQueue: bench.taskQueue });
  const place = { cluster: 'old', root: 'backups' };
  const request = { ...place, tables: [`${namespace}:*`], set: namespace, digests: true };
  const started = await backups.startOperation('backUpTables', request);
  const isExporting = async () => (await backups.readOperation(started.workflowId)).phase === 'working' || undefined;
  await waitUntil(isExporting, { what: 'the backup to work', timeoutMs: 60_000, pollMs: 100 });
  await Promise.all([bench.killWorker(), sandbox.temporal.kill(), sandbox.clusters.old.killRegionServer(1)]);

  await sandbox.temporal.restart();
  await bench.startWorker();
  const report = await backups.waitForOperation(started);
  await sandbox.clusters.old.startRegionServer(1);
  expect([report.tables, report.failed]).toEqual([[`${namespace}:t`], []]);
  const { backups: listed, damaged } = await backups.listBackups({ ...place, set: namespace });
  expect([listed.map(({ id }) => id), damaged]).toEqual([[report.backupId], []]);
  const audit = await backups.verifyBackup({ ...place, backup: report.backupId, by: 'test' });
  expect(audit).toMatchObject({ damaged: [] });
  const { record } = await backups.showBackup({ ...place, backup: report.backupId });
  expect(record.tables.map(({ content }) => content?.rows)).toEqual([2_000]);
  expect(await bench.findNewLeaks()).toEqual([]);
});

test('a source region server killed during the drain: no acknowledged write is lost', async () => {
  const namespace = newNamespace();
  await using bench = await openBench(sandbox.description, namespace);
  await using writer = await startTraffic(bench, [{ name: `${namespace}:t`, regions: 8, rows: 300 }], {
    name: namespace,
  });
  const { workflowId } = await bench.hbase.startMigration(request(namespace));
  await approveUntilFenced(bench, { workflowId, writer });
  await sandbox.clusters.old.killRegionServer(1);

  const settled = await waitForStatus(bench, workflowId, {
    what: 'the cutover to end one way or the other',
    is: ({ phase, cutovers }) =>
      phase === 'done' || (phase === 'awaiting-approval' && cutovers[0]?.outcome !== undefined),
  });
  if (settled.phase !== 'done') {
    await sandbox.clusters.old.startRegionServer(1);
    await approveWhenReady(bench, workflowId);
  }
  const report = await bench.hbase.waitForMigration(workflowId);
  await writer.stop();
  expect(report).toMatchObject({ phase: 'done', leaks: [] });
  expect(await writer.check(sandbox.clusters.new)).toMatchObject({ lost: [], resurrected: [] });
});
