import { describe, expect, it } from 'vitest';
import { createModelFixture, put, tableSpec, type ModelFixture } from './model-fixture.ts';

const ROOT = 'hdfs://new:8020/backups/prod';

async function setUp(): Promise<ModelFixture> {
  const fixture = createModelFixture();
  await fixture.settle(fixture.old.cluster.createTable(tableSpec('a', 1)));
  put(fixture.old, 'a', ['10', '01']);
  put(fixture.old, 'a', ['90', '02']);
  await fixture.settle(fixture.old.cluster.takeSnapshot('s1', 'a'));
  return fixture;
}

async function exportTo({ old, settle, clock }: ModelFixture, snapshot: string): Promise<void> {
  const key = `run1/export/${snapshot}`;
  await settle(
    old.jobs.ensure({
      key,
      timeLimitMs: 60_000,
      kind: 'tool',
      className: 'org.apache.hadoop.hbase.snapshot.ExportSnapshot',
      args: ['-snapshot', snapshot, '-copy-to', ROOT],
      settings: {},
      runIn: 'shared',
    }),
  );
  await clock.runFor(10_000);
}

function drop({ new: target }: ModelFixture, pattern: RegExp): void {
  const { nodes } = target.state.fileSystem;
  for (const path of Array.from(nodes.keys())) if (pattern.test(path)) nodes.delete(path);
}

describe('manifests in the model', () => {
  it('an exported snapshot names its files below the root, and says which are missing', async () => {
    const fixture = await setUp();
    await exportTo(fixture, 's1');
    const files = await fixture.old.cluster.listSnapshotFiles({ name: 's1', rootUri: ROOT });
    expect(files?.map(({ path, missing, kind }) => [path, missing, kind])).toEqual([
      [expect.stringMatching(/^archive\/data\/default\/a\/[0-9a-f]{32}\/d\/[0-9a-f]+$/), false, 'hfile'],
      [expect.stringMatching(/^archive\/data\/default\/a\/[0-9a-f]{32}\/d\/[0-9a-f]+$/), false, 'hfile'],
    ]);
    expect((await fixture.old.cluster.listSnapshotFiles({ name: 's1' }))?.map(({ path }) => path)).toEqual(
      files?.map(({ path }) => path),
    );
    drop(fixture, new RegExp(files![1]!.path));
    const after = await fixture.old.cluster.listSnapshotFiles({ name: 's1', rootUri: ROOT });
    expect(after?.map(({ missing }) => missing)).toEqual([false, true]);
    expect(await fixture.old.cluster.listSnapshotFiles({ name: 's2', rootUri: ROOT })).toBeUndefined();
  });

  it('a clone that nobody has written to links to the files of its origin', async () => {
    const { old, settle } = await setUp();
    await settle(old.cluster.cloneSnapshot('s1', 'b'));
    await settle(old.cluster.takeSnapshot('s2', 'b'));
    expect(await old.cluster.listSnapshotFiles({ name: 's2' })).toEqual(
      await old.cluster.listSnapshotFiles({ name: 's1' }),
    );
    put(old, 'b', ['11', '03']);
    await settle(old.cluster.takeSnapshot('s3', 'b'));
    const files = await old.cluster.listSnapshotFiles({ name: 's3' });
    expect(files?.map(({ path }) => path.split('/')[3])).toEqual(['b', 'a']);
  });

  it('what a split has left is a reference', async () => {
    const { old, settle } = await setUp();
    put(old, 'a', ['20', '03']);
    old.splitRegion('a');
    await settle(old.cluster.takeSnapshot('s2', 'a'));
    const files = await old.cluster.listSnapshotFiles({ name: 's2' });
    expect(files?.map(({ kind }) => kind)).toEqual(['reference', 'reference', 'hfile']);
  });

  it('a folder without a data manifest, and one that names no region, are damaged, not empty', async () => {
    const fixture = await setUp();
    const { cluster, state } = fixture.new;
    const file = { content: '', bytes: 1, modifiedMs: 0 };
    state.fileSystem.nodes.set('/backups/prod/.hbase-snapshot/half/.snapshotinfo', file);
    state.fileSystem.nodes.set('/backups/prod/.hbase-snapshot/bare/data.manifest', { ...file, payload: { files: [] } });
    const damaged = { code: 'backup.damaged' };
    for (const name of ['half', 'bare']) {
      await expect(cluster.listSnapshotFiles({ name, rootUri: ROOT })).rejects.toMatchObject(damaged);
      await expect(cluster.describeSnapshot({ name, rootUri: ROOT })).rejects.toMatchObject(damaged);
    }
  });

  it('describes the table as it was', async () => {
    const { old, settle } = await setUp();
    const before = await old.cluster.readTable('a');
    await settle(old.cluster.alterTable('a', { attributes: { PRIORITY: '1' } }));
    const described = await old.cluster.describeSnapshot({ name: 's1' });
    expect(described).toMatchObject({
      name: 's1',
      table: 'a',
      schemaDigest: before?.schemaDigest,
      regions: [
        { startKey: '', endKey: '80' },
        { startKey: '80', endKey: '' },
      ],
    });
    expect((await old.cluster.readTable('a'))?.schemaDigest).not.toBe(described?.schemaDigest);
  });
});

describe('roots in the model', () => {
  it('lists finished and unfinished manifests and every archived file', async () => {
    const fixture = await setUp();
    const { cluster } = fixture.old;
    expect(await cluster.listRoot(ROOT)).toEqual({ manifests: [], files: [] });
    await exportTo(fixture, 's1');
    const { nodes } = fixture.new.state.fileSystem;
    const [path, manifest] = [...nodes].find(([name]) => name.endsWith('s1/data.manifest'))!;
    nodes.set(path.replace('/s1/', '/.tmp/s2/'), manifest);
    const listing = await cluster.listRoot(ROOT);
    expect(listing.manifests).toMatchObject([
      { name: 's1', temporary: false, complete: true },
      { name: 's2', temporary: true, complete: true },
    ]);
    const files = await cluster.listSnapshotFiles({ name: 's2', rootUri: ROOT, temporary: true });
    expect(listing.files.map((file) => file.path)).toEqual(files?.map((file) => file.path));
  });

  it('moves a manifest away and back, never over another and never in an HBase root', async () => {
    const fixture = await setUp();
    await exportTo(fixture, 's1');
    const { files } = fixture.new.cluster;
    const [from, to] = [`${ROOT}/.hbase-snapshot/s1`, `${ROOT}/.temporal-hbase/trash/r1/s1`];
    expect(await files.move(from, to)).toBe(true);
    expect(await files.move(from, to)).toBe(false);
    expect(await fixture.new.cluster.listSnapshotFiles({ name: 's1', rootUri: ROOT })).toBeUndefined();
    await files.create(`${from}/other`, '');
    await expect(files.move(to, from)).rejects.toMatchObject({ code: 'hdfs.failed' });
    await files.remove(from, { recursive: true });
    expect(await files.move(to, from)).toBe(true);
    for (const [a, b] of [
      ['/hbase/archive', to],
      [from, '/hbase/.hbase-snapshot/s1'],
      [from, 'hdfs://old:8020/backups/s1'],
    ]) {
      await expect(files.move(a!, b!)).rejects.toMatchObject({ code: 'internal' });
    }
  });
});
