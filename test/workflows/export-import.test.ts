import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditPage } from '../../workflows/contract/backup/audit.ts';
import type { ExportOverview, ExportReport, ImportReport } from '../../workflows/contract/backup/export.ts';
import type { OperationStatus } from '../../workflows/contract/backup/status.ts';
import type { CleanReport } from '../../workflows/contract/runs.ts';
import { waitUntil } from '../support/wait-until.ts';
import { holdAt, listLeft, PLACE, read, runIdOf, write } from './backup-site.ts';
import { type ModelEnvironment, type Site, startModelEnvironment } from './model-environment.ts';
import { type Handle, readFailure } from './smoke-harness.ts';

let env: ModelEnvironment;
beforeAll(async () => {
  env = await startModelEnvironment();
});
afterAll(() => env.stop());

const EXPORT = { ...PLACE, tables: ['shop:*'], chain: 'shop' };
const IMPORT = { root: PLACE.root, cluster: 'new', chain: 'shop' };
/** Above what an export keeps back of the slowest clock. */
const LATER_MS = 10_000;

const exportOf = (site: Site, more: object = {}): Promise<ExportReport> =>
  site.run('exportTables', { ...EXPORT, ...more });
const importOf = (site: Site, more: object = {}): Promise<ImportReport> =>
  site.run('importTables', { ...IMPORT, ...more });
const list = async ({ run }: Site) => (await run<ExportOverview>('listExports', PLACE)).chains;
const failureOf = async (site: Site, type: string, request: object) => readFailure(await site.launch(type, request));

/** The servers' clocks go on: everything that was written is before the end of the next export. */
function later({ source }: Site): void {
  source.state.traits.clockSkewMs += LATER_MS;
}

function remove(site: Site, row: string): void {
  site.source.mutate('shop:a', { row, family: 'd', qualifier: '61', type: 'delete-column' });
}

/** A base; a put, a delete and a back-dated put; an increment of that. */
async function chain(site: Site, more: object = {}): Promise<[ExportReport, ExportReport]> {
  await site.addTables(['shop:a', 'shop:b']);
  later(site);
  const base = await exportOf(site, more);
  write(site.source, 'shop:a', ['30', 'aa']);
  remove(site, '10');
  const timestampMs = base.toMs - 60_000;
  site.source.mutate('shop:a', { row: '40', family: 'd', qualifier: '61', type: 'put', value: 'bb', timestampMs });
  later(site);
  return [base, await exportOf(site, more)];
}

const dataFiles = ({ source }: Site): string[] =>
  [...source.state.fileSystem.nodes.keys()].filter((path) => path.includes('/exports/') && path.includes('part-m-'));

