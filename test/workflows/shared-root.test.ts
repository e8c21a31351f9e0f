import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BackupAudit } from '../../workflows/contract/backup/record.ts';
import type { BackupReport, CatalogueSummary, ExpiryReport } from '../../workflows/contract/backup/step-data.ts';
import { waitUntil } from '../support/wait-until.ts';
import { backUp, holdAt, listLeft, PLACE, readWaits, write } from './backup-site.ts';
import { type ModelEnvironment, type Site, startModelEnvironment } from './model-environment.ts';
import { type Handle, readFailure } from './smoke-harness.ts';

let env: ModelEnvironment;
beforeAll(async () => {
  env = await startModelEnvironment();
});
afterAll(() => env.stop());

const BACKUP = { ...PLACE, tables: ['shop:*'], set: 'shop' };
const EXPIRY = { ...PLACE, keep: { last: 1 } };

async function twoBackups(site: Site): Promise<{ first: string; second: string }> {
  await site.addTables(['shop:a', 'shop:b']);
  const first = await backUp(site, { digests: true });
  write(site.source, 'shop:a', ['10', '00']);
  return { first, second: await backUp(site, { digests: true }) };
}

/** The later one says for whom it waits, by what it does and by its workflow. */
async function seeWaiting(waiting: Handle, { blocker, purpose }: { blocker: Handle; purpose: string }): Promise<void> {
  await waitUntil(
    `a wait for ${purpose}`,
    async () => (await readWaits(env, waiting)).includes(`${purpose} (${blocker.workflowId}) since `),
    30_000,
  );
}

async function allSound({ run, source, target }: Site): Promise<string[]> {
  const { backups, damaged } = await run<CatalogueSummary>('listBackups', PLACE);
  expect(damaged).toEqual([]);
  for (const { id } of backups) {
    expect(await run<BackupAudit>('verifyBackup', { ...PLACE, backup: id })).toMatchObject({ damaged: [] });
  }
  expect([...listLeft(source), ...listLeft(target)]).toEqual([]);
  return backups.map(({ id }) => id);
}

describe.concurrent('two in one root', () => {
  test('backups of one set at once: side by side, and both are whole', async () => {
    await env.withWorld(async (site) => {
      await site.addTables(['shop:a', 'shop:b']);
      const both = await Promise.all([1, 2].map(() => site.run<BackupReport>('backUpTables', BACKUP)));
      expect(both.map(({ failed }) => failed)).toEqual([[], []]);
      expect(new Set(await allSound(site))).toEqual(new Set(both.map(({ backupId }) => backupId)));
    });
  });

  test.each([
    ['an export', 'old', 'jobs.ensure', 'backUpTables', BACKUP, 'backup '],
    ['a drill', 'new', 'digestRange', 'testRestore', { ...PLACE, cluster: 'new', set: 'shop' }, 'drill of '],
    [
      'a restore',
      'new',
      'cloneSnapshot',
      'restoreTables',
      { ...PLACE, cluster: 'new', set: 'shop', as: { suffix: '_x' } },
      'restore of ',
    ],
  ])(
    'an expiry beside %s: waits for it by name, and takes nothing before',
    async (_title, cluster, verb, type, request, purpose) => {
      await env.withWorld(async (site) => {
        const { first, second } = await twoBackups(site);
        const held = holdAt(site, { cluster, verb });
        const blocker = await site.launch(type, request);
        await held.seen();
        const expiry = await site.launch('expireBackups', EXPIRY);
        await waitUntil(
          'the expiry waits',
          async () => new RegExp(`${purpose}.* \\(${blocker.workflowId}\\) since `).test(await readWaits(env, expiry)),
          30_000,
        );
        expect(await listIds(site)).toEqual(new Set([first, second]));
        held.release();
        await blocker.result();
        const report = (await expiry.result()) as unknown as ExpiryReport;
        // It decides when it is alone: what a drill has proven meanwhile stays.
        expect(report.expired.includes(first)).toBe(type !== 'testRestore');
        await allSound(site);
      });
    },
  );

  test.each([
    ['an export', 'backUpTables', BACKUP],
    ['a drill', 'testRestore', { ...PLACE, cluster: 'new', set: 'shop' }],
    ['a restore', 'restoreTables', { ...PLACE, cluster: 'new', set: 'shop', as: { suffix: '_x' } }],
    ['another expiry', 'expireBackups', EXPIRY],
  ])('%s beside an expiry: waits for it by name', async (_title, type, request) => {
    await env.withWorld(async (site) => {
      const { first } = await twoBackups(site);
      const held = holdAt(site, { cluster: 'old', verb: 'files.move' });
      const blocker = await site.launch('expireBackups', EXPIRY);
      await held.seen();
      const waiting = await site.launch(type, request);
      await seeWaiting(waiting, { blocker, purpose: 'expiry' });
      held.release();
      expect(await blocker.result()).toMatchObject({ expired: [first] });
      await waiting.result();
      await allSound(site);
    });
  });

  test('a holder whose workflow was terminated is named with the command that frees the root', async () => {
    await env.withWorld(async (site) => {
      await twoBackups(site);
      const held = holdAt(site, { cluster: 'old', verb: 'files.move' });
      const dead = await site.launch('expireBackups', EXPIRY);
      await held.seen();
      const { runId } = await dead.query<{ runId: string }>('status');
      await dead.terminate();
      held.release();
      const waiting = await site.launch('backUpTables', BACKUP);
      const command = `temporal-hbase clean ${runId}`;
      await waitUntil('it is named', async () => (await readWaits(env, waiting)).includes(command), 30_000);
      await site.run('cleanRun', { runId });
      await waiting.result();
      expect(await site.run('expireBackups', EXPIRY)).toMatchObject({ stops: [] });
      await allSound(site);
    });
  });
});

