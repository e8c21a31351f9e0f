import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AuditEntry } from '../../../../workflows/contract/backup/audit.ts';
import type { BackupSummary } from '../../../../workflows/contract/backup/record.ts';
import { connectFake } from '../fake-temporal.ts';
import { runCli } from '../run-cli.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'thb-status-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const BACKUP: BackupSummary = {
  id: '20261120T030000Z-a',
  set: 'nightly',
  cause: 'schedule',
  cluster: 'old',
  startedAt: '2026-11-20T03:00:00.000Z',
  finishedAt: '2026-11-20T03:05:00.000Z',
  startMs: 1,
  endMs: 2,
  tables: 1,
  failed: 0,
  bytes: 10,
  newBytes: 1,
  tags: {},
  damaged: 0,
};
const ENTRY: AuditEntry = {
  at: BACKUP.finishedAt,
  root: 'backups',
  backup: BACKUP.id,
  set: 'nightly',
  action: 'backup',
  by: 'ann',
  detail: '1 tables',
};
const answers = {
  listBackups: { backups: [BACKUP], damaged: [], archives: ['other'] },
  auditBackups: { entries: [ENTRY], unread: [] },
};
const STATUS = ['backup', 'status', '--cluster', 'old', '--root', 'backups'];

test('status --html: writes a page with the calendar, and still says how it is', async () => {
  const file = join(folder, 'backups.html');
  const fake = connectFake({ answers });
  const { stdout, stderr, exitCode } = await runCli([...STATUS, '--html', file], fake);
  const page = readFileSync(file, 'utf8');
  expect(page).toContain('title="2026-11-20, Friday: complete backup"');
  expect(page).toContain('nightly <small>▲ WARNING, old → backups</small>');
  expect(stdout).toContain('Set nightly: WARNING');
  expect(stderr).toContain(file);
  expect(exitCode).toBe(1);
  expect(fake.sent.map(({ name }) => name)).toEqual(['listBackups', 'auditBackups']);
});

test('status: asks for archived WALs only where there are any', async () => {
  const listInstants = { set: 'nightly', windowMs: 1, tables: [], spans: [], wals: 0, bytes: 0, damaged: [] };
  const archives = { ...answers, listBackups: { ...answers.listBackups, archives: ['nightly'] }, listInstants };
  const fake = connectFake({ answers: archives });
  const { document } = await runCli([...STATUS, '--rpo', '26h', '--json'], fake);
  expect(document()).toMatchObject([{ set: 'nightly', level: 'warn', archive: { gaps: 0 } }]);
  expect(fake.sent.map(({ name }) => name)).toEqual(['listBackups', 'listInstants']);
});