describe('exportTables and importTables', () => {
  test('a chain goes on where it ended, and comes back as it was but for what is older than its range', async () => {
    await env.withWorld(async (site) => {
      const [base, increment] = await chain(site, { raw: true, by: 'ann' });
      expect(base).toMatchObject({ number: 1, kind: 'base', fromMs: 0, rows: 6 });
      expect(increment).toMatchObject({ number: 2, kind: 'increment', fromMs: base.toMs, rows: 2 });
      const codes = increment.warnings.map(({ code }) => code);
      expect(codes).toEqual(
        expect.arrayContaining(['export.back-dated', 'export.purged-deletes', 'export.bulk-loads']),
      );
      expect(codes).not.toContain('export.deletes');
      expect((await list(site)).map(({ chain: name, exports }) => [name, exports.length])).toEqual([['shop', 2]]);
      expect(listLeft(site.source)).toEqual([]);

      const report = await importOf(site, { as: { namespace: 'again' }, by: 'bob' });
      expect(report).toMatchObject({ upTo: increment.id, toMs: increment.toMs, exports: 2, rows: 8 });
      expect(report.tables).toMatchObject([
        { table: 'again:a', from: 'shop:a', created: true },
        { table: 'again:b', from: 'shop:b', created: true },
      ]);
      const rows = ['10', '20', '30', '40', '90'];
      const found = await Promise.all(rows.map((row) => read(site.target, 'again:a', row)));
      expect(found).toEqual([undefined, 'ff', 'aa', undefined, 'ff']);
      expect(await read(site.source, 'shop:a', '40')).toBe('bb');
      const regions = await site.target.cluster.listRegions('again:a');
      expect(regions.map(({ startKey }) => startKey)).toEqual(['', '80']);
      expect([...listLeft(site.source), ...listLeft(site.target)]).toEqual([]);
      const { entries, unread } = await site.run<AuditPage>('auditBackups', PLACE);
      expect(entries.map(({ action, by, backup, set }) => [action, by, backup, set])).toEqual([
        ['export', 'ann', base.id, 'shop'],
        ['export', 'ann', increment.id, 'shop'],
        ['import', 'bob', increment.id, 'shop'],
      ]);
      expect(unread).toEqual([]);
    });
  });

  test('without raw a delete is not carried, and said so; `upTo` stops before it', async () => {
    await env.withWorld(async (site) => {
      const [base, increment] = await chain(site);
      expect(increment.warnings.map(({ code }) => code)).toContain('export.deletes');
      expect(increment.rows).toBe(1);
      const all = await importOf(site, { as: { suffix: '_all' } });
      expect(all.warnings.map(({ code }) => code)).toContain('export.deletes');
      expect([await read(site.target, 'shop:a_all', '10'), await read(site.target, 'shop:a_all', '30')]).toEqual([
        'ff',
        'aa',
      ]);
      const first = await importOf(site, { as: { suffix: '_base' }, upTo: base.id, tables: ['shop:a'] });
      expect(first).toMatchObject({ exports: 1, upTo: base.id });
      expect(await read(site.target, 'shop:a_base', '30')).toBeUndefined();
    });
  });

  test('a table that is another one now needs a new base, which takes the chain on', async () => {
    await env.withWorld(async (site) => {
      await chain(site);
      const before = dataFiles(site);
      await site.source.cluster.disableTable('shop:b');
      await site.source.cluster.deleteTable('shop:b');
      await site.source.cluster.createTable({ table: 'shop:b', families: [{ name: 'd' }], splitKeys: [] });
      const failure = await failureOf(site, 'exportTables', EXPORT);
      expect([failure.type, failure.message]).toEqual(['export.new-base', expect.stringContaining('shop:b')]);
      const other = await failureOf(site, 'exportTables', { ...EXPORT, tables: ['shop:a'], versions: 3, raw: true });
      for (const part of ['versions', 'raw', 'shop:b is in the chain']) expect(other.message).toContain(part);
      expect(dataFiles(site)).toEqual(before);
      const base = await exportOf(site, { newBase: true });
      expect(base).toMatchObject({ number: 3, kind: 'base', fromMs: 0 });
      later(site);
      expect(await exportOf(site)).toMatchObject({ number: 4, kind: 'increment', fromMs: base.toMs, rows: 0 });
      expect(await importOf(site, { as: { suffix: '_x' } })).toMatchObject({ exports: 2 });
      expect(listLeft(site.source)).toEqual([]);
    });
  });

  test('two exports of one chain at once: one goes on where the other has ended', async () => {
    await env.withWorld(async (site) => {
      await site.addTables(['shop:a']);
      later(site);
      const reports = await Promise.all([exportOf(site), exportOf(site)]);
      const [first, second] = reports.toSorted((a, b) => a.number - b.number);
      expect([first?.number, second?.number, second?.fromMs]).toEqual([1, 2, first?.toMs]);
    });
  });

  test('an end that servers still write before is refused, and so is one before the last', async () => {
    await env.withWorld(async (site) => {
      const [base] = await chain(site);
      for (const to of [Date.now() + 3_600_000, base.toMs]) {
        const failure = await failureOf(site, 'exportTables', { ...EXPORT, to: new Date(to).toISOString() });
        expect([failure.type, failure.message]).toEqual(['request.invalid', expect.stringContaining('to:')]);
      }
      expect(listLeft(site.source)).toEqual([]);
    });
  });
});