describe.concurrent('a root that cannot be used', () => {
  const RUNS = [
    ['backUpTables', BACKUP],
    ['restoreTables', { ...PLACE, set: 'shop', as: { suffix: '_x' } }],
    ['testRestore', { ...PLACE, set: 'shop' }],
    ['archiveWals', { ...PLACE, tables: ['shop:*'], set: 'shop' }],
    ['expireBackups', EXPIRY],
  ] as const;

  test.each(RUNS)('%s: read-only is told with the fix, before anything is started', async (type, request) => {
    await env.withWorld(async (site) => {
      await twoBackups(site);
      site.source.state.fileSystem.readOnlyBelow = '/backups';
      const before = [...site.source.state.fileSystem.nodes.keys()];
      const failure = await readFailure(await site.launch(type, request));
      expect(failure.type).toBe('root.unusable');
      expect(failure.message).toMatch(/hdfs:\/\/old:8020\/backups.*read-only/s);
      expect(failure.message).toContain('Check scheme, host, port and the rights of the gateway user.');
      expect([...site.source.state.fileSystem.nodes.keys()]).toEqual(before);
    });
  });

  test('a full one: a backup is refused, and what is in it can be restored all the same', async () => {
    await env.withWorld(async (site) => {
      const { second } = await twoBackups(site);
      const { fileSystem } = site.source.state;
      fileSystem.usedBytes = fileSystem.capacityBytes - 1_000;
      const failure = await readFailure(await site.launch('backUpTables', BACKUP));
      expect([failure.type, failure.message]).toEqual(['root.unusable', expect.stringContaining('root.full')]);
      expect(failure.message).toContain('temporal-hbase backup expire');
      expect(listLeft(site.source)).toEqual([]);
      const elsewhere = { ...PLACE, cluster: 'new', set: 'shop' };
      expect(await site.run('restoreTables', elsewhere)).toMatchObject({ backupId: second });
    });
  });
});

async function listIds({ run }: Site): Promise<Set<string>> {
  return new Set((await run<CatalogueSummary>('listBackups', PLACE)).backups.map(({ id }) => id));
}
