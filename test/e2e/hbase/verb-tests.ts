import { expect, test } from 'vitest';
import type { HBaseCluster, RangeDigest } from '../../../activities/hbase/cluster.ts';
import { withRequestScope } from '../../../activities/hbase/request-scope.ts';
import { toShippingEndpoints } from '../../../activities/steps/plan/preflight/endpoints.ts';
import { newNamespace, withNamespace } from './open-clusters.ts';

const SPLITS = ['40', '80', 'c0'];
const FAMILIES = [{ name: 'a', maxVersions: 3 }, { name: 'b' }];

/** What each verb promises, on a real cluster of any line. */
export function defineVerbTests(open: () => HBaseCluster): void {
  test('facts: who is there, where the data is, what the line offers', async () => {
    const facts = await open().readFacts();
    expect(facts.liveServers.length).toBeGreaterThan(0);
    expect(facts.clusterKey).toMatch(/^[^:]+:\d+:\/hbase$/);
    expect(facts.rootDir).toMatch(/^hdfs:\/\/.*\/hbase$/);
    expect(facts.capacityBytes).toBeGreaterThan(facts.usedBytes);
    expect(facts.deadServers).toEqual([]);
    expect(facts.settings['hbase.snapshot.enabled']).toBe('true');
  });

  test('tables: created with splits and families, described, altered, reopened, deleted', async () => {
    const cluster = open();
    await withNamespace(cluster, newNamespace(), async (namespace) => {
      const table = `${namespace}:t`;
      expect(await cluster.readTable(table)).toBeUndefined();
      const stored = { COMPRESSION: 'GZ', BLOCKSIZE: '32768' };
      const families = FAMILIES.map((family) => ({ ...family, attributes: stored }));
      await cluster.createTable({ table, families, splitKeys: SPLITS, attributes: { MAX_FILESIZE: '2000000000' } });
      const before = await cluster.readTable(table);
      expect(before).toMatchObject({ table, enabled: true, readOnly: false, regions: 4 });
      expect(before?.attributes).toMatchObject({ MAX_FILESIZE: '2000000000' });
      for (const family of before?.families ?? []) expect(family.attributes).toMatchObject(stored);
      expect(before?.families.map(({ name, scope, maxVersions }) => [name, scope, maxVersions])).toEqual([
        ['a', 0, 3],
        ['b', 0, 1],
      ]);
      const attributes = { 'hbase.hstore.time.to.purge.deletes': '3600000' };
      await cluster.alterTable(table, { scopes: { a: 1, b: 1 }, attributes });
      const after = await cluster.readTable(table);
      expect(after?.families.map(({ scope }) => scope)).toEqual([1, 1]);
      expect(after?.attributes).toMatchObject(attributes);
      expect(after?.schemaDigest).toBe(before?.schemaDigest);
      await cluster.alterTable(table, { attributes: { 'hbase.hstore.time.to.purge.deletes': null } });
      expect((await cluster.readTable(table))?.attributes).not.toHaveProperty(Object.keys(attributes));
      expect((await cluster.listRegions(table)).map(({ startKey, online }) => [startKey, online])).toEqual(
        ['', ...SPLITS].map((key) => [key, true]),
      );
      expect(await cluster.isEveryRegionOpen(table)).toBe(true);
    });
  });

  test('an absent table, snapshot or peer is a typed not-found', async () => {
    const cluster = open();
    const absent = { code: 'hbase.not-found' };
    await expect(cluster.enableTable('no:such')).rejects.toMatchObject(absent);
    await expect(cluster.deleteSnapshot('nosuch')).rejects.toMatchObject(absent);
    await expect(cluster.enablePeer('nosuch')).rejects.toMatchObject(absent);
    await expect(cluster.deleteNamespace('nosuch')).rejects.toMatchObject(absent);
    expect(await cluster.readSnapshotFiles('nosuch')).toBeUndefined();
  });

  test('a fence: every region rejects; a mark keeps a late fence off; afterwards every region is writable', async () => {
    const cluster = open();
    await withNamespace(cluster, newNamespace(), async (namespace) => {
      const table = `${namespace}:t`;
      const folder = `/tmp/${namespace}`;
      await cluster.createTable({ table, families: FAMILIES, splitKeys: SPLITS });
      await cluster.alterTable(table, { readOnly: true }, { markPath: `${folder}/mark` });
      expect(await cluster.probeFence(table)).toEqual({ regions: 4, rejected: 4, writable: [], unknown: [] });
      await cluster.alterTable(table, { readOnly: false });
      const open = await cluster.probeFence(table);
      expect([open.rejected, open.writable.length, open.unknown]).toEqual([0, 4, []]);
      expect(await cluster.hasRows(table)).toBe(false);

      await cluster.files.create(`${folder}/mark`, '{}');
      const late = { code: 'cutover.unfenced-by-guard' };
      const guard = { markPath: `${folder}/mark` };
      await expect(cluster.alterTable(table, { readOnly: true }, guard)).rejects.toMatchObject(late);
      await expect(cluster.disableTable(table, guard)).rejects.toMatchObject(late);
      expect((await cluster.readTable(table))?.readOnly).toBe(false);

      await cluster.disableTable(table);
      expect((await cluster.probeFence(table)).rejected).toBe(4);
      expect(await cluster.isEveryRegionOpen(table)).toBe(false);
      await cluster.alterTable(table, { readOnly: true });
      await cluster.alterTable(table, { readOnly: false });
      await cluster.enableTable(table);
      expect((await cluster.probeFence(table)).writable.length).toBe(4);
      await cluster.files.remove(folder, { recursive: true });
    });
  });

  test('rows: digests join over pages, tell versions apart and leave out what is ignored', async () => {
    const cluster = open();
    await withNamespace(cluster, newNamespace(), async (namespace) => {
      const table = `${namespace}:t`;
      await cluster.createTable({ table, families: FAMILIES, splitKeys: SPLITS });
      const fromMs = Date.now() - 60_000;
      const rows = Array.from({ length: 60 }, (_, i) => (i * 4).toString(16).padStart(2, '0'));
      for (const row of rows) await cluster.putRow(table, { row, family: 'a', qualifier: 'q', value: `00${row}` });
      await cluster.putRow(table, { row: '04', family: 'a', qualifier: 'q', value: 'ff' });
      expect(await cluster.readRow(table, '04')).toMatchObject([{ family: 'a', qualifier: 'q', value: 'ff' }]);
      expect(await cluster.readRow(table, '05')).toBeUndefined();

      const whole = await cluster.digestRange({ table, startRow: '', stopRow: '', limit: 5000 });
      expect(whole).toMatchObject({ rows: 60, cells: 61, lastRow: 'ec', done: true });
      expect(await digestByPages(cluster, { table, limit: 25 })).toMatchObject([
        { rows: 25, cells: 26, lastRow: '60', done: false },
        { rows: 25, cells: 25, lastRow: 'c4', done: false },
        { rows: 10, cells: 10, lastRow: 'ec', done: true },
      ]);
      const byRow = await cluster.digestRows({ table, rows: ['04', '05', '08'] });
      expect(byRow.map(({ row, cells }) => [row, cells])).toEqual([
        ['04', 2],
        ['08', 1],
      ]);
      expect(await cluster.digestRows({ table, range: { startRow: '04', stopRow: '0c' } })).toEqual(byRow);
      const ignoreBeforeMs = { a: Date.now() + 3_600_000 };
      const none = await cluster.digestRange({ table, startRow: '', stopRow: '', limit: 5000, ignoreBeforeMs });
      expect(none.rows).toBe(0);

      const touched = { table, fromMs, toMs: Date.now() + 60_000 };
      expect(await cluster.listTouchedRows({ ...touched, startRow: '', limit: 50 })).toEqual({
        rows: rows.slice(0, 50),
        nextRow: 'c400',
      });
      expect(await cluster.listTouchedRows({ ...touched, startRow: 'c400', limit: 50 })).toEqual({
        rows: rows.slice(50),
      });
      expect(await cluster.listTouchedRows({ table, fromMs: 0, toMs: 1000, startRow: '', limit: 9 })).toEqual({
        rows: [],
      });
    });
  });

  test('sentinels and clocks: one row a region, and the clock that stamped it', async () => {
    const cluster = open();
    await withNamespace(cluster, newNamespace(), async (namespace) => {
      const table = `${namespace}:marker`;
      await cluster.createTable({ table, families: [{ name: 'a' }], splitKeys: SPLITS });
      const rows = await cluster.putSentinels(table, 'abcd');
      expect(rows.map((row) => row.slice(0, 2))).toEqual(['00', ...SPLITS]);
      for (const row of rows) expect(await cluster.readRow(table, row)).toMatchObject([{ value: 'abcd' }]);
      const { liveServers } = await cluster.readFacts();
      const clocks = await cluster.readClocks(table);
      expect(clocks.map(({ server }) => server).toSorted()).toEqual([...liveServers, 'gateway'].toSorted());
      for (const { clockMs } of clocks) expect(Math.abs(clockMs - Date.now())).toBeLessThan(60_000);
      expect(clocks.some(({ server, lowerBound }) => server !== 'gateway' && lowerBound === undefined)).toBe(true);
    });
  });

  test('snapshots: kept for ever, counted file by file, cloned and restored with equal content', async () => {
    const cluster = open();
    await withNamespace(cluster, newNamespace(), async (namespace) => {
      const [table, copy] = [`${namespace}:t`, `${namespace}:copy`];
      const snapshot = `s_${namespace}`;
      await cluster.createTable({ table, families: FAMILIES, splitKeys: SPLITS });
      await cluster.putSentinels(table, 'abcd');
      const content = await digestWhole(cluster, table);
      await cluster.takeSnapshot(snapshot, table);
      const listed = (await cluster.listSnapshots()).find(({ name }) => name === snapshot);
      expect(listed).toMatchObject({ table, ttlSeconds: -2 });
      const { rootDir } = await cluster.readFacts();
      const files = await cluster.readSnapshotFiles(snapshot, rootDir);
      expect(files).toMatchObject({ files: 4, references: 0, mobFiles: 0, missing: 0 });
      expect(files?.bytes).toBeGreaterThan(0);

      await cluster.cloneSnapshot(snapshot, copy);
      expect(await digestWhole(cluster, copy)).toEqual(content);
      await cluster.putSentinels(table, 'ffff');
      expect(await digestWhole(cluster, table)).not.toEqual(content);
      await expect(cluster.restoreSnapshot(snapshot)).rejects.toMatchObject({ code: 'hbase.failed' });
      await cluster.disableTable(table);
      await cluster.restoreSnapshot(snapshot);
      await cluster.enableTable(table);
      expect(await digestWhole(cluster, table)).toEqual(content);
    });
  });

  test('files: one of many creators wins, text survives, folders and measures are told', async () => {
    const { files } = open();
    const folder = `/tmp/files-${Date.now()}`;
    const path = `${folder}/claims/a.json`;
    const wins = await Promise.all(Array.from({ length: 12 }, (_, i) => files.create(path, `{"ü":"${i}\n😀"}`)));
    expect(wins.filter(Boolean)).toHaveLength(1);
    expect(await files.read(path)).toBe(`{"ü":"${wins.indexOf(true)}\n😀"}`);
    expect(await files.read(`${folder}/none`)).toBeUndefined();
    await expect(files.read(`${folder}/claims`)).rejects.toMatchObject({ code: 'internal' });
    expect(await files.list(`${folder}/claims`)).toMatchObject([{ name: 'a.json', directory: false }]);
    expect(await files.list(`${folder}/none`)).toEqual([]);
    expect(await files.measure(folder)).toMatchObject({ files: 1 });
    expect(await files.measure(`${folder}/none`)).toMatchObject({ files: 0, bytes: 0 });
    await files.probeWrite(`${folder}/not/there/yet`);
    await expect(files.remove(folder)).rejects.toMatchObject({ code: 'hdfs.failed' });
    expect(await files.remove(folder, { recursive: true })).toBe(true);
    expect(await files.remove(folder, { recursive: true })).toBe(false);
  });

  test('nothing in or above an HBase root is ever removed as a file', async () => {
    const cluster = open();
    const { rootDir, homeDir, defaultFs } = await cluster.readFacts();
    for (const path of [
      rootDir,
      `${rootDir}/archive`,
      `${rootDir}/no/such`,
      '/hbase/oldWALs',
      `${defaultFs}/`,
      homeDir,
    ]) {
      await expect(cluster.files.remove(path, { recursive: true })).rejects.toMatchObject({ code: 'internal' });
    }
    expect((await cluster.files.list(rootDir)).map(({ name }) => name)).toContain('hbase.id');
  });

  test('a change whose time is over is refused and does nothing', async () => {
    const cluster = open();
    const late = withRequestScope({ operation: 'late', validityMs: 0 }, () =>
      cluster.createNamespace('late_namespace'),
    );
    await expect(late).rejects.toMatchObject({ code: 'agent.expired' });
    expect(await cluster.listNamespaces()).not.toContain('late_namespace');
  });

  test('a file within a folder that is gone is not created, and does not bring the folder back', async () => {
    const { files } = open();
    const within = `${(await open().readFacts()).homeDir}/${newNamespace()}`;
    await expect(files.create(`${within}/sub/late`, 'x', { within })).rejects.toMatchObject({
      code: 'hbase.not-found',
    });
    expect(await files.list(within)).toEqual([]);
    await files.create(`${within}/first`, 'x');
    expect(await files.create(`${within}/sub/late`, 'x', { within })).toBe(true);
    await files.remove(within, { recursive: true });
  });

  test('surroundings: a plain table has none, and everything could be looked at', async () => {
    const cluster = open();
    await withNamespace(cluster, newNamespace(), async (namespace) => {
      const table = `${namespace}:t`;
      await cluster.createTable({ table, families: FAMILIES, splitKeys: [] });
      const nothing = { quotas: [], grants: [], hasLabels: false, unread: [] };
      expect(await cluster.readSurroundings([table, 'absent'])).toEqual(nothing);
    });
  });

  test("ports: a server's own answers, a closed one and an unknown name say why", async () => {
    const cluster = open();
    const { liveServers, clusterKey } = await cluster.readFacts();
    const endpoints = toShippingEndpoints(clusterKey, { activeMaster: '', liveServers });
    expect(endpoints.length).toBe(liveServers.length + 1);
    expect((await cluster.probePorts(endpoints)).filter(({ why }) => why !== undefined)).toEqual([]);
    const wrong = [
      { host: '127.0.0.1', port: 1 },
      { host: 'no-such-host.invalid', port: 1 },
    ];
    const probed = await cluster.probePorts(wrong);
    expect(probed.map(({ why }) => why)).toEqual([expect.stringMatching(/refused/i), 'the name does not resolve']);
  });

  test('unlogged mutations are counted by each live server', async () => {
    const counts = await open().readUnloggedMutations();
    expect(counts.map(({ why }) => why)).toEqual(counts.map(() => undefined));
    for (const { mutations } of counts) expect(mutations).toBeGreaterThanOrEqual(0);
    expect(counts.map(({ server }) => server)).toEqual((await open().readFacts()).liveServers);
  });
}

async function digestByPages(
  cluster: HBaseCluster,
  { table, limit }: { table: string; limit: number },
): Promise<RangeDigest[]> {
  const pages: RangeDigest[] = [];
  let startRow = '';
  for (;;) {
    const page = await cluster.digestRange({ table, startRow, stopRow: '', limit });
    pages.push(page);
    if (page.done) return pages;
    startRow = `${page.lastRow}00`;
  }
}

export async function digestWhole(cluster: HBaseCluster, table: string): Promise<RangeDigest> {
  return await cluster.digestRange({ table, startRow: '', stopRow: '', limit: 20_000 });
}