describe('importTables refuses', () => {
  test('a file that is gone or grown by name, an unknown chain or export, before anything is written', async () => {
    await env.withWorld(async (site) => {
      await chain(site);
      const { nodes } = site.source.state.fileSystem;
      const [path = ''] = dataFiles(site);
      const node = nodes.get(path)!;
      nodes.delete(path);
      const gone = await failureOf(site, 'importTables', IMPORT);
      expect([gone.type, gone.message]).toEqual(['backup.damaged', expect.stringContaining(path)]);
      nodes.set(path, { ...node, bytes: node.bytes - 1 });
      expect((await failureOf(site, 'importTables', IMPORT)).message).toContain('instead of');
      nodes.set(path, node);
      nodes.set(path.replace(/part-.*/, 'part-m-99999'), node);
      expect((await failureOf(site, 'importTables', IMPORT)).message).toContain('none of the export');
      const unknown = await failureOf(site, 'importTables', { ...IMPORT, chain: 'shoes' });
      expect([unknown.type, unknown.message]).toEqual(['export.unknown', expect.stringContaining('shop')]);
      const upTo = '20200101T000000Z-x';
      expect((await failureOf(site, 'importTables', { ...IMPORT, upTo })).type).toBe('export.unknown');
      expect([...site.target.state.tables.keys()]).toEqual([]);
      expect(listLeft(site.target)).toEqual([]);
    });
  });

  test('a record that was changed by hand; listing and the next export say so', async () => {
    await env.withWorld(async (site) => {
      await chain(site);
      const { nodes } = site.source.state.fileSystem;
      const path = [...nodes.keys()].find((name) => name.endsWith('/records/000001.json'))!;
      const node = nodes.get(path)!;
      nodes.set(path, { ...node, content: node.content.replace('"number":1', '"number":7') });
      expect((await failureOf(site, 'importTables', IMPORT)).type).toBe('backup.damaged');
      const next = await failureOf(site, 'exportTables', EXPORT);
      expect([next.type, next.message]).toEqual(['export.new-base', expect.stringContaining('digest')]);
      const [found] = await list(site);
      expect([found?.exports.length, found?.damaged.length]).toEqual([1, 1]);
    });
  });

  test('a table that holds data without consent, and a disabled one', async () => {
    await env.withWorld(async (site) => {
      await chain(site);
      const here = { ...IMPORT, cluster: 'old' };
      const failure = await failureOf(site, 'importTables', here);
      expect([failure.type, failure.message]).toEqual(['preflight.failed', expect.stringContaining('intoExisting')]);
      await site.source.cluster.disableTable('shop:b');
      const disabled = await failureOf(site, 'importTables', { ...here, intoExisting: true });
      expect(disabled.message).toContain('import.not-writable');
      await site.source.cluster.enableTable('shop:b');
      const report = await importOf(site, { cluster: 'old', intoExisting: true });
      expect(report.tables.map(({ created }) => created)).toEqual([false, false]);
      expect(await read(site.source, 'shop:a', '10')).toBeUndefined();
      expect(listLeft(site.source)).toEqual([]);
    });
  });
});

describe('cut off', () => {
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

  test('a killed Export or Import is started again, and ends the same', async () => {
    await env.withWorld(async (site) => {
      await site.addTables(['shop:a']);
      // Enough to be met while it runs.
      const rows = Array.from({ length: 400 }, (_, index) => (0x1000 + index).toString(16));
      for (const row of rows) write(site.source, 'shop:a', [row, 'aa']);
      later(site);
      const killFirst = async ({ jobs }: Site['source'], handle: Handle): Promise<void> => {
        let killed: string | undefined;
        const kill = async (): Promise<boolean> => {
          [killed] = jobs.running();
          if (killed !== undefined) jobs.kill(killed);
          return killed !== undefined;
        };
        await waitUntil('a job runs', kill, 30_000);
        await handle.result();
      };
      await killFirst(site.source, await site.launch('exportTables', EXPORT));
      expect((await list(site))[0]?.exports).toMatchObject([{ rows: 403, files: 2 }]);
      expect(dataFiles(site)).toHaveLength(2);
      await killFirst(site.target, await site.launch('importTables', IMPORT));
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
