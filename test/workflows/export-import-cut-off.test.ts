import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OperationStatus } from '../../workflows/contract/backup/status.ts';
import type { CleanReport } from '../../workflows/contract/runs.ts';
import { holdAt, listLeft, read, runIdOf } from './backup-site.ts';
import { chain, dataFiles, EXPORT, exportOf, IMPORT, importOf, later, list } from './export-site.ts';
import { type ModelEnvironment, type Site, startModelEnvironment } from './model-environment.ts';
import { readFailure } from './smoke-harness.ts';

let env: ModelEnvironment;
beforeAll(async () => {
  env = await startModelEnvironment();
});
afterAll(() => env.stop());

describe.concurrent('exportTables and importTables cut off', () => {
  test.each(['listRegions', 'jobs.ensure'])('an export cancelled at %s leaves nothing', async (verb) => {
    await env.withWorld(async (site) => {
      await site.addTables(['shop:a']);
      later(site);
      const held = holdAt(site, { cluster: 'old', verb });
      const handle = await site.launch('exportTables', EXPORT);
      await held.seen();
      await handle.cancel();
      held.release();
      await expect(handle.result()).rejects.toThrow(/cancel/i);
      expect(dataFiles(site)).toEqual([]);
      expect(listLeft(site.source)).toEqual([]);
      expect(await exportOf(site)).toMatchObject({ number: 1, kind: 'base' });
    });
  });

  test('an export terminated while its job runs: `clean` removes what it wrote and frees the chain', async () => {
    await env.withWorld(async (site) => {
      await site.addTables(['shop:a']);
      later(site);
      const held = holdAt(site, { cluster: 'old', verb: 'jobs.poll' });
      const handle = await site.launch('exportTables', EXPORT);
      await held.seen();
      const runId = await runIdOf(handle);
      await handle.terminate();
      held.release();
      const cleaned = await site.run<CleanReport>('cleanRun', { runId });
      expect(cleaned).toMatchObject({ outcome: 'undone', leaks: [] });
      expect(dataFiles(site)).toEqual([]);
      expect(listLeft(site.source)).toEqual([]);
    });
  });

  /** Kills the next job of a cluster as it starts: before the first of its timers, however fast it would be. */
  function killNext({ faults }: Site, { jobs, state }: Site['source']): { readonly key: string | undefined } {
    const killed: { key: string | undefined } = { key: undefined };
    const look = (): void => {
      [killed.key] = jobs.running();
      if (killed.key === undefined) setImmediate(look);
      else jobs.kill(killed.key);
    };
    faults.decide = ({ cluster, verb }) => {
      if (cluster === state.name && verb === 'jobs.ensure') {
        faults.decide = () => ({ kind: 'none' });
        setImmediate(look);
      }
      return { kind: 'none' };
    };
    return killed;
  }

  test('a killed Export or Import is started again, and ends the same', async () => {
    await env.withWorld(async (site) => {
      await site.addTables(['shop:a']);
      later(site);
      const exporting = killNext(site, site.source);
      expect(await exportOf(site)).toMatchObject({ rows: 3, files: 2 });
      expect(site.source.jobs.starts.get(exporting.key ?? '')).toBe(1);
      expect(site.source.jobs.starts.get((exporting.key ?? '').replace(/1$/, '2'))).toBe(1);
      expect(dataFiles(site)).toHaveLength(2);
      const importing = killNext(site, site.target);
      expect(await importOf(site)).toMatchObject({ rows: 3 });
      expect(site.target.jobs.starts.get(importing.key ?? '')).toBe(1);
      expect(site.target.jobs.starts.get(`${importing.key}.1`)).toBe(1);
      expect(await read(site.target, 'shop:a', '90')).toBe('ff');
      expect([...listLeft(site.source), ...listLeft(site.target)]).toEqual([]);
    });
  });

  test.each(['createTable', 'jobs.ensure'])('an import cancelled at %s: no table of it stays', async (verb) => {
    await env.withWorld(async (site) => {
      await chain(site);
      const held = holdAt(site, { cluster: 'new', verb });
      const handle = await site.launch('importTables', IMPORT);
      await held.seen();
      await handle.cancel();
      held.release();
      expect((await readFailure(handle)).name).toBe('CancelledFailure');
      expect([...site.target.state.tables.keys(), ...site.target.state.namespaces]).toEqual(['default', 'hbase']);
      expect([...listLeft(site.source), ...listLeft(site.target)]).toEqual([]);
    });
  });

  test('an import into a table that exists, cancelled: the cells stay, and it is said', async () => {
    await env.withWorld(async (site) => {
      await chain(site);
      const held = holdAt(site, { cluster: 'old', verb: 'jobs.poll' });
      const request = { ...IMPORT, cluster: 'old', intoExisting: true, tables: ['shop:a'] };
      const handle = await site.launch('importTables', request);
      await held.seen();
      await handle.cancel();
      held.release();
      expect((await readFailure(handle)).name).toBe('CancelledFailure');
      const { residues } = await handle.query<OperationStatus>('status');
      expect(residues).toMatchObject([{ what: expect.stringContaining('cells of chain shop') }]);
      expect(await read(site.source, 'shop:a', '20')).toBe('ff');
      expect(listLeft(site.source)).toEqual([]);
    });
  });

  test('whatever is refused or loses its answer on the way: the same end', async () => {
    await env.withWorld(async (site) => {
      const { random } = site.world;
      const kinds = ['refused', 'lost-answer', 'none', 'none', 'none', 'none', 'none', 'none'] as const;
      const changes = /^(files\.(create|remove)|jobs\.(ensure|remove)|create(Table|Namespace))$/;
      site.faults.decide = ({ verb }) => ({ kind: changes.test(verb) ? random.pick(kinds) : 'none' });
      const [base, increment] = await chain(site, { raw: true });
      expect([base.rows, increment.rows, increment.fromMs]).toEqual([6, 2, base.toMs]);
      expect(await importOf(site)).toMatchObject({ rows: 8, exports: 2 });
      site.faults.decide = () => ({ kind: 'none' });
      const rows = ['10', '20', '30', '90'];
      const found = await Promise.all(rows.map((row) => read(site.target, 'shop:a', row)));
      expect(found).toEqual([undefined, 'ff', 'aa', 'ff']);
      expect((await list(site))[0]).toMatchObject({ exports: [{ number: 1 }, { number: 2 }], damaged: [] });
      expect(dataFiles(site)).toHaveLength(8);
      expect([...listLeft(site.source), ...listLeft(site.target)]).toEqual([]);
    });
  });
});
