import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import type { AlertMessage, WatchReport } from '../../../workflows/contract/backup/alerts.ts';
import type { AuditEntry } from '../../../workflows/contract/backup/audit.ts';
import { runCli } from '../cli/run-cli.ts';
import { newNamespace } from '../hbase/open-clusters.ts';
import type { Bench } from '../support.ts';

const PLACE = ['--cluster', 'new', '--root', 'backups'];

/** A set that was backed up, restored and proven: the page, the audit and an alert tell of it. */
export async function lookAtBackups(bench: Bench, set: string): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'thb-eyes-'));
  try {
    await lookAtPage(bench, { set, file: path.join(folder, 'backups.html') });
  } finally {
    await rm(folder, { recursive: true });
  }
  expect(await listActions(bench, set)).toEqual(['backup', 'restore', 'proof']);
  expect(await listAlerts(bench, set)).toMatchObject([{ event: 'raised', kind: 'wal-behind', set, root: 'backups' }]);
}

/** What other tests leave in the shared root is no matter of this set: its exit code is not looked at. */
async function lookAtPage(bench: Bench, { set, file }: { set: string; file: string }): Promise<void> {
  const { stdout, stderr } = await runCli(bench, ['backup', 'status', ...PLACE, '--set', set, '--html', file]);
  expect(stderr).toContain(file);
  expect(stdout).toMatch(/last proven: \S+, .* ago/);
  const page = await readFile(file, 'utf8');
  expect(page).toMatch(/title="[^"]+: complete backup, drill that proved a restore, restore"/);
}

async function listActions(bench: Bench, set: string): Promise<string[]> {
  const { stdout } = await runCli(bench, ['backup', 'audit', ...PLACE, '--set', set, '--lines']);
  const entries = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as AuditEntry);
  return entries.map(({ action }) => action);
}

/** By the worker's own command, which adds a line to a file of the sandbox. */
async function listAlerts({ temporal, taskQueue, sandbox }: Bench, set: string): Promise<AlertMessage[]> {
  const watched = { set, cluster: 'new', root: 'backups', objective: { archiveEvery: '15m' }, to: ['file'] };
  const report = await temporal.workflow.execute<(input: unknown) => Promise<WatchReport>>('watchBackups', {
    taskQueue,
    workflowId: `watchBackups-${newNamespace()}`,
    args: [{ sets: [watched] }],
  });
  expect(report.deliveries.every(({ delivered }) => delivered)).toBe(true);
  const lines = (await readFile(path.join(sandbox.stateDir, 'alerts.jsonl'), 'utf8')).trimEnd().split('\n');
  return lines
    .map((line) => JSON.parse(line) as AlertMessage)
    .filter((alert) => alert.set === set && alert.kind === 'wal-behind');
}
