import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli, type CliOptions } from '../run-cli.ts';
import { connectFakeSchedules } from '../schedules/fake-schedules.ts';

let folder: string;
let file: string;

const TEXT = `
sets:
  nightly:
    cluster: old
    tables: [orders]
    root: backups
    schedule: { cron: '0 3 * * *', timezone: Europe/Berlin }
    keep: { last: 7 }
    drill: { every: 7d, on: new }
`;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'thb-schedules-'));
  file = write('backups.yaml', TEXT);
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

const schedule = (args: string[], options: CliOptions) => runCli(['backup', 'schedule', ...args], options);

async function applied(fake?: Parameters<typeof connectFakeSchedules>[0]) {
  const server = connectFakeSchedules(fake);
  await schedule(['apply', file], server);
  server.writes.length = 0;
  return server;
}

test('apply: shows what it makes, makes it, and exits 0', async () => {
  const server = connectFakeSchedules();
  const { stdout, exitCode } = await schedule(['apply', file], server);
  expect(stdout).toBe(
    [
      'create  hbase-backup/nightly  0 3 * * * Europe/Berlin',
      'create  hbase-expiry/nightly  every 1d from 12h',
      'create  hbase-drill/nightly   every 7d',
      'applied: 3 to create',
      '',
    ].join('\n'),
  );
  expect(server.writes).toEqual([
    'create hbase-backup/nightly',
    'create hbase-expiry/nightly',
    'create hbase-drill/nightly',
  ]);
  expect(exitCode).toBe(0);
});

test('apply twice: writes nothing the second time', async () => {
  const server = await applied();
  const { stdout, exitCode } = await schedule(['apply', file], server);
  expect(stdout).toContain('nothing to change');
  expect(server.writes).toEqual([]);
  expect(exitCode).toBe(0);
});

test('apply --dry-run: writes nothing, exit 1 when something would change', async () => {
  const server = connectFakeSchedules();
  const { stdout, exitCode } = await schedule(['apply', file, '--dry-run'], server);
  expect(stdout).toContain('3 to create; nothing was applied');
  expect(server.writes).toEqual([]);
  expect(exitCode).toBe(1);
});

test('apply --json: is one document with each field and the warnings', async () => {
  const server = await applied({ pollers: 0 });
  const edited = write('edited.yaml', TEXT.replace('0 3 *', '0 2 *').replace('root: backups', 'root: other'));
  const { document, stderr } = await schedule(['apply', edited, '--json'], server);
  expect(document()).toMatchObject({
    applied: true,
    changes: [
      {
        action: 'update',
        id: 'hbase-backup/nightly',
        fields: [
          'input.root: backups → other',
          'summary: set nightly: back up old orders → backups → set nightly: back up old orders → other',
          'times: 0 3 * * * → 0 2 * * *',
        ],
        schedule: { workflowType: 'backUpTables', input: { root: 'other' } },
      },
      { action: 'update' },
      { action: 'update' },
    ],
    warnings: [expect.stringContaining('2027-03-28 02:00')],
  });
  expect(stderr).toContain('no worker polls "hbase"');
});

test('apply: a bad file is exit 3 with its lines, and connects to nothing', async () => {
  const { exitCode, stderr, connects } = await schedule(['apply', write('bad.yaml', 'sets: { a: {} }')], {});
  expect(exitCode).toBe(3);
  expect(stderr).toContain('error backups.invalid');
  expect(stderr).toMatch(/bad\.yaml:1:12: sets\.a\.cluster: is missing/);
  expect(connects).toEqual([]);
});

test('apply with a clusters file: an unknown name is exit 3, also by the environment', async () => {
  const clusters = write('clusters.yaml', 'clusters: { odl: { ssh: { host: a, user: u, useAgent: true } } }');
  const { stderr } = await schedule(['apply', file, '--clusters', clusters], {});
  expect(stderr).toContain('did you mean "odl"?');
  expect((await schedule(['apply', file], { env: { TEMPORAL_HBASE_CLUSTERS: clusters } })).exitCode).toBe(3);
});

