import { afterAll, beforeAll, expect, test } from 'vitest';
import { BackupClient, type Operations, type OperationType } from '../../../client/index.ts';
import { loadTables } from '../../../sandbox/index.ts';
import { waitUntil } from '../../../sandbox/wait-until.ts';
import { newNamespace, openClusters, type OpenedClusters } from '../hbase/open-clusters.ts';
import { type OwnBench, openBench, sharedSandbox } from '../support.ts';
import { type JobWatch, killAgents, watchJobs } from './session-programs.ts';

let opened: OpenedClusters;
beforeAll(() => {
  opened = openClusters(sharedSandbox().clustersFile);
});
afterAll(() => opened[Symbol.asyncDispose]());

const ROOT = 'backups';

/** What is killed as soon as this step of a run has been started. */
interface Kill {
  step: string;
  what: 'worker' | 'agent' | 'job';
}

interface Stage {
  bench: OwnBench;
  backups: BackupClient;
  jobs: JobWatch;
  /** Processes of jobs that were killed: what they ran is all that is started again, and one may run many. */
  killed: string[];
  namespace: string;
}

/** Has the worker been given this step? A step that has ended meanwhile was still met by what is killed now. */
async function waitForStep({ bench }: Stage, { workflowId, step }: { workflowId: string; step: string }) {
  const handle = bench.temporal.workflow.getHandle(workflowId);
  const isStarted = async (): Promise<true | undefined> => {
    const { events } = await handle.fetchHistory();
    const name = `hbase.${step}`;
    const found = events?.some((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === name);
    return found === true ? true : undefined;
  };
  await waitUntil(isStarted, { what: `${step} of ${workflowId}`, timeoutMs: 120_000, pollMs: 100 });
}

async function kill({ bench, jobs, killed }: Stage, { what }: Kill): Promise<void> {
  const { stateDir } = bench.sandbox;
  if (what === 'worker') return bench.replaceWorker();
  const wanted = { what: `a running ${what}`, timeoutMs: 60_000, pollMs: 20 };
  if (what === 'job') return void killed.push(...(await waitUntil(() => jobs.killRunning(), wanted)));
  await waitUntil(async () => (await killAgents(stateDir)) || undefined, wanted);
}

async function run<T extends OperationType>(
  stage: Stage,
  { type, input, kills = [] }: { type: T; input: Operations[T]['input']; kills?: Kill[] },
): Promise<Operations[T]['report']> {
  const started = await stage.backups.startOperation(type, input);
  const ended = stage.backups.waitForOperation(started);
  // A run that fails is told by its own failure, not by a moment that never comes.
  const failed = ended.then(() => new Promise<never>(() => {}));
  for (const promise of [ended, failed]) promise.catch(() => undefined);
  for (const each of kills) {
    await Promise.race([waitForStep(stage, { workflowId: started.workflowId, step: each.step }), failed]);
    await kill(stage, each);
  }
  const report = await ended;
  await checkRoot(stage);
  return report;
}

/** What stands in the catalogue is whole, and no run but that of the archive has left a thing. */
async function checkRoot({ bench, backups, namespace }: Stage): Promise<string[]> {
  const place = { cluster: 'old', root: ROOT };
  const { backups: listed, damaged } = await backups.listBackups({ ...place, set: namespace });
  expect(damaged).toEqual([]);
  for (const { id } of listed) {
    expect(await backups.verifyBackup({ ...place, backup: id, by: 'test' })).toMatchObject({ damaged: [] });
  }
  const left = await bench.findNewLeaks();
  expect(left.filter((run) => !run.startsWith('hold_'))).toEqual([]);
  return listed.map(({ id }) => id);
}

async function listOurs(name: string): Promise<string[]> {
  const cluster = opened.cluster(name);
  const [tables, namespaces, snapshots, peers, { homeDir, defaultFs }] = await Promise.all([
    cluster.listTables(),
    cluster.listNamespaces(),
    cluster.listSnapshots(),
    cluster.listPeers(),
    cluster.readFacts(),
  ]);
  const folders = await Promise.all([homeDir, `${defaultFs}/`].map((path) => cluster.files.list(path)));
  const scratch = folders.flat().filter((entry) => entry.name.endsWith('-scratch'));
  const names = [...tables, ...namespaces, ...[...snapshots, ...scratch].map((one) => one.name)];
  return [...names.filter((one) => /^thb_|-scratch$/.test(one)), ...peers.map(({ id }) => id)];
}

test('worker, agent or job killed at twelve moments: backup, archive, expiry, restore and drill go on by themselves', async () => {
  const namespace = newNamespace();
  await using bench = await openBench(sharedSandbox(), `kills-${namespace}`);
  await using jobs = watchJobs(bench.sandbox.stateDir);
  const backups = new BackupClient({ client: bench.temporal, taskQueue: bench.taskQueue });
  const stage: Stage = { bench, backups, jobs, killed: [], namespace };
  const [a, b] = [`${namespace}:a`, `${namespace}:b`];
  await loadTables(bench.sandbox.clusters.old, [
    { name: a, regions: 4, rows: 800 },
    { name: b, regions: 2, rows: 200 },
  ]);
  const source = { cluster: 'old', root: ROOT, set: namespace };
  const tables = [`${namespace}:*`];
  const whole = { ...source, tables, digests: true, allowOtherCluster: true };
  await run(stage, { type: 'archiveWals', input: { ...source, tables, window: '1h' } });

  const first = await run(stage, {
    type: 'backUpTables',
    input: whole,
    kills: [
      { step: 'takeSnapshot', what: 'worker' },
      { step: 'exportToRoot', what: 'job' },
      { step: 'sealBackup', what: 'agent' },
    ],
  });
  expect([first.tables, first.failed]).toEqual([[a, b], []]);
  const second = await run(stage, {
    type: 'backUpTables',
    input: whole,
    kills: [{ step: 'digestExport', what: 'agent' }],
  });
  expect(await checkRoot(stage)).toEqual([first.backupId, second.backupId]);

  const archived = await run(stage, {
    type: 'archiveWals',
    input: { ...source, tables, window: '1h' },
    kills: [
      { step: 'archiveHeldWals', what: 'agent' },
      { step: 'recordTick', what: 'worker' },
    ],
  });
  expect([archived.gap, archived.breaks]).toEqual([undefined, []]);
  expect(archived.archivedWals).toBeGreaterThan(0);

  const restored = await run(stage, {
    type: 'restoreTables',
    input: { cluster: 'new', root: ROOT, backup: first.backupId, as: { namespace: `${namespace}r` } },
    kills: [
      { step: 'importFromRoot', what: 'job' },
      { step: 'publishRestore', what: 'worker' },
    ],
  });
  expect(restored.tables.map(({ table, compared }) => [table, compared])).toEqual([
    [`${namespace}r:a`, 'equal'],
    [`${namespace}r:b`, 'equal'],
  ]);

  // A base that the window of an archive needs does not expire.
  const stopped = await run(stage, { type: 'stopArchive', input: { ...source, dropWals: true } });
  expect(stopped.removedHolders).toHaveLength(1);

  await run(stage, {
    type: 'expireBackups',
    input: { ...source, keep: { last: 1 }, grace: '1s' },
    kills: [
      { step: 'moveToTrash', what: 'worker' },
      { step: 'emptyTrash', what: 'agent' },
    ],
  });
  expect(await checkRoot(stage)).toEqual([second.backupId]);

  const drill = await run(stage, {
    type: 'testRestore',
    input: { ...source, cluster: 'new' },
    kills: [
      { step: 'importFromRoot', what: 'job' },
      { step: 'compareScratch', what: 'agent' },
    ],
  });
  expect(drill).toMatchObject({ backupId: second.backupId, result: 'equal', differences: [] });

  for (const [key, processes] of jobs.starts) expect([key, processes.size]).toEqual([key, 1]);
  const again = [...jobs.starts.keys()].filter((key) => /\.\d+$/.test(key));
  expect(again.length).toBeGreaterThan(0);
  // One that waited for its turn in a process that was killed has never begun.
  const before = again.flatMap((key) => [...(jobs.starts.get(key.replace(/\.\d+$/, '')) ?? [])]);
  expect(stage.killed).toEqual(expect.arrayContaining(before));
  const { defaultFs } = await opened.cluster('new').readFacts();
  expect([...(await listOurs('old')), ...(await listOurs('new'))]).toEqual([]);
  expect(await opened.cluster('new').files.list(`${defaultFs}/backups-of-sandbox/.temporal-hbase/leases`)).toEqual([]);
  expect(await bench.findNewLeaks()).toEqual([]);
});
