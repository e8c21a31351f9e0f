import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectFake } from '../fake-temporal.ts';
import { runCli } from '../run-cli.ts';
import { connectFakeSchedules } from '../schedules/fake-schedules.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'thb-alert-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const alertTest = (args: string[], options: Parameters<typeof runCli>[1]) =>
  runCli(['backup', 'alert', 'test', ...args], options);

test('alert test: says of the target whether the message came, exit 16 when it did not', async () => {
  const delivered = connectFake({ answers: { testAlert: [{ target: 'on-call', id: '1', delivered: true }] } });
  const fine = await alertTest(['on-call'], delivered);
  expect([fine.stdout, fine.exitCode]).toEqual(['on-call: delivered\n', 0]);
  expect(delivered.sent[0]?.body).toMatchObject({ targets: ['on-call'], by: expect.any(String) });
  const lost = connectFake({ answers: { testAlert: [{ target: 'x', id: '1', delivered: false, why: 'gone' }] } });
  const bad = await alertTest(['x'], lost);
  expect([bad.stdout, bad.exitCode]).toEqual(['x: NOT DELIVERED: gone\n', 16]);
});

test('alert test --set: asks the schedule that watches the set for its targets', async () => {
  const file = join(folder, 'b.yaml');
  const set = 'cluster: old, tables: [t], root: r, schedule: { every: 1d }, alerts: { to: [on-call, pager] }';
  writeFileSync(file, `sets: { nightly: { ${set} } }\n`);
  const server = connectFakeSchedules();
  const { stdout } = await runCli(['backup', 'schedule', 'apply', file], server);
  expect(stdout).toMatch(/create +hbase-watch\/nightly +every 10m/);
  const asked: unknown[] = [];
  const workflow = {
    execute: async (_type: string, { args }: { args: unknown[] }) => {
      asked.push(args[0]);
      return [];
    },
  };
  Object.assign(server.connected.client, { workflow });
  expect((await alertTest(['--set', 'nightly'], server)).exitCode).toBe(0);
  expect(asked).toEqual([expect.objectContaining({ targets: ['on-call', 'pager'], set: 'nightly' })]);
});

test('alert test: nobody named, both named, or a set that nobody watches, is refused', async () => {
  expect((await alertTest([], {})).exitCode).toBe(2);
  expect((await alertTest(['x', '--set', 'y'], {})).exitCode).toBe(2);
  const { exitCode, stderr } = await alertTest(['--set', 'nobody'], connectFakeSchedules());
  expect(exitCode).toBe(13);
  expect(stderr).toContain('hbase-watch/nobody');
});

test('a pause of a set: leaves its watch running, unless the watch is named', async () => {
  const file = join(folder, 'p.yaml');
  const set = 'cluster: old, tables: [t], root: r, schedule: { every: 1d }, alerts: {}';
  writeFileSync(file, `sets: { p: { ${set} } }\n`);
  const server = connectFakeSchedules();
  await runCli(['backup', 'schedule', 'apply', file], server);
  const { stdout } = await runCli(['backup', 'schedule', 'pause', 'p'], server);
  expect(stdout).toBe('paused hbase-backup/p\n');
  const watch = await runCli(['backup', 'schedule', 'pause', 'p', '--only', 'watch'], server);
  expect(watch.stdout).toBe('paused hbase-watch/p\n');
});
