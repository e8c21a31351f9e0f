import { expect, test } from 'vitest';
import { recordOf, after } from '../../catalogue/export-fixture.ts';
import { connectFake } from '../fake-temporal.ts';
import { runCli } from '../run-cli.ts';

const PLACE = ['--cluster', 'old', '--root', 'backups', '--chain', 'shop'];

test('export: sends what was asked for', async () => {
  const fake = connectFake();
  const flags = ['--tables', 'shop:*', '--families', 'd,e', '--versions', '3', '--raw', '--new-base'];
  const { exitCode } = await runCli(['backup', 'export', ...PLACE, ...flags], fake);
  expect(exitCode).toBe(0);
  const body = { cluster: 'old', root: 'backups', chain: 'shop', tables: ['shop:*'], families: ['d', 'e'] };
  expect(fake.sent).toEqual([
    expect.objectContaining({
      name: 'exportTables',
      body: expect.objectContaining({ ...body, versions: 3, raw: true, newBase: true }),
    }),
  ]);
});

test('import: names go into `as`', async () => {
  const fake = connectFake();
  const flags = ['--into-namespace', 'again', '--up-to', '20261121T071500Z-k3x9'];
  await runCli(['backup', 'import', ...PLACE, ...flags], fake);
  const body = { cluster: 'old', root: 'backups', chain: 'shop', upTo: '20261121T071500Z-k3x9' };
  expect(fake.sent).toEqual([
    expect.objectContaining({
      name: 'importTables',
      body: expect.objectContaining({ ...body, as: { namespace: 'again' } }),
    }),
  ]);
});

test('exports: a line for each, and exit 16 when one cannot be read', async () => {
  const base = recordOf(1, { toMs: 1_000 });
  const chain = { chain: 'shop', exports: [base, after(base, { toMs: 2_000 })], damaged: [] as object[] };
  const { stdout, exitCode } = await runCli(
    ['backup', 'exports', ...PLACE],
    connectFake({ answers: { listExports: { chains: [chain] } } }),
  );
  expect(stdout).toMatch(/shop +1 +\S+ +base +the beginning +1970-01-01T00:00:01.000Z/);
  expect(stdout).toMatch(/shop +2 +\S+ +increment +1970-01-01T00:00:01.000Z +1970-01-01T00:00:02.000Z/);
  expect(exitCode).toBe(0);
  const damaged = { chains: [{ ...chain, damaged: [{ path: 'x.json', why: 'torn' }] }] };
  const unsound = await runCli(['backup', 'exports', ...PLACE], connectFake({ answers: { listExports: damaged } }));
  expect([unsound.exitCode, unsound.stdout]).toEqual([16, expect.stringContaining('DAMAGED x.json: torn')]);
});
