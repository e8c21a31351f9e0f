import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HBaseCluster } from '../../../activities/hbase/cluster.ts';
import { loadInventory } from '../../../activities/inventory/load-inventory.ts';
import type { Jobs, JobSpec, JobState } from '../../../activities/jobs/jobs.ts';
import { loadTables } from '../../../sandbox/index.ts';
import { createDeps, type ConnectedDeps } from '../../../worker/deps.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { sharedSandbox } from '../support.ts';

const TABLES = ['jobs:one', 'jobs:two'];
/** `-tail -f` follows a file for ever. */
const SLOW_TOOL = 'org.apache.hadoop.fs.FsShell';
let deps: ConnectedDeps;
let source: HBaseCluster;
let jobs: Jobs;
let runId: string;

beforeAll(async () => {
  const { clustersFile, clusters } = sharedSandbox();
  deps = createDeps(loadInventory(clustersFile));
  [source, jobs] = await Promise.all([deps.cluster('old'), deps.jobs('old')]);
  runId = deps.mintId();
  await loadTables(
    clusters.old,
    TABLES.map((name) => ({ name, rows: 500, regions: 2 })),
  );
  for (const table of TABLES) await source.takeSnapshot(toSnapshot(table), table);
});

afterAll(async () => {
  for (const key of await jobs.list(runId)) {
    await jobs.stop(key);
    await jobs.remove(key);
  }
  await (await deps.runs('old')).open(runId).close('undone');
  for (const table of TABLES) {
    await source.deleteSnapshot(toSnapshot(table));
    await source.disableTable(table);
    await source.deleteTable(table);
  }
  await source.deleteNamespace('jobs');
  await source.files.remove(`/jobs-test-${runId}`, { recursive: true });
  await deps.close();
});

const toSnapshot = (table: string): string => `thb_${runId}_${table.replace(':', '_')}`;

function exportJob(table: string, overrides: { snapshot?: string; settings?: Record<string, string> } = {}): JobSpec {
  const root = new URL(`/jobs-test-${runId}`, sharedSandbox().clusters.old.rootDir).href;
  const { snapshot = toSnapshot(table), settings = {} } = overrides;
  return {
    key: `${runId}/exportSnapshot/${snapshot}/1`,
    kind: 'tool',
    className: 'org.apache.hadoop.hbase.snapshot.ExportSnapshot',
    args: ['-snapshot', snapshot, '-copy-to', root, '-overwrite', '-mappers', '2'],
    settings: { 'mapreduce.map.speculative': 'false', ...settings },
    runIn: 'shared',
    timeLimitMs: 300_000,
  };
}

async function waitForEnd({ key }: JobSpec): Promise<JobState> {
  let state = await jobs.poll(key);
  await waitUntil(
    `${key} has ended`,
    async () => ['exited', 'lost'].includes((state = await jobs.poll(key)).phase),
    300_000,
  );
  return state;
}

test('shared runner: two exports and a failing one run in one JVM, each with its own log, code and counters', async () => {
  const specs = [
    ...TABLES.map((table) => exportJob(table)),
    exportJob('nowhere', { snapshot: 'thb_no_such_snapshot' }),
  ];
  await Promise.all(specs.map((spec) => jobs.ensure(spec)));
  const [one, two, failed] = await Promise.all(specs.map(waitForEnd));
  for (const [state, snapshot, other] of [
    [one, toSnapshot('jobs:one'), toSnapshot('jobs:two')],
    [two, toSnapshot('jobs:two'), toSnapshot('jobs:one')],
  ] as const) {
    expect(state, state?.log).toMatchObject({ phase: 'exited', exitCode: 0, percent: 100 });
    expect(state?.log).toContain(snapshot);
    expect(state?.log).not.toContain(other);
    expect(state?.counters['BYTES_COPIED']).toBeGreaterThan(0);
  }
  expect(failed?.phase).toBe('exited');
  expect(failed?.exitCode).not.toBe(0);
  expect(failed?.log).toContain('thb_no_such_snapshot');
});

test('shared runner: a job that is stopped ends, and another in the same JVM goes on', async () => {
  const file = new URL('/hbase/hbase.id', sharedSandbox().clusters.old.rootDir).href;
  const slow = {
    ...exportJob('jobs:one'),
    key: `${runId}/slow/one/1`,
    className: SLOW_TOOL,
    args: ['-tail', '-f', file],
  };
  await jobs.ensure(slow);
  await waitUntil('the slow tool runs', async () => (await jobs.poll(slow.key)).phase === 'running', 120_000);
  const quick = { ...exportJob('jobs:two'), key: `${runId}/exportSnapshot/two/2` };
  await jobs.ensure(quick);
  await jobs.stop(slow.key);
  expect(await jobs.poll(slow.key)).toMatchObject({ phase: 'exited', exitCode: 143 });
  expect(await waitForEnd(quick)).toMatchObject({ phase: 'exited', exitCode: 0 });
});