test('apply: the task queue of the file wins over the flag', async () => {
  const server = connectFakeSchedules();
  await schedule(['apply', write('queue.yaml', `taskQueue: mine\n${TEXT}`)], server);
  expect([...server.schedules.values()].map(({ action }) => action.taskQueue)).toEqual(['mine', 'mine', 'mine']);
});

test('apply: an id that somebody else uses is exit 13, and nothing is written', async () => {
  const server = await applied();
  delete server.schedules.get('hbase-drill/nightly')?.memo;
  server.schedules.delete('hbase-backup/nightly');
  const { exitCode, stderr } = await schedule(['apply', file, '--prune'], server);
  expect(exitCode).toBe(13);
  expect(stderr).toMatch(/error schedule\.foreign: .*"hbase-drill\/nightly"/);
  expect(server.writes).toEqual([]);
});

test('pause and resume: all schedules of the set or one, with who and why', async () => {
  const server = await applied();
  await schedule(['pause', 'nightly', '--reason', 'new root'], server);
  expect(server.schedules.get('hbase-drill/nightly')?.state).toMatchObject({
    paused: true,
    note: expect.stringMatching(/^paused by \S+: new root$/),
  });
  const { stdout } = await schedule(['resume', 'nightly', '--only', 'backup'], server);
  expect(stdout).toBe('resumed hbase-backup/nightly\n');
  expect(server.schedules.get('hbase-drill/nightly')?.state.paused).toBe(true);
});

test('a set that nobody applied: is exit 13 with the sets there are', async () => {
  const server = await applied();
  const { exitCode, stderr } = await schedule(['pause', 'nigthly'], server);
  expect(exitCode).toBe(13);
  expect(stderr).toContain('there is: nightly');
  expect(server.writes).toEqual([]);
});

test('run: fires the backup, or the part asked for, without overlap', async () => {
  const server = await applied();
  await schedule(['run', 'nightly'], server);
  await schedule(['run', 'nightly', '--only', 'drill'], server);
  expect(server.writes).toEqual(['trigger SKIP hbase-backup/nightly', 'trigger SKIP hbase-drill/nightly']);
});

test('run while one runs: is exit 8 with the run that is under way', async () => {
  const server = await applied({ running: ['hbase-backup/nightly'] });
  const { exitCode, stderr } = await schedule(['run', 'nightly'], server);
  expect(exitCode).toBe(8);
  expect(stderr).toContain('hbase-backup/nightly-run is under way');
  expect(server.writes).toEqual([]);
});

test('delete: without a terminal asks nothing, and leaves what somebody else made', async () => {
  const server = await applied();
  const { stdout } = await schedule(['delete', 'nightly', '--only', 'expiry'], server);
  expect(stdout).toBe('deleted hbase-expiry/nightly\n');
  delete server.schedules.get('hbase-drill/nightly')?.memo;
  expect((await schedule(['delete', 'nightly'], server)).exitCode).toBe(13);
  expect(server.writes).toEqual(['delete hbase-expiry/nightly']);
});

test('list: a line for each schedule, paused ones with their note', async () => {
  const server = await applied();
  await schedule(['pause', 'nightly', '--only', 'expiry'], server);
  const { stdout, exitCode } = await schedule(['list'], server);
  expect(stdout).toMatch(
    /^nightly {2}backup {2}0 3 \* \* \* Europe\/Berlin {2}next 2026-11-22T02:00:00.000Z +last never$/m,
  );
  expect(stdout).toMatch(/^nightly {2}expiry {2}every 1d from 12h +PAUSED: paused by \S+ +last never$/m);
  expect(exitCode).toBe(0);
  expect((await schedule(['list'], connectFakeSchedules())).stdout).toContain('no schedule yet');
});

const ARCHIVED = TEXT.replace('    drill: { every: 7d, on: new }\n', '    pointInTime: { window: 7d }\n');
const PLACE = { cluster: 'old', root: 'backups', set: 'nightly' };
const STOP = `start stopArchive ${JSON.stringify(PLACE)} hbase-stop-archive/old/backups/nightly`;

async function archived(fake?: Parameters<typeof connectFakeSchedules>[0]) {
  const server = connectFakeSchedules(fake);
  await schedule(['apply', write('archived.yaml', ARCHIVED)], server);
  server.writes.length = 0;
  return server;
}

