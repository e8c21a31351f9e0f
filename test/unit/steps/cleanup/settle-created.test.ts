import { describe, expect, it } from 'vitest';
import { ensureStagingOwner } from '../../../../activities/run-record/staging-owner.ts';
import { settleNotes } from '../../../../activities/steps/cleanup/settle-notes.ts';
import { listRuns } from '../../../../activities/steps/record/list-runs.ts';
import { createStepsFixture, MARKER, RUN_ID, TABLE } from '../steps-fixture.ts';
import { note, noteStaging, noteTarget, settle, SNAPSHOT } from './settle-support.ts';

describe('settleNotes: what was created', () => {
  it('snapshots: deleted with the failsafe copies of their restore, and no other', async () => {
    const fixture = await createStepsFixture();
    const { cluster } = fixture.old;
    const failsafe = `hbase-failsafe-${SNAPSHOT}-1700000000000`;
    for (const name of [SNAPSHOT, failsafe, 'nightly']) await fixture.settle(cluster.takeSnapshot(name, TABLE));
    await note(fixture, 'old', { kind: 'snapshot', subject: SNAPSHOT, value: { snapshot: SNAPSHOT, table: TABLE } });
    await settle(fixture, 'snapshot');
    expect((await cluster.listSnapshots()).map(({ name }) => name)).toEqual(['nightly']);
  });

  it('a snapshot that landed after its note was settled: deleted by its name, and nobody else’s', async () => {
    const fixture = await createStepsFixture();
    const { cluster } = fixture.old;
    const others = [`thb_${RUN_ID}x_a`, `thbx_${RUN_ID}_a`, `my_thb_${RUN_ID}_a`, RUN_ID, 'nightly'];
    const late = [SNAPSHOT, `thb_${RUN_ID}_r2_shop_orders`, `hbase-failsafe-${SNAPSHOT}-1700000000000`];
    const [imported, failsafe] = [`thb_${RUN_ID}_imported`, `thb_${RUN_ID}_failsafe_shop_orders`];
    for (const name of [...others, ...late, imported, failsafe])
      await fixture.settle(cluster.takeSnapshot(name, TABLE));
    const snapshot = { snapshot: imported, table: TABLE };
    await note(fixture, 'old', { kind: 'imported-snapshot', subject: imported, value: snapshot });
    const restored = { table: TABLE, before: 'exists', enabledBefore: true, failsafe } as const;
    await note(fixture, 'old', { kind: 'restored-table', subject: TABLE, value: restored });
    const { settled } = await settle(fixture, 'snapshot', { dryRun: true });
    expect(settled.map(({ subject }) => subject).toSorted()).toEqual(late.toSorted());
    await settle(fixture, 'snapshot');
    const left = (await cluster.listSnapshots()).map(({ name }) => name);
    expect(left.toSorted()).toEqual([...others, imported, failsafe].toSorted());
  });

  it('a snapshot that landed when its record had gone: named by `leaks`, and settled from its name alone', async () => {
    const fixture = await createStepsFixture();
    const { cluster } = fixture.old;
    const gone = 'gone12345';
    const [late, kept] = [`thb_${gone}_shop_orders`, `thb_${gone}_failsafe_shop_orders`];
    for (const name of [late, kept]) await fixture.settle(cluster.takeSnapshot(name, TABLE));
    const [found] = await fixture.call(listRuns, { runId: gone });
    expect(found).toMatchObject({ run: { runId: gone, source: 'old', target: 'old' }, notes: [{ subject: late }] });
    await fixture.call(settleNotes, { run: found!.run, side: 'source', kind: 'snapshot', outcome: 'undone' });
    expect((await cluster.listSnapshots()).map(({ name }) => name)).toEqual([kept]);
    expect(await fixture.call(listRuns, { runId: gone })).toEqual([]);
  });

  it('a snapshot that is still being taken: waited for, then deleted', async () => {
    const fixture = await createStepsFixture();
    const { cluster } = fixture.old;
    const { rootDir } = await cluster.readFacts();
    await cluster.files.create(`${rootDir}/.hbase-snapshot/.tmp/${SNAPSHOT}/data.manifest`, '');
    await note(fixture, 'old', { kind: 'snapshot', subject: SNAPSHOT, value: { snapshot: SNAPSHOT, table: TABLE } });
    const settling = settle(fixture, 'snapshot');
    await fixture.settle(cluster.takeSnapshot(SNAPSHOT, TABLE));
    fixture.old.state.fileSystem.nodes.delete(`/hbase/.hbase-snapshot/.tmp/${SNAPSHOT}/data.manifest`);
    expect((await settling).settled).toMatchObject([{ subject: SNAPSHOT }]);
    expect(await cluster.listSnapshots()).toEqual([]);
  });

  it('the marker table: dropped, but never one without the name of this run', async () => {
    const fixture = await createStepsFixture();
    await note(fixture, 'old', { kind: 'marker-table', subject: MARKER, value: { table: MARKER } });
    await note(fixture, 'old', { kind: 'marker-table', subject: TABLE, value: { table: TABLE } });
    const { kept } = await settle(fixture, 'marker-table');
    expect(kept.map(({ subject }) => subject)).toEqual([TABLE]);
    expect(await fixture.old.cluster.listTables()).toEqual([TABLE]);
  });

  it('a target table this run created: kept and labelled, dropped only on demand', async () => {
    const fixture = await createStepsFixture();
    await noteTarget(fixture, 'absent');
    const { kept } = await settle(fixture, 'target-table', { side: 'target' });
    expect(kept).toHaveLength(1);
    expect((await fixture.new.cluster.readTable(TABLE))?.attributes).toMatchObject({ thb_stale: RUN_ID });
    await settle(fixture, 'target-table', { side: 'target', dropTargetTables: true });
    expect(await fixture.new.cluster.readTable(TABLE)).toBeUndefined();
  });

  it('a target table that stood there before: never dropped', async () => {
    const fixture = await createStepsFixture();
    await noteTarget(fixture, 'empty');
    fixture.new.mutate(TABLE, { row: '01', family: 'd', qualifier: '61', type: 'put', value: '61' });
    const { kept } = await settle(fixture, 'target-table', { side: 'target', dropTargetTables: true });
    expect(kept).toHaveLength(1);
    expect(await fixture.new.cluster.readTable(TABLE)).toBeDefined();
  });

  it('completed: target table and namespace stay without a word', async () => {
    const fixture = await createStepsFixture();
    await noteTarget(fixture, 'absent');
    await note(fixture, 'new', { kind: 'namespace', subject: 'shop', value: { namespace: 'shop' } });
    for (const kind of ['target-table', 'namespace'] as const) {
      expect(await settle(fixture, kind, { side: 'target', outcome: 'completed' })).toEqual({ settled: [], kept: [] });
    }
    expect(await fixture.new.cluster.readTable(TABLE)).toMatchObject({ attributes: {} });
  });

  it('a namespace: removed when it is empty, kept when somebody uses it', async () => {
    const fixture = await createStepsFixture();
    await note(fixture, 'new', { kind: 'namespace', subject: 'shop', value: { namespace: 'shop' } });
    expect((await settle(fixture, 'namespace', { side: 'target' })).kept).toHaveLength(1);
    await fixture.settle(fixture.new.cluster.disableTable(TABLE));
    await fixture.settle(fixture.new.cluster.deleteTable(TABLE));
    await settle(fixture, 'namespace', { side: 'target' });
    expect(await fixture.new.cluster.listNamespaces()).not.toContain('shop');
  });

  it('the purge hold: the old value, also when there was none', async () => {
    const fixture = await createStepsFixture();
    const attribute = 'hbase.hstore.time.to.purge.deletes';
    const value = { table: TABLE, attribute, before: null };
    await note(fixture, 'new', { kind: 'purge-hold', subject: TABLE, value });
    await fixture.settle(fixture.new.cluster.alterTable(TABLE, { attributes: { [attribute]: '86400000' } }));
    await settle(fixture, 'purge-hold', { side: 'target' });
    expect((await fixture.new.cluster.readTable(TABLE))?.attributes).toEqual({});
  });

  it('a damaged note: kept and named, nothing is guessed', async () => {
    const fixture = await createStepsFixture();
    const { files } = fixture.old.cluster;
    await fixture.settle(files.create(`/user/hbase/.temporal-hbase/runs/${RUN_ID}/notes/scope/x.json`, '{"half'));
    expect((await settle(fixture, 'scope')).kept[0]?.why).toContain('damaged');
  });
});

