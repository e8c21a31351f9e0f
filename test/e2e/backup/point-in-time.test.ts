import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HBaseCluster } from '../../../activities/hbase/cluster.ts';
import { checkLedger, loadTables, WRITER_FAMILIES } from '../../../sandbox/index.ts';
import { waitUntil } from '../../../sandbox/wait-until.ts';
import type { ArchiveReport, StopArchiveReport } from '../../../workflows/contract/backup/archive.ts';
import type { BackupReport, RestoreReport } from '../../../workflows/contract/backup/step-data.ts';
import { newNamespace, openClusters, type OpenedClusters } from '../hbase/open-clusters.ts';
import { type Bench, openSharedBench, sharedSandbox, startTraffic } from '../support.ts';

let opened: OpenedClusters;
beforeAll(() => {
  opened = openClusters(sharedSandbox().clustersFile);
});
afterAll(() => opened[Symbol.asyncDispose]());

const ROOT = 'backups';
/** No edit is in flight then, on the writer's clock, which is the servers' here. */
const QUIET_MS = 1_500;

function execute<T>({ temporal, taskQueue }: Bench, type: string, request: object): Promise<T> {
  const workflowId = `${type}-${newNamespace()}`;
  return temporal.workflow.execute(type, { taskQueue, workflowId, args: [{ root: ROOT, ...request }] });
}

async function readFailure(work: Promise<unknown>): Promise<ApplicationFailure> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof WorkflowFailedError) return error.cause as ApplicationFailure;
  throw new Error(`The workflow did not fail: ${String(error)}`);
}

test('a table comes back as its writer had acknowledged it at an instant, before what was written later', async () => {
  const namespace = newNamespace();
  const then = `${namespace}then`;
  const table = `${namespace}:t`;
  await using bench = await openSharedBench();
  const set = { cluster: 'old', set: namespace };
  const archive = { ...set, tables: [`${namespace}:*`], window: '1h' };
  const specs = [{ name: table, regions: 4, rows: 200, families: [...WRITER_FAMILIES] }];
  await using writer = await startTraffic(bench, specs, { name: `instant-${namespace}` });

  const first = await execute<ArchiveReport>(bench, 'archiveWals', archive);
  expect(first).toMatchObject({ archivedWals: 0, breaks: [] });
  await writer.waitForAcknowledged(100);
  const base = await execute<BackupReport>(bench, 'backUpTables', {
    ...set,
    tables: [`${namespace}:*`],
    allowOtherCluster: true,
  });
  // A backup stands for an interval, which ends a little after its last snapshot.
  await sleep(8_000);
  await writer.waitForAcknowledged(200);
  await writer.setRate(0);
  await sleep(QUIET_MS);
  const instantMs = Date.now();
  await sleep(QUIET_MS);
  await writer.setRate(60);
  await writer.waitForAcknowledged(300);

  const second = await execute<ArchiveReport>(bench, 'archiveWals', archive);
  expect(second).toMatchObject({ coveredFromMs: first.coveredToMs, breaks: [] });
  expect(second.gap).toBeUndefined();
  expect(second.coveredToMs).toBeGreaterThan(instantMs);
  expect(second.archivedWals).toBeGreaterThan(0);
  await writer.waitForAcknowledged(50);
  await writer.stop();

  const request = { cluster: 'old', set: namespace, as: { namespace: then } };
  const to = new Date(instantMs).toISOString();
  const restored = await execute<RestoreReport>(bench, 'restoreTables', { ...request, to });
  expect(restored.backupId).toBe(base.backupId);
  expect(restored.tables[0]?.replayed?.edits).toBeGreaterThan(0);
  const place = { ledger: writer.ledgerFile, cluster: sharedSandbox().clusters.old };
  const renamed = { [table]: `${then}:t` };
  const check = await checkLedger({ ...place, renamed, asOfMs: instantMs });
  expect(check).toMatchObject({ lost: [], resurrected: [], unexpected: [], ambiguous: 0 });
  expect(check.acknowledged).toBeGreaterThan(300);
  // The check can fail: without the instant, what was written later is missing.
  const later = await checkLedger({ ...place, renamed });
  expect(later.lost.length).toBeGreaterThan(0);
  expect(await checkLedger(place)).toMatchObject({ lost: [], resurrected: [], unexpected: [] });

  const early = { ...request, to: new Date(instantMs - 3_600_000).toISOString() };
  const refused = await readFailure(execute(bench, 'restoreTables', early));
  expect([refused.type, refused.message]).toEqual([
    'restore.instant',
    expect.stringContaining('It can be restored to'),
  ]);

  const source = opened.cluster('old');
  const inPlace = await execute<RestoreReport>(bench, 'restoreTables', {
    cluster: 'old',
    set: namespace,
    to,
    overwrite: true,
  });
  expect(await checkLedger({ ...place, asOfMs: instantMs })).toMatchObject({
    lost: [],
    resurrected: [],
    unexpected: [],
  });
  await source.deleteSnapshot(inPlace.tables[0]?.failsafe ?? '');
  expect((await source.listPeers()).map(({ id }) => id)).toEqual([expect.stringMatching(/^thb_hold_.*_2$/)]);
  const stopped = await execute<StopArchiveReport>(bench, 'stopArchive', { ...set, dropWals: true });
  expect(stopped.removedHolders).toHaveLength(1);
  expect(await source.listPeers()).toEqual([]);
  expect(await bench.findNewLeaks()).toEqual([]);
});

