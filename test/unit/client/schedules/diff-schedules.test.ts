import { expect, test } from 'vitest';
import { parseBackupsFile } from '../../../../client/schedules/backups-file.ts';
import { toDesiredSchedules, type DesiredSchedule } from '../../../../client/schedules/desired-schedules.ts';
import { diffSchedules } from '../../../../client/schedules/diff-schedules.ts';
import type { LiveSchedule } from '../../../../client/schedules/live-schedules.ts';
import type { SchedulePart } from '../../../../workflows/contract/backup/schedule-parts.ts';
import { parseBackupRequest } from '../../../../workflows/contract/backup/requests/back-up-tables.ts';
import { parseExpiryRequest } from '../../../../workflows/contract/backup/requests/expire-backups.ts';
import { parseDrillRequest } from '../../../../workflows/contract/backup/requests/test-restore.ts';
import { parseWatchRequest } from '../../../../workflows/contract/backup/requests/watch-backups.ts';
import { parseDuration } from '../../../../workflows/contract/requests/duration.ts';

const NOW = Date.parse('2026-11-21T07:00:00Z');
const FULL = `
sets:
  nightly:
    cluster: old
    tables: [orders, 'shop:*']
    root: backups
    owner: web team
    schedule: { cron: '0 2 * * *', timezone: Europe/Berlin, jitter: 5m, window: 30m, pauseOnFailure: true }
    keep: { last: 7, daily: 14, within: 36h }
    drill: { every: 7d, on: new }
    pointInTime: { window: 7d, every: 5m }
    objective: { rpo: 26h, proven: 14d }
    tags: { team: web }
    copy: { mappers: 8 }
    digests: true
    alerts: { to: [on-call, page] }
`;

const PARSERS: Partial<Record<SchedulePart, (input: unknown) => object>> = {
  backup: parseBackupRequest,
  expiry: parseExpiryRequest,
  drill: parseDrillRequest,
  watch: parseWatchRequest,
};

const desire = (text: string, taskQueue = 'hbase'): DesiredSchedule[] =>
  toDesiredSchedules(parseBackupsFile(text, { file: 'b.yaml', nowMs: NOW }), { taskQueue });

/** As if `apply` had just made it. */
const toLive = (
  { id, set, part, shape, digest }: DesiredSchedule,
  change: Partial<LiveSchedule> = {},
): LiveSchedule => ({
  id,
  mark: { set, part },
  shape,
  digest,
  paused: false,
  note: '',
  description: {} as LiveSchedule['description'],
  ...change,
});

test('desired: one schedule for each part, with one JSON input that holds durations as text', () => {
  const desired = desire(FULL);
  expect(desired.map(({ id, shape }) => [id, shape.workflowType])).toEqual([
    ['hbase-backup/nightly', 'backUpTables'],
    ['hbase-expiry/nightly', 'expireBackups'],
    ['hbase-drill/nightly', 'testRestore'],
    ['hbase-archive/nightly', 'archiveWals'],
    ['hbase-watch/nightly', 'watchBackups'],
  ]);
  const common = { root: 'backups', set: 'nightly' };
  const tables = ['orders', 'shop:*'];
  expect(desired.map(({ shape }) => shape.input)).toEqual([
    {
      cluster: 'old',
      tables,
      ...common,
      cause: 'schedule',
      owner: 'web team',
      tags: { team: 'web' },
      copy: { mappers: 8, bandwidthMb: 0, parallelTables: 4 },
      digests: true,
    },
    { cluster: 'old', ...common, keep: { timezone: 'Europe/Berlin', last: 7, daily: 14, within: '1d12h' } },
    { cluster: 'new', ...common },
    { cluster: 'old', tables, ...common, window: '7d' },
    {
      sets: [
        {
          cluster: 'old',
          ...common,
          objective: { rpo: '1d2h', proven: '14d', archiveEvery: '5m' },
          to: ['on-call', 'page'],
          remind: '1d',
        },
      ],
    },
  ]);
  expect(parseDuration('1d12h')).toBe(36 * 3_600_000);
  expect(desired[0]?.shape).toMatchObject({
    times: ['0 2 * * *'],
    timezone: 'Europe/Berlin',
    jitter: '5m',
    catchUpWindow: '30m',
    overlap: 'SKIP',
    pauseOnFailure: true,
    watch: { objective: { rpo: '1d2h', proven: '14d' }, alerts: { to: ['on-call', 'page'] } },
    summary: 'set nightly: back up old orders, shop:* → backups',
  });
});

test('desired: every input is one that its workflow takes, whatever the file leaves out', () => {
  const small =
    'sets: { a: { cluster: old, tables: [t], root: r, schedule: { every: 1d }, keep: { last: 1 }, drill: { every: 7d } } }';
  for (const { part, shape } of [...desire(FULL), ...desire(small)]) {
    const parse = PARSERS[part];
    if (parse !== undefined) expect(parse(shape.input)).not.toHaveProperty('problems');
  }
});

test('desired: drills have digests to compare with, unless the file says no', () => {
  const digestsOf = (fields: string) =>
    desire(`sets: { a: { cluster: old, tables: [t], root: r, schedule: { every: 1d }, ${fields} } }`)[0]?.shape.input[
      'digests'
    ];
  expect([
    digestsOf('tags: {}'),
    digestsOf('drill: { every: 7d }'),
    digestsOf('drill: { every: 7d }, digests: false'),
  ]).toEqual([false, true, false]);
});

test('desired: a set of a thousand tables keeps its summary short', () => {
  const tables = Array.from({ length: 1_000 }, (_, index) => `t${index}`).join(', ');
  const [backup] = desire(FULL.replace(`[orders, 'shop:*']`, `[${tables}]`));
  expect(Buffer.byteLength(backup?.shape.summary ?? '')).toBeLessThan(200);
});