describe('settleNotes: staging', () => {
  it('a folder with our owner file: removed', async () => {
    const fixture = await createStepsFixture();
    const { files } = fixture.old.cluster;
    const uri = `hdfs://old:8020/staging/${RUN_ID}`;
    await fixture.settle(ensureStagingOwner(files, { uri, runId: RUN_ID }));
    await fixture.settle(files.create(`${uri}/archive/x`, 'hfile'));
    await noteStaging(fixture, uri);
    await settle(fixture, 'staging');
    expect(await fixture.settle(files.list(uri))).toEqual([]);
  });

  it('a folder of somebody else, or inside an HBase root: never removed', async () => {
    const fixture = await createStepsFixture();
    const { files } = fixture.old.cluster;
    const foreign = 'hdfs://old:8020/staging/other';
    await fixture.settle(files.create(`${foreign}/x`, 'theirs'));
    await noteStaging(fixture, foreign);
    expect((await settle(fixture, 'staging')).kept[0]?.why).toContain('no owner file');
    expect(await fixture.settle(files.read(`${foreign}/x`))).toBe('theirs');

    const second = await createStepsFixture();
    const inRoot = 'hdfs://old:8020/hbase/archive';
    await second.settle(ensureStagingOwner(second.old.cluster.files, { uri: inRoot, runId: RUN_ID }));
    await noteStaging(second, inRoot);
    expect((await settle(second, 'staging')).kept[0]?.why).toContain('HBase root');
  });
});
