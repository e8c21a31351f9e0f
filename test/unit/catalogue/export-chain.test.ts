import { describe, expect, it } from 'vitest';
import { createExportChain, listChainFolders } from '../../../activities/catalogue/export-chain.ts';
import { createMemoryFiles } from '../../support/memory-files.ts';
import { OWN, ROOT } from './catalogue-fixture.ts';
import { after, recordOf, tableFileOf, toExportId } from './export-fixture.ts';

function open(chain = 'shop') {
  const files = createMemoryFiles();
  return { files, store: createExportChain({ files, rootUri: `${ROOT}/`, chain, nowMs: () => 0 }) };
}

const BASE = recordOf(1);
const NEXT = after(BASE);

describe('createExportChain', () => {
  it('a record is the commit point: it is written once, in order, and only while its files stand', async () => {
    const { store, files } = open();
    await expect(store.writeRecord(BASE)).rejects.toMatchObject({ code: 'hbase.not-found' });
    for (const { id } of [BASE, NEXT]) await store.writeTable(tableFileOf({ id }));
    await store.writeRecord(BASE);
    await store.writeRecord(BASE);
    await store.writeRecord(NEXT);
    expect(await store.readAll()).toEqual({ chain: 'shop', exports: [BASE, NEXT], damaged: [] });
    expect(await store.nextNumber()).toBe(3);
    const other = recordOf(2, { id: toExportId(1) });
    await expect(store.writeRecord(other)).rejects.toMatchObject({ code: 'backup.conflict' });
    expect(await listChainFolders(files, ROOT)).toEqual(['shop']);
  });

  it('what stands where is not changed by a later version', async () => {
    const { store } = open('a.b');
    const own = `${OWN}/exports/a~2eb`;
    expect(store.paths.record(7)).toBe(`${own}/records/000007.json`);
    expect(store.paths.folder('id', store.paths.folderName('shop:a', 2))).toBe(`${own}/data/id/shop~3aa~2`);
    expect(store.paths.table('id', 'shop:a')).toBe(`${own}/data/id/shop~3aa.json`);
    expect(store.paths.leases).toBe(`${own}/leases`);
  });

  it('a changed record, one of another number, and a newer version are damage, never skipped', async () => {
    const { store, files } = open();
    const put = (number: number, content: string) => files.create(store.paths.record(number), content);
    await put(1, JSON.stringify({ ...BASE, toMs: 5 }));
    await put(2, JSON.stringify(BASE));
    await put(3, JSON.stringify({ ...NEXT, formatVersion: 2 }));
    await put(4, 'torn');
    const { exports, damaged } = await store.readAll();
    expect([exports, damaged.map(({ path }) => path)]).toEqual([[], [1, 2, 3, 4].map(store.paths.record)]);
    expect(await store.nextNumber()).toBe(5);
  });

  it("a table's file is only read as the one that the record names", async () => {
    const { store, files } = open();
    const file = tableFileOf();
    const digest = await store.writeTable(file);
    expect(await store.readTable(BASE, { table: 'shop:a', digest })).toEqual(file);
    expect(await store.readWrittenTable(file.id, 'shop:a')).toEqual({ file, digest });
    expect(await store.readWrittenTable(file.id, 'shop:b')).toBeUndefined();
    const wrong = store.readTable(BASE, { table: 'shop:a', digest: 'other' });
    await expect(wrong).rejects.toMatchObject({ code: 'backup.damaged' });
    await files.remove(store.paths.table(file.id, 'shop:a'));
    const gone = store.readTable(BASE, { table: 'shop:a', digest });
    await expect(gone).rejects.toMatchObject({ code: 'backup.damaged' });
  });

  it('a folder that leads out of the export is damage', async () => {
    const { store } = open();
    const digest = await store.writeTable(tableFileOf({ folder: '../../x' }));
    const read = store.readTable(BASE, { table: 'shop:a', digest });
    await expect(read).rejects.toMatchObject({ code: 'backup.damaged' });
  });
});
