import { userInfo } from 'node:os';
import { expect, test } from 'vitest';
import type { ExpiryReport } from '../../../../workflows/contract/backup/step-data.ts';
import { connectFake } from '../fake-temporal.ts';
import { runCli } from '../run-cli.ts';

const REPORT: ExpiryReport = {
  root: 'backups',
  dryRun: true,
  decisions: [
    { id: '20261101T000000Z-b', action: 'expire', reason: 'no rule holds it' },
    { id: '20261120T000000Z-c', action: 'keep', reason: 'last 7, last complete' },
  ],
  expired: ['20261001T000000Z-a', '20261101T000000Z-b'],
  freed: { manifests: 2, files: 5, bytes: 3 * 2 ** 30 },
  putBack: 0,
  stops: [],
  durationMs: 5,
};

const EXPIRE = ['backup', 'expire', '--cluster', 'old', '--root', 'backups'];

test('expire --dry-run: shows each decision with its reason and what would be freed, and exits 0', async () => {
  const fake = connectFake({ answers: { expireBackups: REPORT } });
  const { stdout, exitCode } = await runCli([...EXPIRE, '--keep-last', '7', '--dry-run'], fake);
  expect(stdout.split('\n')).toEqual([
    'expire  20261101T000000Z-b  no rule holds it',
    'keep    20261120T000000Z-c  last 7, last complete',
    'expire  20261001T000000Z-a  its expiry had begun',
    'would free 2 backups, 5 files, 3.0 GiB; nothing was changed',
    '',
  ]);
  expect(exitCode).toBe(0);
  expect(fake.sent).toEqual([
    expect.objectContaining({
      what: 'execute',
      name: 'expireBackups',
      body: { cluster: 'old', root: 'backups', keep: { last: 7 }, dryRun: true },
    }),
  ]);
});

test('expire --dry-run: names what stops an expiry, and exits 16', async () => {
  const stops = ['manifest theirs belongs to no backup'];
  const fake = connectFake({ answers: { expireBackups: { ...REPORT, stops } } });
  const { stdout, exitCode } = await runCli([...EXPIRE, '--keep-last', '7', '--dry-run', '--json'], fake);
  expect(JSON.parse(stdout)).toMatchObject({ stops });
  expect(exitCode).toBe(16);
});

test('expire: starts an expiry with every rule that is given, and returns at once', async () => {
  const fake = connectFake();
  const rules = ['--keep-daily', '14', '--keep-weekly', '8', '--keep-monthly', '12', '--keep-yearly', '3'];
  const more = ['--keep-within', '30d', '--timezone', 'Europe/Berlin', '--set', 'nightly'];
  const { stdout, exitCode } = await runCli([...EXPIRE, ...rules, ...more], fake);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^expiry-/);
  const keep = { daily: 14, weekly: 8, monthly: 12, yearly: 3, within: '30d', timezone: 'Europe/Berlin' };
  expect(fake.sent).toEqual([
    expect.objectContaining({
      what: 'start',
      body: { by: userInfo().username, cluster: 'old', root: 'backups', set: 'nightly', keep },
    }),
  ]);
});

test('expire: a count that is none is refused before anything is sent', async () => {
  const fake = connectFake();
  const { stderr, exitCode } = await runCli([...EXPIRE, '--keep-last', 'all'], fake);
  expect(stderr).toContain('all is no whole number');
  expect(exitCode).not.toBe(0);
  expect(fake.sent).toEqual([]);
});
