import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadTables } from '../../../sandbox/index.ts';
import type { Finding } from '../../../workflows/contract/plan.ts';
import type { ClusterCheck } from '../../../workflows/contract/step-data.ts';
import { ACCEPTED, openSharedBench, type Bench } from '../support.ts';
import { runCli } from './run-cli.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await openSharedBench();
  await loadTables(bench.sandbox.clusters.old, [{ name: 'look:a', rows: 20 }]);
});

afterAll(async () => {
  await bench?.[Symbol.asyncDispose]();
});

test('check: every fact of two healthy clusters is OK', async () => {
  const { exitCode, stdout } = await runCli(bench, ['check', '--json']);
  expect(exitCode).toBe(0);
  const lines = JSON.parse(stdout) as ClusterCheck[];
  const facts = lines.filter(({ cluster }) => cluster === 'old').map(({ fact }) => fact);
  expect(facts).toEqual(expect.arrayContaining(['version', 'quorum', 'dead servers', 'free space', 'metrics']));
  expect(lines.filter(({ level }) => level !== 'OK')).toEqual([]);
  expect(new Set(lines.map(({ cluster }) => cluster))).toEqual(new Set(['old', 'new']));
});

test('plan: the preflight warns of nothing but the known bug, and writes nothing', async () => {
  const args = ['--source', 'old', '--target', 'new', '--tables', 'look:a', '--accept-warnings', ACCEPTED.join(',')];
  const { exitCode, stdout, stderr } = await runCli(bench, ['plan', ...args, '--json']);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const { plan } = JSON.parse(stdout) as { plan: { findings: Finding[] } };
  expect(plan.findings.filter(({ level }) => level !== 'info').map(({ code }) => code)).toEqual(ACCEPTED);
});
