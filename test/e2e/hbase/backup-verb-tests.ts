import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import type { HeldWal } from '../../../activities/hbase/backup-verbs.ts';
import type { HBaseCluster, RangeDigest } from '../../../activities/hbase/cluster.ts';
import { waitUntil } from '../../../sandbox/wait-until.ts';
import {
  exportSnapshot,
  putRows,
  split,
  waitForHolder,
  withBackupRoot,
  type BackupVerbSubject,
} from './backup-roots.ts';
import { newNamespace } from './open-clusters.ts';
import { defineWalRowsTest } from './wal-rows-tests.ts';

const FOREVER_SECONDS = 2_147_483_647;

/** What the verbs of backups promise, on a real cluster of any line. */
export function defineBackupVerbTests(open: () => BackupVerbSubject): void {
  defineWalRowsTest(open);

  test('an exported snapshot: its files, its table, and everything else of the root', async () => {
    const { cluster, gateway } = open();
    await withBackupRoot(cluster, async ({ namespace, table, rootUri }) => {
      const [name, before] = [`s_${namespace}`, await cluster.readTable(table)];
      expect(await cluster.listRoot(rootUri)).toEqual({ manifests: [], files: [] });
      await cluster.takeSnapshot(name, table);
      await exportSnapshot(gateway, name, rootUri);

      const place = { name, rootUri };
      const files = await cluster.listSnapshotFiles(place);
      expect(files).toHaveLength(4);
      const pattern = new RegExp(`^archive/data/${namespace}/t/[0-9a-f]{32}/a/[0-9a-f]{32}$`);
      for (const file of files ?? []) {
        expect(file).toMatchObject({ kind: 'hfile', missing: false, path: expect.stringMatching(pattern) });
      }
      expect(await cluster.listSnapshotFiles({ name })).toEqual(files);
      const listing = await cluster.listRoot(rootUri);
      expect(listing.manifests).toMatchObject([{ name, temporary: false, complete: true }]);
      expect(toSizes(listing.files)).toEqual(toSizes(files ?? []));

      const described = await cluster.describeSnapshot(place);
      expect(described).toMatchObject({ name, table, readOnly: false, schemaDigest: before?.schemaDigest });
      expect(described?.regions.map(({ startKey, endKey }) => [startKey, endKey])).toEqual([
        ['', '40'],
        ['40', '80'],
        ['80', 'c0'],
        ['c0', ''],
      ]);
      expect(described?.families).toMatchObject([{ name: 'a', maxVersions: 3 }]);
    });
  });

  test('a file that is missing is told, and a manifest that cannot be read is damaged, not empty', async () => {
    const { cluster, gateway } = open();
    await withBackupRoot(cluster, async ({ namespace, table, rootUri }) => {
      const name = `s_${namespace}`;
      await cluster.takeSnapshot(name, table);
      await exportSnapshot(gateway, name, rootUri);
      const place = { name, rootUri };
      const damaged = { code: 'backup.damaged' };
      const scratchUri = `${rootUri}.scratch`;
      const whole = { scratchUri, startRow: '', stopRow: '', limit: 100 };
      await cluster.openSnapshotReading({ ...place, scratchUri });
      expect(await cluster.digestSnapshot(whole)).toMatchObject({ rows: 4, done: true });
      const [first, ...others] = (await cluster.listSnapshotFiles(place)) ?? [];
      expect(await cluster.files.remove(`${rootUri}/${first?.path}`)).toBe(true);
      expect(await cluster.listSnapshotFiles(place)).toEqual([{ ...first, missing: true }, ...others]);
      await expect(cluster.digestSnapshot(whole)).rejects.toMatchObject(damaged);

      const folder = `${rootUri}/.hbase-snapshot/${name}`;
      const unfinished = `${rootUri}/.hbase-snapshot/.tmp/${name}`;
      expect(await cluster.files.move(folder, unfinished)).toBe(true);
      expect(await cluster.files.move(folder, unfinished)).toBe(false);
      expect(await cluster.listSnapshotFiles(place)).toBeUndefined();
      expect(await cluster.listSnapshotFiles({ ...place, temporary: true })).toHaveLength(4);
      const { manifests } = await cluster.listRoot(rootUri);
      expect(manifests).toMatchObject([{ name, temporary: true, complete: true }]);

      await cluster.files.move(`${unfinished}/.snapshotinfo`, `${folder}/.snapshotinfo`);
      for (const half of [place, { ...place, temporary: true }]) {
        await expect(cluster.listSnapshotFiles(half)).rejects.toMatchObject(damaged);
        await expect(cluster.describeSnapshot(half)).rejects.toMatchObject(damaged);
      }
      await cluster.files.create(`${folder}/data.manifest`, 'not a manifest');
      await expect(cluster.listSnapshotFiles(place)).rejects.toMatchObject(damaged);
      expect((await cluster.listRoot(rootUri)).manifests).toMatchObject([
        { name, temporary: false, complete: true },
        { name, temporary: true, complete: false },
      ]);
    });
  });

  test('moves never overwrite, not even a folder, and nothing moves in or out of an HBase root', async () => {
    const { cluster } = open();
    const { files } = cluster;
    const { rootDir, defaultFs } = await cluster.readFacts();
    const folder = `${defaultFs}/tmp/${newNamespace()}`;
    await files.create(`${folder}/a/1`, 'one');
    await files.create(`${folder}/b/2`, 'two');
    await expect(files.move(`${folder}/a`, `${folder}/b`)).rejects.toMatchObject({ code: 'hdfs.failed' });
    await expect(files.move(`${folder}/a/1`, `${folder}/b/2`)).rejects.toMatchObject({ code: 'hdfs.failed' });
    expect(await files.move(`${folder}/a/1`, `${folder}/new/folder/1`)).toBe(true);
    expect(await files.read(`${folder}/new/folder/1`)).toBe('one');
    for (const [from, to] of [
      [`${rootDir}/archive`, `${folder}/archive`],
      [`${folder}/b`, `${rootDir}/archive/b`],
      [`${rootDir}/no/such`, `${folder}/none`],
    ] as const) {
      await expect(files.move(from, to)).rejects.toMatchObject({ code: 'internal' });
    }
    await files.remove(folder, { recursive: true });
  });

  test('of many writers one creates a file, and it is whole, on HDFS and on a local file system', async () => {
    const { cluster } = open();
    const { files } = cluster;
    const { defaultFs } = await cluster.readFacts();
    for (const root of [`${defaultFs}/tmp`, `file://${tmpdir()}`]) {
      const folder = `${root}/${newNamespace()}`;
      await files.probeWrite(folder);
      const contents = Array.from({ length: 20 }, (_, writer) => `${writer}`.padStart(2, '0').repeat(50_000));
      const created = await Promise.all(contents.map((content) => files.create(`${folder}/one`, content)));
      expect(created.filter(Boolean), root).toHaveLength(1);
      const text = (await files.read(`${folder}/one`)) ?? '';
      expect([text.length, text.slice(0, 2)], root).toEqual([100_000, `${created.indexOf(true)}`.padStart(2, '0')]);
      expect((await files.list(folder)).map(({ name }) => name)).toEqual(['one']);
      expect(await files.move(`${folder}/one`, `${folder}/moved`)).toBe(true);
      await files.remove(folder, { recursive: true });
    }
  });

  test('links and references are followed to the files that hold the rows', async () => {
    const { cluster, gateway } = open();
    await withBackupRoot(cluster, async ({ namespace, table, rootUri }) => {
      const [first, second, third] = ['s', 'c', 'r'].map((kind) => `${kind}_${namespace}`) as [string, string, string];
      await putRows(cluster, table);
      await cluster.takeSnapshot(first, table);
      const origin = await cluster.listSnapshotFiles({ name: first });
      await cluster.cloneSnapshot(first, `${namespace}:copy`);
      await cluster.takeSnapshot(second, `${namespace}:copy`);
      expect(await cluster.listSnapshotFiles({ name: second })).toEqual(origin);

      await cluster.alterTable(table, { attributes: { COMPACTION_ENABLED: 'false' } });
      await split(gateway, { table, row: '60' });
      await waitUntil(async () => (await cluster.listRegions(table)).length === 5 || undefined, {
        what: `${table} to be split`,
        timeoutMs: 60_000,
      });
      await cluster.takeSnapshot(third, table);
      expect((await cluster.readSnapshotFiles(third))?.references).toBeGreaterThan(0);
      const files = await cluster.listSnapshotFiles({ name: third });
      expect(files?.map(({ path }) => path)).toEqual(origin?.map(({ path }) => path));
      expect(files?.filter(({ missing }) => missing)).toEqual([]);
      const { regions } = (await cluster.describeSnapshot({ name: third }))!;
      expect(regions.map(({ startKey }) => startKey)).toEqual(['', '40', '60', '80', 'c0']);

      const scratchUri = `${rootUri}.scratch`;
      await cluster.openSnapshotReading({ name: third, scratchUri });
      const whole = { startRow: '', stopRow: '', limit: 5000 };
      expect(await cluster.digestSnapshot({ ...whole, scratchUri })).toEqual(
        await cluster.digestRange({ ...whole, table }),
      );
      await cluster.closeSnapshotReading(scratchUri);
    });
  });

  test("a snapshot's files digest like a clone without TTL, page by page, when the table's rows have expired", async () => {
    const { cluster, gateway } = open();
    await withBackupRoot(cluster, async ({ namespace, rootUri }) => {
      const [table, copy, name] = [`${namespace}:ttl`, `${namespace}:clone`, `d_${namespace}`];
      const families = [{ name: 'a', maxVersions: 3, ttlSeconds: 20 }, { name: 'b' }];
      await cluster.createTable({ table, families, splitKeys: ['40', '80'] });
      await putRows(cluster, table);
      await cluster.takeSnapshot(name, table);
      await exportSnapshot(gateway, name, rootUri);
      const scratchUri = `${rootUri}.thb-scratch/r1/${name}`;
      const beside = `${rootUri}.thb-scratch/r1/other`;
      await cluster.openSnapshotReading({ name, rootUri, scratchUri: beside });
      await cluster.openSnapshotReading({ name, rootUri, scratchUri });
      await cluster.openSnapshotReading({ name, rootUri, scratchUri });
      await cluster.cloneSnapshot(name, copy);
      await cluster.alterTable(copy, {
        ttlSeconds: { a: FOREVER_SECONDS },
        attributes: { COMPACTION_ENABLED: 'false' },
      });
      await waitUntil(async () => !(await cluster.hasRows(table)) || undefined, {
        what: 'the rows to expire',
        timeoutMs: 60_000,
      });

      const ofFiles = await readPages((page) => cluster.digestSnapshot({ ...page, scratchUri }));
      expect(ofFiles.map(({ rows }) => rows)).toEqual([7, 7, 7, 7, 7, 5]);
      expect(await readPages((page) => cluster.digestRange({ ...page, table: copy }))).toEqual(ofFiles);
      const region = { startRow: '40', stopRow: '80', limit: 100, scratchUri };
      expect(await cluster.digestSnapshot(region)).toMatchObject({ lastRow: '7e', done: true });

      expect(await cluster.closeSnapshotReading(scratchUri)).toBe(true);
      expect(await cluster.closeSnapshotReading(scratchUri)).toBe(false);
      expect(await listNames(cluster, `${rootUri}.thb-scratch/r1`)).toEqual(['other']);
      expect(await cluster.closeSnapshotReading(beside)).toBe(true);
      const parent = rootUri.slice(0, rootUri.lastIndexOf('/'));
      expect((await listNames(cluster, parent)).filter((left) => left.endsWith('.thb-scratch'))).toEqual([]);
      await expect(cluster.digestSnapshot(region)).rejects.toMatchObject({ code: 'hbase.not-found' });
      expect((await cluster.listSnapshotFiles({ name, rootUri }))?.some(({ missing }) => missing)).toBe(false);
    });
  });

  test('a holder keeps closed WALs, which are copied once and tell what they hold', async () => {
    const { cluster } = open();
    await withBackupRoot(cluster, async ({ namespace, table, rootUri }) => {
      const id = `hold_${namespace}`;
      await cluster.addHolder(id);
      try {
        const peer = (await cluster.listPeers()).find((candidate) => candidate.id === id);
        expect(peer).toMatchObject({ clusterKey: '', enabled: false, tables: [] });
        expect(peer?.endpoint).toContain('VerifyWALEntriesReplicationEndpoint');
        await waitForHolder(cluster, id);
        const fromMs = Date.now() - 600_000;
        await putRows(cluster, table);
        await cluster.rollWals();
        const wals = await waitUntil(() => listClosed(cluster, { id, table, edits: 41 }), {
          what: 'closed WALs with all edits',
          timeoutMs: 60_000,
          describe: async () => JSON.stringify(await cluster.listHeldWals(id)),
        });
        let edits = 0;
        for (const wal of wals) edits += await archive(cluster, { wal, folder: `${rootUri}/wals`, table, fromMs });
        // Those written before stand in the WAL that the holder begins with.
        expect([0, 1, 2, 3, 4].map((before) => edits - before)).toContain(41);
        const [wal] = wals;
        const wrong = { from: wal!.path!, toUri: `${rootUri}/wals/wrong`, bytes: wal!.bytes + 1 };
        await expect(cluster.copyFile(wrong)).rejects.toMatchObject({ code: 'hdfs.failed' });
        const inside = { from: wal!.path!, toUri: `${(await cluster.readFacts()).rootDir}/wals/x` };
        await expect(cluster.copyFile(inside)).rejects.toMatchObject({ code: 'internal' });
        expect((await cluster.files.list(`${rootUri}/wals`)).filter(({ name }) => name.startsWith('.'))).toEqual([]);
      } finally {
        await cluster.removePeer(id);
      }
    });
  });
}

