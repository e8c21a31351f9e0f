import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DrillReport } from '../../workflows/contract/backup/step-data.ts';
import type { CleanReport } from '../../workflows/contract/runs.ts';
import { backUp, exportedFiles, holdAt, listLeft, PLACE, runIdOf, show, write } from './backup-site.ts';
import { type ModelEnvironment, type Site, startModelEnvironment } from './model-environment.ts';
import { readFailure } from './smoke-harness.ts';

let env: ModelEnvironment;
beforeAll(async () => {
  env = await startModelEnvironment();
});
afterAll(() => env.stop());

const LAB = { ...PLACE, cluster: 'new' };
const drill = (site: Site, request: object = {}) => site.run<DrillReport>('testRestore', { ...LAB, ...request });

async function backedUp(site: Site, more: object = {}): Promise<string> {
  await site.addTables(['shop:a', 'shop:b']);
  return backUp(site, { digests: true, ...more });
}

const leftOver = ({ source, target }: Site): string[] => [...listLeft(source), ...listLeft(target)];

describe.concurrent('testRestore', () => {
  test('proves a backup on another cluster, records it and drops what it made', async () => {
    await env.withWorld(async (site) => {
      const backup = await backedUp(site);
      const report = await drill(site);
      expect(report).toMatchObject({ backupId: backup, set: 'shop', result: 'equal', differences: [], cluster: 'new' });
      expect(report.tables.map(({ table, rows, cells }) => [table, rows, cells])).toEqual([
        ['shop:a', 3, 3],
        ['shop:b', 3, 3],
      ]);
      expect(report.bytes).toBeGreaterThan(0);
      expect(report.bytesPerSecond).toBeGreaterThan(0);
      const { provenAt, lastDrill } = await show(site, backup);
      expect([provenAt, lastDrill?.restoreMs]).toEqual([report.finishedAt, report.restoreMs]);
      expect(leftOver(site)).toEqual([]);
      expect([...site.target.state.tables.keys()]).toEqual([]);
    });
  });

  test('compares with the files in the root when nothing was digested, also where cells expire', async () => {
    await env.withWorld(async (site) => {
      site.source.state.namespaces.add('shop');
      const families = [{ name: 'd', ttlSeconds: 2, scope: 1 }];
      await site.source.cluster.createTable({ table: 'shop:brief', families, splitKeys: [] });
      write(site.source, 'shop:brief', ['10', 'aa']);
      await backUp(site);
      await site.source.state.clock.sleep(3_000);
      const report = await drill(site);
      expect(report.tables).toEqual([{ table: 'shop:brief', rows: 1, cells: 1, differences: [] }]);
    });
  });

  test('a backup whose cells are others is told as different: in the catalogue, and by its failure', async () => {
    await env.withWorld(async (site) => {
      const backup = await backedUp(site);
      for (const [, node] of exportedFiles(site, 'shop:a')) {
        node.payload = (node.payload as { value: string }[]).map((cell) => ({ ...cell, value: 'ee' }));
      }
      const failure = await readFailure(await site.launch('testRestore', LAB));
      expect([failure.type, failure.message]).toEqual(['backup.damaged', expect.stringContaining('shop:a')]);
      expect(failure.details?.at(-1)).toMatchObject({ result: 'different', backupId: backup });
      const { provenAt, lastDrill } = await show(site, backup);
      expect([provenAt, lastDrill?.result]).toEqual([undefined, 'different']);
      expect(leftOver(site)).toEqual([]);
    });
  });

  test('a backup with a file that is gone fails before anything is written', async () => {
    await env.withWorld(async (site) => {
      await backedUp(site);
      site.source.state.fileSystem.nodes.delete(exportedFiles(site, 'shop:a')[0]![0]);
      expect((await readFailure(await site.launch('testRestore', LAB))).type).toBe('backup.damaged');
      expect(leftOver(site)).toEqual([]);
    });
  });

  test('takes the backup that has been unproven longest, one after the other', async () => {
    await env.withWorld(async (site) => {
      const first = await backedUp(site);
      const second = await backUp(site);
      const drilled = [(await drill(site)).backupId, (await drill(site)).backupId, (await drill(site)).backupId];
      expect(drilled).toEqual([first, second, first]);
      expect((await drill(site, { backup: second })).backupId).toBe(second);
    });
  });

  test('an empty root, and an input without a cluster, are told at once', async () => {
    await env.withWorld(async (site) => {
      expect((await readFailure(await site.launch('testRestore', LAB))).type).toBe('backup.unknown');
      expect((await readFailure(await site.launch('testRestore', {}))).message).toContain('"cluster": "lab"');
    });
  });

  test.each(['jobs.ensure', 'createNamespace', 'cloneSnapshot', 'alterTable', 'digestRange'])(
    'cancelled at %s: nothing is left',
    async (verb) => {
      await env.withWorld(async (site) => {
        await backedUp(site);
        const held = holdAt(site, { cluster: 'new', verb });
        const handle = await site.launch('testRestore', LAB);
        await held.seen();
        await handle.cancel();
        held.release();
        expect((await readFailure(handle)).name).toBe('CancelledFailure');
        expect(leftOver(site)).toEqual([]);
      });
    },
  );

  test('terminated in the middle: `clean` drops the namespace', async () => {
    await env.withWorld(async (site) => {
      await backedUp(site);
      const held = holdAt(site, { cluster: 'new', verb: 'digestRange' });
      const handle = await site.launch('testRestore', LAB);
      await held.seen();
      const runId = await runIdOf(handle);
      await handle.terminate();
      held.release();
      expect(await site.run<CleanReport>('cleanRun', { runId })).toMatchObject({ outcome: 'undone', leaks: [] });
      expect(leftOver(site)).toEqual([]);
    });
  });
});
