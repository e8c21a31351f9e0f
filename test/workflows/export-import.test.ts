import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditPage } from '../../workflows/contract/backup/audit.ts';
import { listLeft, PLACE, read } from './backup-site.ts';
import { chain, dataFiles, EXPORT, exportOf, IMPORT, importOf, later, list } from './export-site.ts';
import { type ModelEnvironment, type Site, startModelEnvironment } from './model-environment.ts';
import { readFailure } from './smoke-harness.ts';

let env: ModelEnvironment;
beforeAll(async () => {
  env = await startModelEnvironment();
});
afterAll(() => env.stop());

const failureOf = async (site: Site, type: string, request: object) => readFailure(await site.launch(type, request));

describe.concurrent('exportTables and importTables', () => {
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

describe.concurrent('importTables refuses', () => {
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
