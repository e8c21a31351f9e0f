import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client, ScheduleOptions } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ConnectedClient } from '../../client/connect.ts';
import { defaultCacheDir } from '../../sandbox/folders.ts';
import { installTemporal } from '../../sandbox/temporal/install-temporal.ts';
import { waitUntil } from '../support/wait-until.ts';
import { runCli } from '../unit/client/run-cli.ts';

let temporal: TestWorkflowEnvironment;
let client: Client;
let folder: string;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const { path } = await installTemporal({ cacheDir: defaultCacheDir(), pinnedOnly: true });
  temporal = await TestWorkflowEnvironment.createLocal({ server: { executable: { type: 'existing-path', path } } });
  client = temporal.client;
  folder = mkdtempSync(join(tmpdir(), 'thb-backups-'));
});
afterAll(async () => {
  await temporal?.teardown();
  rmSync(folder, { recursive: true });
});

/** Each test has sets and a task queue of its own; all of them are on one server. */
async function schedule(...args: string[]) {
  const connected: ConnectedClient = {
    client,
    target: { connectionOptions: {}, address: '', namespace: 'default', taskQueue: 'hbase', uiUrl: 'http://ui' },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return runCli(['backup', 'schedule', ...args], { connected });
}

function write(name: string, text: string): string {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, text);
  return file;
}

const describe = (id: string) => client.schedule.getHandle(id).describe();

/** A list is allowed to lag behind. */
async function untilListed(...ids: string[]): Promise<void> {
  await waitUntil(
    `${ids.join(', ')} are listed`,
    async () => {
      const found = new Set<string>();
      for await (const { scheduleId } of client.schedule.list()) found.add(scheduleId);
      return ids.every((id) => found.has(id));
    },
    20_000,
  );
}

/** The archive ticks once a day: a deletion waits for a tick that is under way, and here no worker ever ends one. */
const FULL = (name: string, cron = '0 3 * * *') => `
taskQueue: queue-${name}
sets:
  ${name}:
    cluster: old
    tables: [orders, 'shop:*']
    root: backups
    schedule: { cron: '${cron}', timezone: Europe/Berlin, jitter: 5m, window: 10m, pauseOnFailure: true }
    keep: { last: 7, daily: 14, weekly: 8, monthly: 12 }
    drill: { every: 7d, on: new }
    pointInTime: { window: 7d, every: 1d }
    objective: { rpo: 26h, proven: 14d }
    tags: { team: web }
`;

test('apply: makes four schedules, and the second time there is nothing to change', async () => {
  const file = write('one', FULL('one'));
  const first = await schedule('apply', file, '--json');
  expect(first).toMatchObject({ exitCode: 0 });
  expect(first.document()).toMatchObject({ applied: true, changes: [1, 2, 3, 4].map(() => ({ action: 'create' })) });

  const backup = await describe('hbase-backup/one');
  expect(backup).toMatchObject({
    action: {
      workflowType: 'backUpTables',
      taskQueue: 'queue-one',
      workflowId: 'hbase-backup/one',
      staticSummary: 'set one: back up old orders, shop:* → backups',
      args: [{ cluster: 'old', tables: ['orders', 'shop:*'], root: 'backups', set: 'one', cause: 'schedule' }],
    },
    policies: { overlap: 'SKIP', catchupWindow: 600_000, pauseOnFailure: true },
    spec: { timezone: 'Europe/Berlin', jitter: 300_000 },
    state: { paused: false },
  });
  // Three in the morning of Berlin, whatever the season, and at most five minutes later.
  const [next = new Date(0)] = backup.info.nextActionTimes;
  const berlin = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', timeStyle: 'short' }).format(next);
  expect(berlin).toMatch(/^03:0[0-5]$/);

  const second = await schedule('apply', file);
  expect(second.stdout).toContain('nothing to change');
  expect(second.stdout).not.toMatch(/^(?:create|update|delete)/m);
  expect(second.exitCode).toBe(0);
  expect((await schedule('apply', file, '--dry-run')).exitCode).toBe(0);
});

