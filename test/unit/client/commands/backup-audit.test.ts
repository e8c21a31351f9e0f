import { expect, test } from 'vitest';
import type { AuditEntry, AuditPage } from '../../../../workflows/contract/backup/audit.ts';
import { connectFake } from '../fake-temporal.ts';
import { runCli } from '../run-cli.ts';

const entry = (change: Partial<AuditEntry>): AuditEntry => ({
  at: '2026-11-20T08:00:00.000Z',
  root: 'backups',
  backup: '20261120T070000Z-a',
  set: 'nightly',
  action: 'keep',
  by: 'ann',
  detail: 'audit\nof 2026',
  ...change,
});
const ENTRIES = [entry({}), entry({ set: 'other', action: 'proof', bad: true, detail: 'different' })];
const AUDIT = ['backup', 'audit', '--cluster', 'old'];
const connect = (page: Partial<AuditPage> = {}) =>
  connectFake({ answers: { auditBackups: { entries: ENTRIES, unread: [], ...page } } });

test('audit: a line for each, one line whatever it says, and what is bad says so', async () => {
  const fake = connect();
  const { stdout, exitCode } = await runCli([...AUDIT, '--root', 'backups', '--since', '30d'], fake);
  expect(stdout.split('\n').slice(1, 3)).toEqual([
    '2026-11-20T08:00:00  keep    nightly  20261120T070000Z-a  ann  audit of 2026',
    '2026-11-20T08:00:00  proof   other    20261120T070000Z-a  ann  BAD different',
  ]);
  expect(exitCode).toBe(0);
  expect(fake.sent[0]?.body).toEqual({ cluster: 'old', root: 'backups', since: '2026-10-21T10:05:00.000Z' });
});

test('audit --lines: is JSON Lines, --json is one document, --set chooses', async () => {
  const { stdout } = await runCli([...AUDIT, '--lines'], connect());
  expect(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual(ENTRIES);
  const { document } = await runCli([...AUDIT, '--set', 'nightly', '--json'], connect());
  expect(document()).toEqual({ entries: [ENTRIES[0]], unread: [] });
});

test('audit: is exit 16 when a root cannot be read, and 2 for a time that is none', async () => {
  const unread = [{ root: 'far', why: 'connection refused' }];
  const { stdout, exitCode } = await runCli(AUDIT, connect({ unread }));
  expect(stdout).toContain('CANNOT READ far');
  expect(exitCode).toBe(16);
  const bad = await runCli([...AUDIT, '--since', 'yesterday'], connect());
  expect([bad.exitCode, bad.connects]).toEqual([2, []]);
});
