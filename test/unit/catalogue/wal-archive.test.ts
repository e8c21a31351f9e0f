import { describe, expect, it } from 'vitest';
import { createWalArchive, listArchives, type WalArchive } from '../../../activities/catalogue/wal-archive.ts';
import type { ArchivedWal } from '../../../workflows/contract/backup/archive.ts';
import { createMemoryFiles } from '../../support/memory-files.ts';
import { archiveFileOf, tickOf, walOf } from './archive-fixture.ts';
import { OWN, ROOT } from './catalogue-fixture.ts';

function open(set = 'shop') {
  const files = createMemoryFiles();
  return { files, archive: createWalArchive({ files, rootUri: `${ROOT}/`, set, nowMs: () => 0 }) };
}

const WAL = walOf({ name: 'rs1%2C16020%2C1.rs1%2C16020%2C1.1700000000000', startedMs: 1_700_000_000_000 });

const write = async (archive: WalArchive, ...wals: ArchivedWal[]): Promise<void> => {
  for (const wal of wals) await archive.writeWal(wal);
};

describe('createWalArchive', () => {
  it('keeps the name of a WAL, which HBase reads, and encodes everything else', () => {
    const { archive } = open('a.b');
    expect(archive.paths.wal({ server: 'rs1,16020,1', name: WAL.name })).toBe(
      `${OWN}/wals/a~2eb/rs1~2c16020~2c1/${WAL.name}`,
    );
    for (const name of ['..', 'a/b', '', 'a b']) expect(() => archive.paths.wal({ server: 's', name })).toThrow(name);
  });

  it('the first file of an archive stays, and another cluster is refused', async () => {
    const { archive, files } = open();
    const first = archiveFileOf({ at: '2026-11-21T07:15:00.000Z' });
    expect(await archive.ensureArchive(first)).toEqual(first);
    expect(await archive.ensureArchive(archiveFileOf({ at: '2026-11-22T07:15:00.000Z' }))).toEqual(first);
    const other = archive.ensureArchive(archiveFileOf({ clusterId: 'c-2' }));
    await expect(other).rejects.toMatchObject({ code: 'root.other-cluster' });
    expect(await listArchives(files, ROOT)).toEqual(['shop']);
  });

  it('an index entry is written once, and listed by when its WAL began', async () => {
    const { archive } = open();
    const [early, late] = [walOf({ name: 'a.5', startedMs: 5 }), walOf({ name: 'b.40', startedMs: 40 })];
    await write(archive, late, early, early);
    expect((await archive.listWals()).wals).toEqual([early, late]);
    expect((await archive.listWals(39)).wals).toEqual([early]);
    const other = archive.writeWal({ ...early, sha256: 'other' });
    await expect(other).rejects.toMatchObject({ code: 'backup.conflict' });
    await archive.removeWal(early);
    expect(await archive.readWal(early)).toBeUndefined();
  });

  it('what cannot be read is reported, never skipped', async () => {
    const { archive, files } = open();
    await write(archive, WAL);
    await files.create(`${OWN}/wal-index/shop/0000000000001~x.json`, '{"formatVersion":2}');
    await files.create(`${OWN}/ticks/shop/20261121T071500000Z~x.json`, 'torn');
    expect((await archive.listWals()).damaged.map(({ path }) => path)).toEqual([
      `${OWN}/wal-index/shop/0000000000001~x.json`,
    ]);
    expect((await archive.listTicks()).damaged).toHaveLength(1);
    await expect(archive.readLastTick()).rejects.toMatchObject({ code: 'backup.damaged' });
  });

  it('a tick is never older than the one before it, and a run writes one', async () => {
    const { archive } = open();
    const first = await archive.appendTick(tickOf({ runId: 'r1', at: '2026-11-21T08:00:00.000Z' }));
    const behind = await archive.appendTick(tickOf({ runId: 'r2', at: '2026-11-21T07:00:00.000Z' }));
    expect(behind.tick.at).toBe('2026-11-21T08:00:00.001Z');
    const again = await archive.appendTick(tickOf({ runId: 'r2', at: '2026-11-21T09:00:00.000Z', bytes: 7 }));
    expect(again).toEqual(behind);
    expect((await archive.listTicks()).ticks).toEqual([first, behind]);
    expect(await archive.readLastTick()).toEqual(behind);
  });

  it('a holder goes from stage to stage, and the horizon only up', async () => {
    const { archive } = open();
    await archive.markHolder({ number: 12, id: 'h_12', by: 'w' }, 'noted');
    await archive.markHolder({ number: 3, id: 'h_3', by: 'w' }, 'released');
    await archive.markHolder({ number: 12, id: 'h_12', by: 'w' }, 'held');
    expect((await archive.listHolders()).map(({ number, id, stages }) => [number, id, [...stages].toSorted()])).toEqual(
      [
        [3, 'h_3', ['released']],
        [12, 'h_12', ['held', 'noted']],
      ],
    );
    expect(await archive.readHorizon()).toBe(0);
    for (const ms of [50, 1_700_000_000_000, 60]) await archive.raiseHorizon(ms);
    expect(await archive.readHorizon()).toBe(1_700_000_000_000);
  });

  it('one tick at a time, whoever exports or expires in the root', async () => {
    const { archive } = open();
    const request = { mode: 'exclusive', workflowId: 'w', purpose: 'tick', turn: 1 } as const;
    expect(await archive.leases.acquire({ ...request, runId: 'r1' })).toEqual({ held: true });
    expect(await archive.leases.acquire({ ...request, runId: 'r2' })).toMatchObject({ held: false });
    await archive.leases.release('r1');
    expect(await archive.leases.acquire({ ...request, runId: 'r2' })).toEqual({ held: true });
  });

  it('lineage stands under its digest', async () => {
    const { archive } = open();
    const tables = [{ table: 'shop:a', families: ['d'], descriptor: 'x', regions: ['r'] }];
    const digest = await archive.writeLineage(tables);
    expect(await archive.writeLineage(tables)).toBe(digest);
    expect(await archive.readLineage(digest)).toEqual(tables);
    await expect(archive.readLineage('gone')).rejects.toMatchObject({ code: 'backup.damaged' });
  });
});