test('apply after an edit: shows the fields, and changes nothing else', async () => {
  await schedule('apply', write('two', FULL('two')));
  const edited = write(
    'two',
    FULL('two', '30 4 * * MON-FRI').replace('last: 7', 'last: 10').replace('every: 7d', 'every: 1d'),
  );
  const dry = await schedule('apply', edited, '--dry-run');
  expect(dry.exitCode).toBe(1);
  expect(dry.stdout).toContain('times: 0 3 * * * → 30 4 * * 1-5');
  expect(dry.stdout).toContain('input.keep.last: 7 → 10');
  expect(dry.stdout).toContain('times: every 7d → every 1d');
  expect(dry.stdout).toContain('3 to update; nothing was applied');
  expect((await describe('hbase-backup/two')).spec.calendars?.[0]?.hour).toMatchObject([{ start: 3 }]);

  expect((await schedule('apply', edited)).stdout).toContain('applied: 3 to update');
  const { spec } = await describe('hbase-backup/two');
  expect(spec.calendars).toHaveLength(1);
  expect(spec.calendars?.[0]).toMatchObject({ hour: [{ start: 4 }], dayOfWeek: [{ start: 'MONDAY', end: 'FRIDAY' }] });
  expect((await schedule('apply', edited)).stdout).toContain('nothing to change');
});

test('every way to say when: comes back as it was sent', async () => {
  const times = [
    `{ every: 6h, offset: 30m }`,
    `{ calendar: { hour: [2, 14], minute: { start: 0, end: 50, step: 10 }, dayOfWeek: SUNDAY } }`,
    `{ calendar: [{ hour: 1, dayOfMonth: [1, 15], comment: twice }, { hour: 4, month: JANUARY, year: [2027, 2031] }] }`,
    `{ cron: '@hourly', jitter: 0s }`,
    `{ cron: '15 0 3-9/2 * * 5-7 *', timezone: America/New_York }`,
  ];
  const sets = times.map((time, index) => `  t${index}: { cluster: old, tables: [a], root: r, schedule: ${time} }`);
  const file = write('times', `taskQueue: queue-times\nsets:\n${sets.join('\n')}\n`);
  expect((await schedule('apply', file)).stdout).toContain('applied: 5 to create');
  const again = await schedule('apply', file);
  expect(again.stdout).toContain('nothing to change');
});

test('a set with alerts: is watched by a schedule of its own, which a second apply leaves alone', async () => {
  const file = write('eyes', `${FULL('eyes')}    alerts: { to: [on-call], every: 5m, remind: 12h }\n`);
  expect((await schedule('apply', file)).stdout).toMatch(/create +hbase-watch\/eyes +every 5m/);
  const objective = { rpo: '1d2h', proven: '14d', archiveEvery: '1d' };
  const watched = { set: 'eyes', cluster: 'old', root: 'backups', objective, to: ['on-call'], remind: '12h' };
  expect(await describe('hbase-watch/eyes')).toMatchObject({
    action: { workflowType: 'watchBackups', args: [{ sets: [watched] }] },
    policies: { overlap: 'SKIP' },
  });
  expect((await schedule('apply', file)).stdout).toContain('nothing to change');
});

test('a pause: is kept by apply, and undone by resume', async () => {
  const file = write('three', FULL('three'));
  await schedule('apply', file);
  const paused = await schedule('pause', 'three', '--only', 'drill', '--reason', 'new cluster is rebuilt');
  expect(paused.stdout).toBe('paused hbase-drill/three\n');
  const edited = write('three', FULL('three').replace('every: 7d', 'every: 3d'));
  expect((await schedule('apply', edited)).stdout).toContain('applied: 1 to update');
  const { state, spec } = await describe('hbase-drill/three');
  expect(state).toMatchObject({ paused: true, note: expect.stringContaining('new cluster is rebuilt') });
  expect(spec.intervals).toMatchObject([{ every: 3 * 86_400_000 }]);
  await schedule('resume', 'three');
  expect((await describe('hbase-drill/three')).state.paused).toBe(false);
});

test('paused in the file: pauses and resumes', async () => {
  const text = (paused: boolean) =>
    `taskQueue: queue-p\nsets:\n  p: { cluster: old, tables: [a], root: r, schedule: { every: 1d }, paused: ${paused} }\n`;
  expect((await schedule('apply', write('p', text(true)))).stdout).toContain(', paused');
  expect((await describe('hbase-backup/p')).state).toMatchObject({ paused: true });
  expect((await schedule('apply', write('p', text(false)))).stdout).toContain('paused: true → false');
  expect((await describe('hbase-backup/p')).state.paused).toBe(false);
});

