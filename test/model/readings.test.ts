import { describe, expect, it } from 'vitest';
import { digestContent, type ReadPage } from '../../activities/steps/backup/content-digest.ts';
import type { HBaseCluster } from '../../activities/hbase/cluster.ts';
import { createModelFixture, put, type ModelFixture } from './model-fixture.ts';

const FOREVER = 2_147_483_647;
const SCRATCH = 'hdfs://old:8020/tmp/reading';
const REGIONS = [
  { startKey: '', endKey: '80' },
  { startKey: '80', endKey: '' },
];

async function setUp(): Promise<ModelFixture> {
  const fixture = createModelFixture();
  const { old, settle, clock } = fixture;
  const families = [{ name: 'd', maxVersions: 3, ttlSeconds: 60 }];
  await settle(old.cluster.createTable({ table: 'a', families, splitKeys: ['80'] }));
  for (const row of ['10', '20', '90']) put(old, 'a', [row, '01']);
  old.mutate('a', { row: '20', family: 'd', qualifier: '61', type: 'delete-column' });
  await settle(old.cluster.takeSnapshot('s1', 'a'));
  await clock.runFor(120_000);
  return fixture;
}

const ofSnapshot = (cluster: HBaseCluster) =>
  digestWhole((page) => cluster.digestSnapshot({ ...page, scratchUri: SCRATCH }));
const ofTable = (cluster: HBaseCluster, table: string) =>
  digestWhole((page) => cluster.digestRange({ ...page, table }));

function digestWhole(read: ReadPage) {
  return digestContent({ ranges: REGIONS, onRows: () => {} }, read);
}

describe('reading a snapshot without servers, in the model', () => {
  it('sees what has expired, as a clone does whose TTL was taken off', async () => {
    const { old, settle } = await setUp();
    await settle(old.cluster.openSnapshotReading({ name: 's1', scratchUri: SCRATCH }));
    const digest = await ofSnapshot(old.cluster);
    expect(digest).toMatchObject({ rows: 2, cells: 2 });
    await settle(old.cluster.cloneSnapshot('s1', 'copy'));
    expect(await ofTable(old.cluster, 'copy')).toMatchObject({ rows: 0 });
    await settle(old.cluster.alterTable('copy', { ttlSeconds: { d: FOREVER } }));
    expect(await ofTable(old.cluster, 'copy')).toEqual(digest);
  });

  it('pages join as those of a table do, also where a region ends with a full page', async () => {
    const { old, settle } = await setUp();
    await settle(old.cluster.openSnapshotReading({ name: 's1', scratchUri: SCRATCH }));
    const first = await old.cluster.digestSnapshot({ scratchUri: SCRATCH, startRow: '', stopRow: '', limit: 1 });
    expect(first).toMatchObject({ rows: 1, lastRow: '10', done: false });
    const rest = { scratchUri: SCRATCH, startRow: '1000', stopRow: '', limit: 5 };
    expect(await old.cluster.digestSnapshot(rest)).toMatchObject({ rows: 1, lastRow: '90', done: true });
  });

  it('needs its scratch folder, which is nobody else’s and no HBase root, and removes it', async () => {
    const { old, settle } = await setUp();
    const { cluster } = old;
    const page = { scratchUri: SCRATCH, startRow: '', stopRow: '', limit: 5 };
    await expect(cluster.digestSnapshot(page)).rejects.toMatchObject({ code: 'hbase.not-found' });
    const inRoot = { name: 's1', scratchUri: 'hdfs://old:8020/hbase/scratch' };
    await expect(settle(cluster.openSnapshotReading(inRoot))).rejects.toMatchObject({ code: 'internal' });
    await settle(cluster.openSnapshotReading({ name: 's1', scratchUri: SCRATCH }));
    await settle(cluster.openSnapshotReading({ name: 's1', scratchUri: SCRATCH }));
    const file = (await cluster.listSnapshotFiles({ name: 's1' }))![0]!;
    old.state.fileSystem.nodes.delete(`/hbase/${file.path}`);
    await expect(cluster.digestSnapshot(page)).rejects.toMatchObject({ code: 'backup.damaged' });
    await settle(cluster.takeSnapshot('s2', 'a'));
    const other = cluster.openSnapshotReading({ name: 's2', scratchUri: SCRATCH });
    await expect(settle(other)).rejects.toMatchObject({ code: 'internal' });
    expect(await cluster.closeSnapshotReading(SCRATCH)).toBe(true);
    expect(await cluster.closeSnapshotReading(SCRATCH)).toBe(false);
    await cluster.files.create(`${SCRATCH}/other`, '');
    await expect(cluster.closeSnapshotReading(SCRATCH)).rejects.toMatchObject({ code: 'internal' });
  });
});