test('apply: an archive that leaves the file is stopped with its schedule, and the difference says so', async () => {
  const server = await archived();
  const without = write('without.yaml', ARCHIVED.replace('    pointInTime: { window: 7d }\n', ''));
  const kept = await schedule(['apply', without], server);
  expect(kept.stdout).toMatch(/left +hbase-archive\/nightly/);
  expect(kept.stdout).toContain('--prune also starts stopArchive: old keeps no WALs for nightly any more');
  expect(server.writes).toEqual([]);
  const shown = await schedule(['apply', without, '--prune', '--dry-run'], server);
  expect(shown.stdout).toMatch(/delete +hbase-archive\/nightly.*\n +starts stopArchive: old keeps no WALs/);
  expect(server.writes).toEqual([]);
  const { stdout } = await schedule(['apply', without, '--prune', '--yes'], server);
  expect(stdout).toContain('started hbase-stop-archive/old/backups/nightly');
  expect(server.writes).toEqual([STOP, 'pause hbase-archive/nightly', 'delete hbase-archive/nightly']);
});

test('apply: a tick that is under way is waited for, and the archive is stopped once more', async () => {
  const server = await archived({ running: ['hbase-archive/nightly'] });
  const without = write('without.yaml', ARCHIVED.replace('    pointInTime: { window: 7d }\n', ''));
  const { stderr } = await schedule(['apply', without, '--prune', '--yes'], server);
  expect(stderr).toContain(
    'waiting at most 5 min for hbase-archive/nightly-run, which may still hold WALs for nightly',
  );
  expect(server.writes.slice(3)).toEqual([
    'wait for hbase-archive/nightly-run',
    'wait for hbase-stop-archive/old/backups/nightly',
    STOP,
  ]);
});

test('apply, broken off while a tick is under way: nothing stays paused, and the server stops the archive once more', async () => {
  const server = await archived({ running: ['hbase-archive/nightly'] });
  const without = write('without.yaml', ARCHIVED.replace('    pointInTime: { window: 7d }\n', ''));
  const options = { ...server, interrupted: AbortSignal.abort() };
  const { stderr } = await schedule(['apply', without, '--prune', '--yes'], options);
  expect(stderr).toContain('not waited for: the server starts hbase-stop-archive/old/backups/nightly/again in 5 min');
  expect(server.writes).toContain('delete hbase-archive/nightly');
  expect(server.writes.at(-1)).toBe(`${STOP}/again`);
});

test('apply: an archive that goes on in another root is stopped where it was, and only then', async () => {
  const server = await archived();
  const moved = write('moved.yaml', ARCHIVED.replace('root: backups', 'root: attic'));
  const { stdout } = await schedule(['apply', moved], server);
  expect(stdout).toContain('starts stopArchive: old keeps no WALs for nightly any more; what is archived in backups');
  expect(server.writes.slice(-2)).toEqual([STOP, 'update hbase-archive/nightly']);
  server.writes.length = 0;
  await schedule(
    ['apply', write('wider.yaml', ARCHIVED.replace('root: backups', 'root: attic').replace('7d', '8d'))],
    server,
  );
  expect(server.writes).toEqual(['update hbase-archive/nightly']);
});

test('delete: of a set with an archive stops the archive too, and says so before it asks', async () => {
  const server = await archived();
  const { stderr } = await schedule(['delete', 'nightly', '--yes'], server);
  expect(stderr).toContain('deletes hbase-archive/nightly, and starts stopArchive: old keeps no WALs');
  expect(server.writes).toContain(STOP);
  expect(server.schedules.size).toBe(0);
});

test('list: a server that is not ready for a moment ends nothing, and it is not asked for everything at once', async () => {
  const server = connectFakeSchedules({ notReady: 3 });
  const sets = Array.from({ length: 20 }, (_, index) => TEXT.replace('sets:', '').replace('nightly', `set${index}`));
  await schedule(['apply', write('many.yaml', `sets:${sets.join('')}`)], server);
  server.looks.most = 0;
  const listed = await schedule(['list', '--json'], server);
  expect(listed.exitCode).toBe(0);
  expect(listed.document()).toHaveLength(60);
  expect(server.looks.refused).toBe(3);
  expect(server.looks.most).toBe(8);
});