test('--prune: deletes what left the file, nothing without it, never what somebody else made', async () => {
  const both = `${FULL('four')}  five: { cluster: old, tables: [a], root: r, schedule: { every: 1d } }\n`;
  await schedule('apply', write('four', both));
  const byHand: ScheduleOptions = {
    scheduleId: 'hbase-backup/by-hand',
    spec: { intervals: [{ every: '1d' }] },
    action: { type: 'startWorkflow', workflowType: 'backUpTables', taskQueue: 'queue-four', args: [{}] },
  };
  await client.schedule.create(byHand);
  await untilListed('hbase-backup/five', 'hbase-backup/by-hand');
  const less = write('four', FULL('four'));
  const kept = await schedule('apply', less);
  expect(kept.stdout).toMatch(/left +hbase-backup\/five/);
  expect(kept.stdout).toContain('nothing to change');
  const pruned = await schedule('apply', less, '--prune');
  expect(pruned.stdout).toMatch(/delete +hbase-backup\/five/);
  expect(pruned.stdout).not.toContain('by-hand');
  // Other queues' schedules, of the tests above, are not this file's.
  expect(pruned.stdout).not.toContain('hbase-backup/one');
  await expect(describe('hbase-backup/five')).rejects.toThrow(/not found/i);
  expect(await describe('hbase-backup/by-hand')).toBeDefined();
});

test('--prune of an archive: its schedule goes, and stopArchive is started for what it held', async () => {
  const file = write('held', FULL('held'));
  await schedule('apply', file);
  await untilListed('hbase-archive/held');
  const without = write('held', FULL('held').replace('    pointInTime: { window: 7d, every: 1d }\n', ''));
  const pruned = await schedule('apply', without, '--prune');
  expect(pruned.stdout).toMatch(
    /delete +hbase-archive\/held.*\n +starts stopArchive: old keeps no WALs for held any more/,
  );
  await expect(describe('hbase-archive/held')).rejects.toThrow(/not found/i);
  const stop = await client.workflow.getHandle('hbase-stop-archive/old/backups/held').describe();
  expect([stop.type, stop.taskQueue]).toEqual(['stopArchive', 'queue-held']);
});

test('an id that somebody else uses: nothing is applied, exit 13', async () => {
  await client.schedule.create({
    scheduleId: 'hbase-drill/six',
    spec: { intervals: [{ every: '1d' }] },
    action: { type: 'startWorkflow', workflowType: 'testRestore', taskQueue: 'x', args: [{}] },
  });
  const refused = await schedule('apply', write('six', FULL('six')));
  expect(refused.exitCode).toBe(13);
  expect(refused.stderr).toContain('hbase-drill/six');
  await expect(describe('hbase-backup/six')).rejects.toThrow(/not found/i);
});

test('a change by hand: is shown as such and taken back; what the file cannot say stays', async () => {
  const file = write('seven', FULL('seven'));
  await schedule('apply', file);
  await client.schedule.getHandle('hbase-backup/seven').update((previous) => ({
    ...previous,
    spec: { ...previous.spec, skip: [{ month: 'DECEMBER', dayOfMonth: 25, hour: 3 }] },
    action: { ...previous.action, args: [{ cluster: 'new' }], workflowExecutionTimeout: '2h' },
    policies: { ...previous.policies, overlap: 'ALLOW_ALL' },
  }));
  const { stdout } = await schedule('apply', file);
  expect(stdout).toMatch(/update +hbase-backup\/seven +was changed outside the file/);
  expect(stdout).toContain('overlap: ALLOW_ALL → SKIP');
  expect(stdout).toContain('input.cluster: new → old');
  const { action, spec } = await describe('hbase-backup/seven');
  expect(action.workflowExecutionTimeout).toBe(7_200_000);
  expect(spec.skip).toHaveLength(1);
  expect((await schedule('apply', file)).stdout).toContain('nothing to change');
});

test('list and delete: name the next run and the link', async () => {
  await schedule('apply', write('eight', FULL('eight')));
  await untilListed('hbase-archive/eight', 'hbase-backup/eight', 'hbase-drill/eight', 'hbase-expiry/eight');
  const listed = (await schedule('list', '--json')).document() as { id: string }[];
  expect(listed.find(({ id }) => id === 'hbase-backup/eight')).toMatchObject({
    set: 'eight',
    part: 'backup',
    when: '0 3 * * * Europe/Berlin',
    next: expect.stringMatching(/^\d{4}-/),
    missed: 0,
    uiLink: 'http://ui/namespaces/default/schedules/hbase-backup%2Feight',
  });
  const deleted = await schedule('delete', 'eight');
  expect(deleted.stdout.split('\n').filter(Boolean)).toHaveLength(4);
  expect((await schedule('delete', 'eight')).exitCode).toBe(13);
});

test('run without a worker: is refused before anything is triggered', async () => {
  await schedule('apply', write('nine', FULL('nine')));
  const refused = await schedule('run', 'nine');
  expect(refused.exitCode).toBe(17);
  expect(refused.stderr).toContain('queue-nine');
  expect((await describe('hbase-backup/nine')).info.numActionsTaken).toBe(0);
});