test('a gap and a break are seen as they are made, and a change of the descriptor is none', async () => {
  const namespace = newNamespace();
  const [broken, altered] = [`${namespace}:broken`, `${namespace}:altered`];
  await using bench = await openSharedBench();
  const source = opened.cluster('old');
  const specs = [broken, altered].map((name) => ({ name, regions: 2, rows: 40 }));
  await loadTables(bench.sandbox.clusters.old, specs);
  const set = { cluster: 'old', set: namespace };
  const archive = { ...set, tables: [`${namespace}:*`] };
  await execute<ArchiveReport>(bench, 'archiveWals', archive);

  const snapshot = `${namespace}_s`;
  await source.takeSnapshot(snapshot, broken);
  await source.disableTable(broken);
  await source.restoreSnapshot(snapshot);
  await source.enableTable(broken);
  await source.deleteSnapshot(snapshot);
  await source.alterTable(altered, { scopes: { a: 1 } });
  const { breaks, gap } = await execute<ArchiveReport>(bench, 'archiveWals', archive);
  expect([breaks.map(({ table, kind }) => [table, kind]), gap]).toEqual([[[broken, 'restored']], undefined]);

  const [holder = ''] = (await source.listPeers()).map(({ id }) => id);
  await source.enablePeer(holder);
  await source.rollWals();
  await waitUntil(async () => ((await isLetGo(source, holder)) ? true : undefined), {
    what: 'the holder to let go of a WAL',
    timeoutMs: 60_000,
  });
  await source.disablePeer(holder);
  const failure = await readFailure(execute(bench, 'archiveWals', archive));
  expect([failure.type, failure.message]).toEqual(['archive.gap', expect.stringContaining('let go')]);
  expect(await execute<ArchiveReport>(bench, 'archiveWals', archive)).not.toHaveProperty('gap');

  const running = `WorkflowType = 'backUpTables' AND ExecutionStatus = 'Running'`;
  await waitUntil(async () => ((await bench.temporal.workflow.count(running)).count === 0 ? true : undefined), {
    what: 'the bases that were started to end',
    timeoutMs: 120_000,
  });
  await execute<StopArchiveReport>(bench, 'stopArchive', { ...set, dropWals: true });
  expect(await bench.findNewLeaks()).toEqual([]);
});

/** Of each live queue the WAL being written is all that is left. */
async function isLetGo(cluster: HBaseCluster, id: string): Promise<boolean> {
  const queues = await cluster.listHeldWals(id);
  return queues.every(({ wals }) => wals.length <= 1);
}