async function readPages(
  read: (page: { startRow: string; stopRow: string; limit: number }) => Promise<RangeDigest>,
): Promise<RangeDigest[]> {
  const pages: RangeDigest[] = [];
  for (let startRow = ''; ;) {
    const page = await read({ startRow, stopRow: '', limit: 7 });
    pages.push(page);
    if (page.done) return pages;
    startRow = `${page.lastRow}00`;
  }
}

/** Once those that hold so many edits of the table are closed: a roll comes after its call. */
async function listClosed(
  cluster: HBaseCluster,
  { id, table, edits }: { id: string; table: string; edits: number },
): Promise<HeldWal[] | undefined> {
  const wals = (await cluster.listHeldWals(id)).flatMap((queue) => queue.wals).filter(({ closed }) => closed);
  const ranges = await Promise.all(wals.map(({ path }) => cluster.readWalRange(path!)));
  const mine = ranges.flatMap(({ tables }) => tables).filter((entry) => entry.table === table);
  return mine.reduce((sum, entry) => sum + entry.edits, 0) >= edits ? wals : undefined;
}

/** Edits of the table in the copy of one WAL. */
async function archive(
  cluster: HBaseCluster,
  { wal, folder, table, fromMs }: { wal: HeldWal; folder: string; table: string; fromMs: number },
): Promise<number> {
  const copy = { from: wal.path!, toUri: `${folder}/${wal.name}`, bytes: wal.bytes };
  const copied = await cluster.copyFile(copy);
  expect(copied).toMatchObject({ bytes: wal.bytes, created: true, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(await cluster.copyFile(copy)).toEqual({ ...copied, created: false });
  const range = await cluster.readWalRange(copy.toUri);
  const mine = range.tables.find((entry) => entry.table === table);
  if (mine === undefined) return 0;
  expect(mine).toMatchObject({ bulkLoadFiles: 0 });
  expect(mine.firstMs).toBeGreaterThan(fromMs);
  expect(range.lastMs).toBeGreaterThanOrEqual(mine.lastMs);
  return mine.edits;
}

function toSizes(files: { path: string; bytes: number }[]): [string, number][] {
  return files.map(({ path, bytes }): [string, number] => [path, bytes]).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

async function listNames({ files }: HBaseCluster, folder: string): Promise<string[]> {
  return (await files.list(folder)).map(({ name }) => name);
}
