import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BackupReport, CatalogueSummary } from '../../workflows/contract/backup/step-data.ts';
import type { BackupAudit } from '../../workflows/contract/backup/record.ts';
import type { CleanReport } from '../../workflows/contract/runs.ts';
import type { RunOverview } from '../../workflows/contract/step-data.ts';
import { backUp, exportedFiles, holdAt, listLeft, PLACE, runIdOf, show, write } from './backup-site.ts';
import { type ModelEnvironment, type Site, startModelEnvironment } from './model-environment.ts';
import { readFailure } from './smoke-harness.ts';

let env: ModelEnvironment;
beforeAll(async () => {
  env = await startModelEnvironment();
});
afterAll(() => env.stop());

const REQUEST = { ...PLACE, tables: ['shop:*'], set: 'shop' };
const list = ({ run }: Site): Promise<CatalogueSummary> => run('listBackups', PLACE);

describe.concurrent('backUpTables', () => {
  test('a second backup copies only what is new, and both are listed whole', async () => {
    await env.withWorld(async (site) => {
      await site.addTables(['shop:a', 'shop:b']);
      const first = await site.run<BackupReport>('backUpTables', REQUEST);
      const before = exportedFiles(site, 'shop:b').length;
      write(site.source, 'shop:a', ['20', 'aa']);
      const second = await site.run<BackupReport>('backUpTables', REQUEST);
      expect(first).toMatchObject({ tables: ['shop:a', 'shop:b'], failed: [] });
      expect(second.newBytes).toBeLessThan(first.newBytes);
      expect(exportedFiles(site, 'shop:b').length).toBe(before);
      const { backups, damaged } = await list(site);
      // Of one second: then the order of their ids is chance.
      expect(new Map(backups.map(({ id, tables, failed }) => [id, [tables, failed]]))).toEqual(
        new Map([first, second].map(({ backupId }) => [backupId, [2, 0]])),
      );
      expect(damaged).toEqual([]);
      expect(listLeft(site.source)).toEqual([]);
      expect(await site.source.cluster.listSnapshots()).toEqual([]);
    });
  });

  test('where lengths alone are compared, the exported files are read back unasked', async () => {
    await env.withWorld(async (site) => {
      site.source.state.traits.version = '2.4.17';
      await site.addTables(['shop:a']);
      const { record } = await show(site, await backUp(site));
      expect(record.checksum).toBe('length-only');
      expect(record.tables[0]?.content).toMatchObject({ rows: 3, cells: 3 });
    });
  });

  test('a table that cannot be backed up leaves the others in it, and the run fails as partial', async () => {
    await env.withWorld(async (site) => {
      await site.addTables(['shop:a', 'shop:b']);
      await site.source.cluster.alterTable('shop:b', { readOnly: true });
      const failure = await readFailure(await site.launch('backUpTables', REQUEST));
      expect([failure.type, failure.message]).toEqual(['backup.partial', expect.stringContaining('shop:b')]);
      expect(failure.details?.at(-1)).toMatchObject({ tables: ['shop:a'] });
      expect((await list(site)).backups).toMatchObject([{ tables: 1, failed: 1 }]);
      expect(listLeft(site.source)).toEqual([]);
    });
  });

  test.each([
    ['an unknown cluster', { cluster: 'nowhere' }, 'request.invalid', 'old, new'],
    ['an unknown root', { root: 'attic' }, 'request.invalid', 'backups'],
    ['a pattern without match', { tables: ['none:*'] }, 'request.invalid', 'none:*'],
    ['an unknown field', { tabels: ['x'] }, 'request.invalid', 'tables'],
  ])('%s: is refused with what would be right, and nothing is written', async (_title, change, type, part) => {
    await env.withWorld(async (site) => {
      await site.addTables(['shop:a']);
      const failure = await readFailure(await site.launch('backUpTables', { ...REQUEST, ...change }));
      expect([failure.type, failure.message]).toEqual([type, expect.stringContaining(part)]);
      expect(listLeft(site.source)).toEqual([]);
    });
  });

  test('a root with backups of another cluster: is refused unless told', async () => {
    await env.withWorld(async (site) => {
      await site.addTables(['shop:a']);
      await backUp(site);
      site.target.state.namespaces.add('shop');
      await site.target.cluster.createTable({ table: 'shop:a', families: [{ name: 'd' }], splitKeys: [] });
      const fromNew = { ...REQUEST, cluster: 'new' };
      expect((await readFailure(await site.launch('backUpTables', fromNew))).type).toBe('root.unusable');
      const told = await site.run<BackupReport>('backUpTables', { ...fromNew, allowOtherCluster: true });
      expect(told.tables).toEqual(['shop:a']);
    });
  });

  test('cancelled before it is sealed: there is no backup and nothing of it is left', async () => {
    await env.withWorld(async (site) => {
      await site.addTables(['shop:a']);
      const held = holdAt(site, { cluster: 'old', verb: 'describeSnapshot' });
      const handle = await site.launch('backUpTables', REQUEST);
      await held.seen();
      await handle.cancel();
      held.release();
      await expect(handle.result()).rejects.toThrow(/cancel/i);
      expect((await list(site)).backups).toEqual([]);
      expect(listLeft(site.source)).toEqual([]);
      expect(await site.source.cluster.listSnapshots()).toEqual([]);
    });
  });

  test('terminated while it seals: cleanRun leaves no backup, no lease and no snapshot', async () => {
    await env.withWorld(async (site) => {
      await site.addTables(['shop:a']);
      const held = holdAt(site, { cluster: 'old', verb: 'describeSnapshot' });
      const handle = await site.launch('backUpTables', REQUEST);
      await held.seen();
      const runId = await runIdOf(handle);
      await handle.terminate('as somebody does in the UI');
      held.release();
      const cleaned = await site.run<CleanReport>('cleanRun', { runId });
      expect(cleaned).toMatchObject({ outcome: 'undone', leaks: [] });
      expect(listLeft(site.source)).toEqual([]);
      expect(await site.source.cluster.listSnapshots()).toEqual([]);
    });
  });

  test('a snapshot that lands when its run has ended: `leaks` names it, and cleanRun removes it', async () => {
    await env.withWorld(async (site) => {
      const { cluster } = site.source;
      await site.addTables(['shop:a']);
      const handle = await site.launch('backUpTables', REQUEST);
      await handle.result();
      const late = `thb_${await runIdOf(handle)}_default_late_0`;
      for (const name of [late, 'thb_other1_default_a_0', 'nightly']) await cluster.takeSnapshot(name, 'shop:a');
      const runId = await runIdOf(handle);
      const leaks = await site.run<RunOverview[]>('findLeaks', { runId });
      expect(leaks.flatMap(({ notes }) => notes.map(({ subject }) => subject))).toEqual([late]);
      const cleaned = await site.run<CleanReport>('cleanRun', { runId });
      expect(cleaned).toMatchObject({ leaks: [], settled: [{ kind: 'snapshot', subject: late }] });
      const left = (await cluster.listSnapshots()).map(({ name }) => name);
      expect(new Set(left)).toEqual(new Set(['nightly', 'thb_other1_default_a_0']));
    });
  });

  test('verify: names a file that is gone, and list shows the backup as damaged', async () => {
    await env.withWorld(async (site) => {
      await site.addTables(['shop:a']);
      const backup = await backUp(site);
      const sound = await site.run<BackupAudit>('verifyBackup', { ...PLACE, backup });
      expect(sound).toMatchObject({ id: backup, damaged: [] });
      expect(sound.files).toBeGreaterThan(0);
      const [gone] = exportedFiles(site, 'shop:a')[0]!;
      site.source.state.fileSystem.nodes.delete(gone);
      const audit = await site.run<BackupAudit>('verifyBackup', { ...PLACE, backup, by: 'ann' });
      expect(audit.damaged).toEqual([expect.stringContaining(gone.split('/').at(-1)!)]);
      expect((await list(site)).backups).toMatchObject([{ id: backup, damaged: 1 }]);
    });
  });

  test('keep: stays in the catalogue until it is taken back', async () => {
    await env.withWorld(async (site) => {
      await site.addTables(['shop:a']);
      const backup = await backUp(site);
      await site.run('keepBackup', { ...PLACE, backup, reason: 'audit of 2026', by: 'ann' });
      expect((await show(site, backup)).keptFor).toBe('audit of 2026');
      await site.run('keepBackup', { ...PLACE, backup, by: 'ann' });
      expect((await show(site, backup)).keptFor).toBeUndefined();
    });
  });
});