test('desired: only what the file asks for', () => {
  expect(
    desire('sets: { a: { cluster: old, tables: [t], root: r, schedule: { every: 1d } } }').map(({ part }) => part),
  ).toEqual(['backup']);
});

test('digest: is that of the meaning, not of the writing', () => {
  const rewritten = FULL.replace(`'0 2 * * *'`, `'00 02 */1 1-12 *'`).replace('rpo: 26h', 'rpo: 1d2h');
  expect(desire(rewritten).map(({ digest }) => digest)).toEqual(desire(FULL).map(({ digest }) => digest));
  const calendar = FULL.replace(`cron: '0 2 * * *'`, 'calendar: { hour: 2 }');
  expect(desire(calendar)[0]?.digest).toBe(desire(FULL)[0]?.digest);
  expect(desire(FULL.replace('last: 7', 'last: 8'))[1]?.digest).not.toBe(desire(FULL)[1]?.digest);
});

const diff = (now: string, live: LiveSchedule[], prune = false) => diffSchedules({ desired: desire(now), live, prune });

test('difference: nothing on the server is five to create, and what was made is unchanged', () => {
  expect(diff(FULL, []).changes.map(({ action }) => action)).toEqual(Array.from({ length: 5 }, () => 'create'));
  const live = desire(FULL).map((schedule) => toLive(schedule));
  expect(diff(FULL, live).changes.map(({ action }) => action)).toEqual(Array.from({ length: 5 }, () => 'unchanged'));
});

test('difference: names each changed field with both values, and keeps its hands off the rest', () => {
  const live = desire(FULL).map((schedule) => toLive(schedule));
  const edited = FULL.replace(`'0 2 * * *'`, `'30 3 * * 1-5'`)
    .replace(`[orders, 'shop:*']`, '[orders]')
    .replace('owner: web team\n', '\n')
    .replace('daily: 14', 'weekly: 4');
  const { changes } = diff(edited, live);
  expect(changes.map((change) => [change.action, 'fields' in change ? change.fields : []])).toEqual([
    [
      'update',
      [
        'input.tables: orders, shop:* → orders',
        'input.owner: web team → none',
        'summary: set nightly: back up old orders, shop:* → backups → set nightly: back up old orders → backups',
        'times: 0 2 * * * → 30 3 * * 1-5',
      ],
    ],
    ['update', ['input.keep.daily: 14 → none', 'input.keep.weekly: none → 4']],
    ['unchanged', []],
    [
      'update',
      [
        'input.tables: orders, shop:* → orders',
        'summary: set nightly: archive WALs of old orders, shop:* → set nightly: archive WALs of old orders',
      ],
    ],
    ['unchanged', []],
  ]);
  expect(changes.filter((change) => 'editedOutside' in change && change.editedOutside)).toEqual([]);
});

test('difference: a schedule that was changed by hand is told from a changed file', () => {
  const [backup, ...rest] = desire(FULL);
  if (backup === undefined) throw new Error('no backup');
  const shape = { ...backup.shape, overlap: 'ALLOW_ALL' };
  const live = [toLive(backup, { shape }), ...rest.map((schedule) => toLive(schedule))];
  expect(diff(FULL, live).changes[0]).toMatchObject({
    action: 'update',
    editedOutside: true,
    fields: ['overlap: ALLOW_ALL → SKIP'],
  });
});

test('difference: a lost mark alone is written again', () => {
  const live = desire(FULL).map((schedule) => toLive(schedule, { digest: 'x' }));
  expect(diff(FULL, live).changes[0]).toMatchObject({ action: 'update', editedOutside: false });
});

test('difference: a pause is left alone unless the file says otherwise', () => {
  const live = desire(FULL).map((schedule) => toLive(schedule, { paused: true, note: 'why' }));
  expect(diff(FULL, live).changes[0]).toMatchObject({ action: 'unchanged', paused: true, note: 'why' });
  const told = FULL.replace('root: backups', 'root: backups\n    paused: false');
  expect(diff(told, live).changes[0]).toMatchObject({ fields: ['paused: true → false'], editedOutside: false });
});

test('difference: a set that is paused is watched all the same', () => {
  const paused = desire(FULL.replace('root: backups', 'root: backups\n    paused: true'));
  expect(paused.map(({ part, paused: isPaused }) => [part, isPaused]).at(-1)).toEqual(['watch', undefined]);
  expect(paused[0]?.paused).toBe(true);
});

test('difference: what left the file is deleted only when asked, and only when ours and of this queue', () => {
  const elsewhere = desire(FULL.replaceAll('nightly', 'else'), 'other').slice(0, 1);
  const gone = desire(FULL.replaceAll('nightly', 'gone')).slice(0, 1);
  const [byHand] = desire(FULL.replaceAll('nightly', 'hand'));
  if (byHand === undefined) throw new Error('no schedule');
  const { mark: _, ...unmarked } = toLive(byHand);
  const live = [...[...elsewhere, ...gone].map((schedule) => toLive(schedule)), unmarked];
  const rest = (prune: boolean) =>
    diff(FULL, live, prune)
      .changes.slice(5)
      .map(({ id, action }) => [id, action]);
  expect(rest(false)).toEqual([['hbase-backup/gone', 'left']]);
  expect(rest(true)).toEqual([['hbase-backup/gone', 'delete']]);
});

test('difference: an id of the file that somebody else made is foreign', () => {
  const [first] = desire(FULL);
  if (first === undefined) throw new Error('no schedule');
  const { mark: _, ...unmarked } = toLive(first);
  expect(diff(FULL, [unmarked]).foreign).toEqual(['hbase-backup/nightly']);
});
