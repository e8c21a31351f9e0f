import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadTables } from '../../../sandbox/index.ts';
import { ACCEPTED, openSharedBench, waitForStatus, type Bench } from '../support.ts';
import { runCli } from './run-cli.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await openSharedBench();
  await loadTables(bench.sandbox.clusters.old, [
    { name: 'input:a', rows: 50 },
    { name: 'input:full', rows: 50 },
    { name: 'input:other', rows: 50, families: [{ name: 'a' }] },
  ]);
  await loadTables(bench.sandbox.clusters.new, [
    { name: 'input:full', rows: 10 },
    { name: 'input:other', families: [{ name: 'z' }] },
  ]);
});

afterAll(async () => {
  await bench?.[Symbol.asyncDispose]();
});

const migrate = (...args: string[]) => runCli(bench, ['migrate', '--wait', ...args]);

test('bad input: every problem at once, with field and rule, before anything is started', async () => {
  const { exitCode, stderr } = await migrate('--source', 'old', '--target', 'old', '--tables', 'hbase:meta,bad name');
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/hbase:meta/);
  expect(stderr).toMatch(/bad name/);
  expect(stderr).toMatch(/target/);
});

test.each([
  ['an unknown cluster', ['--source', 'nowhere', '--target', 'new', '--tables', 'input:a'], /nowhere.*old/s],
  ['an absent table', ['--source', 'old', '--target', 'new', '--tables', 'input:none'], /input:none/],
  ['a pattern without match', ['--source', 'old', '--target', 'new', '--tables', 'nothing:*'], /nothing:\*/],
  ['a target table with data', ['--source', 'old', '--target', 'new', '--tables', 'input:full'], /input:full/],
  ['other families on the target', ['--source', 'old', '--target', 'new', '--tables', 'input:other'], /input:other/],
])('%s: refused with the name and the fix, and nothing is written', async (_title, args, message) => {
  const { exitCode, stderr } = await migrate(...args);
  expect(exitCode).toBeGreaterThan(1);
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/ {2}do: /);
  expect((await bench.hbase.findLeaks()).filter(({ run }) => run.workflowId.includes('input'))).toEqual([]);
});

test('a migration started twice, and a table of another run: the second is refused with the first one named', async () => {
  const args = ['--source', 'old', '--target', 'new', '--tables', 'input:a', '--accept-warnings', ACCEPTED.join(',')];
  const first = await runCli(bench, ['migrate', ...args, '--name', 'input-first']);
  expect(first.exitCode).toBe(0);
  await waitForStatus(bench, 'migrate-input-first', { what: 'the gate', is: ({ canCutOver }) => canCutOver });

  const again = await runCli(bench, ['migrate', ...args, '--name', 'input-first']);
  expect(again.exitCode).toBe(8);
  expect(again.stderr).toMatch(/migrate-input-first/);
  const other = await migrate(...args, '--name', 'input-second');
  expect(other.exitCode).toBeGreaterThan(1);
  expect(other.stderr).toMatch(/migrate-input-first/);
  const early = await runCli(bench, ['approve', 'migrate-input-first', '--digest', 'stale']);
  expect(early.exitCode).toBeGreaterThan(1);
});

test('a terminated run: leaks lists it from the record alone, clean undoes it', async () => {
  await bench.temporal.workflow.getHandle('migrate-input-first').terminate('as somebody does in the UI');
  const [left] = (await bench.hbase.findLeaks()).filter(({ run }) => run.workflowId === 'migrate-input-first');
  const runId = left?.run.runId ?? '';
  expect(left?.notes.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['peer', 'scope', 'target-table']));

  const dryRun = await runCli(bench, ['clean', runId, '--dry-run', '--drop-target-tables']);
  expect(dryRun.stdout).toMatch(/would be undone/);
  expect((await bench.hbase.findLeaks(runId)).length).toBe(1);
  const cleaned = await runCli(bench, ['clean', runId, '--drop-target-tables']);
  expect(cleaned).toMatchObject({ exitCode: 0 });
  expect(await bench.hbase.findLeaks(runId)).toEqual([]);
});

test('no worker polls: said at once, with the command that starts one', async () => {
  const { exitCode, stderr } = await runCli({ ...bench, taskQueue: 'nobody' }, ['check']);
  expect(exitCode).toBe(17);
  expect(stderr).toContain('npm run cli -- worker --clusters');
});
