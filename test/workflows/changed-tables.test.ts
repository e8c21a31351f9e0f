import { afterAll, beforeAll, expect, test as inOrder } from 'vitest';
import type { BackupReport, DrillReport, RestoreReport } from '../../workflows/contract/backup/step-data.ts';
import { listLeft, PLACE, read, show, write } from './backup-site.ts';
import { type ModelEnvironment, type Site, startModelEnvironment } from './model-environment.ts';
import { readFailure } from './smoke-harness.ts';

const test = inOrder.concurrent;

let env: ModelEnvironment;
beforeAll(async () => {
  env = await startModelEnvironment();
});
afterAll(() => env.stop());

const SET = { ...PLACE, set: 'shop' };
const backUp = (site: Site, tables: string[] = ['shop:*']) =>
  site.run<BackupReport>('backUpTables', { ...SET, tables, digests: true });
const restore = (site: Site, request: object) => site.run<RestoreReport>('restoreTables', { ...PLACE, ...request });

const familiesOf = async ({ source }: Site, table: string): Promise<string[]> =>
  ((await source.cluster.readTable(table))?.families ?? []).map(({ name }) => name).toSorted();

async function drop({ source }: Site, table: string): Promise<void> {
  await source.cluster.disableTable(table);
  await source.cluster.deleteTable(table);
}

test('a table re-created with another family between backups: each backup brings back its own', async () => {
  await env.withWorld(async (site) => {
    await site.addTables(['shop:a', 'shop:b']);
    const families = await familiesOf(site, 'shop:a');
    const first = await backUp(site);
    await drop(site, 'shop:a');
    await site.source.cluster.createTable({ table: 'shop:a', families: [{ name: 'd' }, { name: 'n' }], splitKeys: [] });
    write(site.source, 'shop:a', ['77', '07']);
    const second = await backUp(site);
    expect(second.tables).toEqual(['shop:a', 'shop:b']);
    await restore(site, { backup: first.backupId, tables: ['shop:a'], as: { suffix: '_first' } });
    await restore(site, { backup: second.backupId, tables: ['shop:a'], as: { suffix: '_second' } });
    expect(await familiesOf(site, 'shop:a_first')).toEqual(families);
    expect(await familiesOf(site, 'shop:a_second')).toEqual(['d', 'n']);
    expect([await read(site.source, 'shop:a_first'), await read(site.source, 'shop:a_first', '77')]).toEqual([
      'ff',
      undefined,
    ]);
    expect(await read(site.source, 'shop:a_second', '77')).toBe('07');
    const drills = await Promise.all(
      [first, second].map(({ backupId }) =>
        site.run<DrillReport>('testRestore', { ...PLACE, cluster: 'new', backup: backupId }),
      ),
    );
    expect(drills.map(({ result }) => result)).toEqual(['equal', 'equal']);
    expect(listLeft(site.source)).toEqual([]);
  });
});

test('a table altered since: restored in place it gets its old schema, and the plan says so', async () => {
  await env.withWorld(async (site) => {
    await site.addTables(['shop:a']);
    const { backupId } = await backUp(site);
    await site.source.cluster.alterTable('shop:a', { ttlSeconds: { d: 1_000_000 } });
    const handle = await site.launch('restoreTables', { ...PLACE, backup: backupId, overwrite: true });
    const report = (await handle.result()) as unknown as RestoreReport;
    const { findings } = await handle.query<{ findings: { code: string }[] }>('status');
    expect(findings.map(({ code }) => code)).toContain('restore.schema-differs');
    expect((await site.source.cluster.readTable('shop:a'))?.families[0]?.ttlSeconds).not.toBe(1_000_000);
    await site.source.cluster.deleteSnapshot(report.tables[0]?.failsafe ?? '');
    expect(listLeft(site.source)).toEqual([]);
  });
});

test('a table dropped between backups: a pattern goes on without it, its name is refused, and it can be had', async () => {
  await env.withWorld(async (site) => {
    await site.addTables(['shop:a', 'shop:b']);
    const first = await backUp(site);
    await drop(site, 'shop:a');
    const second = await backUp(site);
    expect([second.tables, second.failed]).toEqual([['shop:b'], []]);
    const named = await readFailure(await site.launch('backUpTables', { ...SET, tables: ['shop:a', 'shop:b'] }));
    expect([named.type, named.message]).toEqual(['request.invalid', expect.stringContaining('shop:a')]);
    // The newest sound one that has it.
    expect((await restore(site, { tables: ['shop:a'] })).backupId).toBe(first.backupId);
    expect(await read(site.source, 'shop:a')).toBe('ff');
    expect((await show(site, second.backupId)).record.tables.map(({ table }) => table)).toEqual(['shop:b']);
  });
});

test('a namespace that is missing at the restore: made, and reported', async () => {
  await env.withWorld(async (site) => {
    await site.addTables(['shop:a']);
    await backUp(site);
    await drop(site, 'shop:a');
    await site.source.cluster.deleteNamespace('shop');
    const handle = await site.launch('restoreTables', SET);
    await handle.result();
    const { findings } = await handle.query<{ findings: { code: string }[] }>('status');
    expect(findings.map(({ code }) => code)).toContain('namespace.created');
    expect(await read(site.source, 'shop:a')).toBe('ff');
  });
});
