import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ArchiveOverview, ArchiveReport } from '../../workflows/contract/backup/archive.ts';
import type { RestoreReport } from '../../workflows/contract/backup/step-data.ts';
import type { CleanReport } from '../../workflows/contract/runs.ts';
import { backUp, holdAt, listLeft, PLACE, read, runIdOf, write } from './backup-site.ts';
import { type ModelEnvironment, type Site, startModelEnvironment } from './model-environment.ts';
import { readFailure } from './smoke-harness.ts';

let env: ModelEnvironment;
beforeAll(async () => {
  env = await startModelEnvironment();
});
afterAll(() => env.stop());

const ARCHIVE = { ...PLACE, tables: ['shop:*'], set: 'shop' };
/** Above what a tick keeps back, and what a backup's end is widened by; each beside a server's report of three seconds. */
const IN_FLIGHT_MS = 5_500;
const REPORT_MS = 9_500;

const tick = (site: Site): Promise<ArchiveReport> => site.run('archiveWals', ARCHIVE);

function restore(site: Site, toMs: number, more: object = {}): Promise<RestoreReport> {
  return site.run('restoreTables', toRequest(toMs, more));
}

function toRequest(toMs: number, more: object = {}): object {
  return { ...PLACE, set: 'shop', to: new Date(toMs).toISOString(), as: { suffix: '_then' }, ...more };
}

/** A base, a write, the instant, and a mistake after it; archived. */
async function live(site: Site): Promise<{ instantMs: number; base: string }> {
  await site.addTables(['shop:a', 'shop:b']);
  await tick(site);
  // The WALs of a base begin before it, by the age of the servers' reports.
  await sleep(REPORT_MS);
  const base = await backUp(site, { digests: true });
  await sleep(REPORT_MS);
  write(site.source, 'shop:a', ['30', 'aa']);
  await sleep(20);
  const instantMs = Date.now();
  await sleep(20);
  site.source.mutate('shop:a', { row: '10', family: 'd', qualifier: '61', type: 'delete-column' });
  write(site.source, 'shop:a', ['30', 'bb']);
  await sleep(IN_FLIGHT_MS);
  await tick(site);
  return { instantMs, base };
}

/** But for the archive's own holder, which stays. */
const leftOver = ({ source }: Site): string[] => listLeft(source).filter((path) => !path.includes('hold_'));

describe.concurrent('restoreTables to an instant', () => {
  test('brings tables to just before a mistake, under other names and over themselves', async () => {
    await env.withWorld(async (site) => {
      const { instantMs, base } = await live(site);
      expect([await read(site.source, 'shop:a', '10'), await read(site.source, 'shop:a', '30')]).toEqual([
        undefined,
        'bb',
      ]);
      const overview = await site.run<ArchiveOverview>('listInstants', { ...PLACE, set: 'shop' });
      expect(overview.tables.map(({ table, intervals }) => [table, intervals.length])).toEqual([
        ['shop:a', 1],
        ['shop:b', 1],
      ]);
      expect(overview).toMatchObject({ neededBases: [base], damaged: [], holders: [expect.stringMatching(/_2$/)] });
      const report = await restore(site, instantMs);
      expect(report.backupId).toBe(base);
      expect(report.tables.map(({ table, compared }) => [table, compared])).toEqual([
        ['shop:a_then', 'equal'],
        ['shop:b_then', 'equal'],
      ]);
      expect(report.tables[0]?.replayed?.edits).toBeGreaterThanOrEqual(3);
      expect([await read(site.source, 'shop:a_then', '10'), await read(site.source, 'shop:a_then', '30')]).toEqual([
        'ff',
        'aa',
      ]);
      expect(leftOver(site)).toEqual([]);
      const { attributes } = (await site.source.cluster.readTable('shop:a_then'))!;
      expect(attributes).toEqual((await site.source.cluster.readTable('shop:a'))!.attributes);

      const inPlace = await restore(site, instantMs, { as: {}, overwrite: true, tables: ['shop:a'] });
      expect(await read(site.source, 'shop:a', '10')).toBe('ff');
      expect(await read(site.source, 'shop:a', '30')).toBe('aa');
      expect(inPlace.tables[0]?.failsafe).toMatch(/^thb_/);
    });
  });

  test('an instant that no chain leads to is refused with the intervals', async () => {
    await env.withWorld(async (site) => {
      const { instantMs } = await live(site);
      for (const toMs of [instantMs - 3_600_000, Date.now() + 3_600_000]) {
        const failure = await readFailure(await site.launch('restoreTables', toRequest(toMs)));
        expect(failure.type).toBe('restore.instant');
        expect(failure.message).toMatch(/It can be restored to:\n- shop:a: .* to .*archived up to/);
      }
      site.source.bulkLoad('shop:b', [{ row: '11', family: 'd', qualifier: '61', value: '02' }]);
      write(site.source, 'shop:a', ['40', 'cc']);
      const afterMs = Date.now();
      await sleep(IN_FLIGHT_MS);
      await tick(site);
      const across = await readFailure(await site.launch('restoreTables', toRequest(afterMs)));
      expect([across.type, across.message]).toEqual(['restore.instant', expect.stringContaining('bulk-loaded')]);
      expect((await restore(site, afterMs, { tables: ['shop:a'] })).tables).toHaveLength(1);
    });
  });

  test('a WAL that is gone or changed is told, and nothing is replayed', async () => {
    await env.withWorld(async (site) => {
      const { instantMs } = await live(site);
      const { nodes } = site.source.state.fileSystem;
      const [path] = [...nodes.keys()].filter((each) => each.includes('.temporal-hbase/wals/'));
      nodes.delete(path!);
      const failure = await readFailure(await site.launch('restoreTables', toRequest(instantMs)));
      expect([failure.type, failure.message]).toEqual(['backup.damaged', expect.stringContaining('is missing')]);
      expect(leftOver(site)).toEqual([]);
    });
  });

  test.each(['cloneSnapshot', 'copyFile', 'jobs.ensure', 'takeSnapshot', 'deleteTable'])(
    'terminated at %s: `clean` gives the table back as it was',
    async (verb) => {
      await env.withWorld(async (site) => {
        const { instantMs } = await live(site);
        const held = holdAt(site, { cluster: 'old', verb });
        const handle = await site.launch(
          'restoreTables',
          toRequest(instantMs, { as: {}, overwrite: true, tables: ['shop:a'] }),
        );
        await held.seen();
        const runId = await runIdOf(handle);
        await handle.terminate();
        held.release();
        expect(await site.run<CleanReport>('cleanRun', { runId })).toMatchObject({ outcome: 'undone', leaks: [] });
        expect(await read(site.source, 'shop:a', '30')).toBe('bb');
        expect(leftOver(site)).toEqual([]);
      });
    },
  );
});
